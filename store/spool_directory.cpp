#include "store/spool_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>

#include "store/crc32c.hpp"
#include "store/spool_recovery.hpp"

namespace tandem::store {

namespace {

constexpr std::size_t reserve_step = 4096;

bool is_out_of_space(int error) noexcept { return error == ENOSPC || error == EDQUOT; }

std::string parent_of(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  const auto slash = path.find_last_of('/', end);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// mkdir -p, each new name durable; 0 or the errno.
int make_directories(const FileCalls& calls, const std::string& path, mode_t mode) {
  if (calls.make_directory(path.c_str(), mode) == 0) {
    sync_directory(calls, parent_of(path));
    return 0;
  }
  if (errno == EEXIST) return 0;
  const int error = errno;
  const std::string parent = parent_of(path);
  if (error != ENOENT || parent == path || parent == ".") return error;
  const int of_parent = make_directories(calls, parent, 0755);
  return of_parent != 0 ? of_parent : make_directories(calls, path, mode);
}

}  // namespace

std::string uuid_text(const NodeId& node) {
  std::string text;
  for (std::size_t i = 0; i < node.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", node[i]);
  }
  return text;
}

NodeId random_uuid() {
  NodeId node{};
  if (RAND_bytes(node.data(), static_cast<int>(node.size())) != 1) {
    throw FileError("no random numbers for a node id");
  }
  node[6] = static_cast<unsigned char>((node[6] & 0x0fU) | 0x40U);
  node[8] = static_cast<unsigned char>((node[8] & 0x3fU) | 0x80U);
  return node;
}

std::string checkpoint_text(const Checkpoint& checkpoint) {
  std::string line = fmt::format("tandem-checkpoint 1 {} {} {}", checkpoint.epoch,
                                 checkpoint.through.epoch, checkpoint.through.lsn);
  return fmt::format("{} {:08x}\n", line, crc32c(line));
}

std::optional<Checkpoint> parse_checkpoint(const std::string& text) {
  Checkpoint checkpoint;
  const int fields = std::sscanf(  // NOLINT(cert-err34-c): the checksum judges the result
      text.c_str(), "tandem-checkpoint 1 %" SCNu64 " %" SCNu64 " %" SCNu64, &checkpoint.epoch,
      &checkpoint.through.epoch, &checkpoint.through.lsn);
  if (fields != 3 || checkpoint_text(checkpoint) != text) return std::nullopt;
  return checkpoint;
}

SpoolDirectory::SpoolDirectory(std::string path, const NoticeSink& notices, const FileCalls& calls)
    : path_(std::move(path)), calls_(calls) {
  make_directory(notices);
  take_lock();
  const bool knows_checkpoint = load_identity();
  Recovery recovery = recover_segments(
      calls_, path_, knows_checkpoint ? std::optional(checkpoint_) : std::nullopt, notices);
  recovered_ = std::move(recovery.segments);
  damaged_ = recovery.damaged;
  epoch_ = std::max(epoch_, recovery.newest_epoch + 1);
  if (!save_checkpoint(checkpoint_)) {
    notices({Severity::alarm, "spool_checkpoint", "cannot be written: " + system_message(errno)});
  }
}

void SpoolDirectory::make_directory(const NoticeSink& notices) {
  if (const int error = make_directories(calls_, path_, 0700); error != 0) {
    throw FileError(path_ + ": cannot be used as a spool directory: " + system_message(error));
  }
  calls_.change_mode(path_.c_str(), 0700);  // the files have 0600 of their own
  if (!sync_directory(calls_, path_)) {
    notices({Severity::alarm, "spool_directory", "cannot be synced: " + system_message(errno)});
  }
}

void SpoolDirectory::take_lock() {
  lock_ = open_file(calls_, path_ + "/lock", O_RDWR | O_CREAT);
  // on a full disk, or one that became read-only, an old lock file must do
  if (!lock_.is_open()) lock_ = open_file(calls_, path_ + "/lock", O_RDONLY);
  if (!lock_.is_open()) throw FileError(path_ + "/lock: " + system_message(errno));
  if (calls_.lock(lock_.get()) != 0) {
    throw FileError(path_ + ": another process uses this spool directory");
  }
}

/// True when the directory still knows how far it was imported.
bool SpoolDirectory::load_identity() {
  const auto stored = read_file(calls_, path_ + "/node_id");
  const auto text = read_file(calls_, path_ + "/ckpt");
  const auto checkpoint = text ? parse_checkpoint(*text) : std::nullopt;
  if (stored && stored->size() == node_.size() && checkpoint) {
    std::copy(stored->begin(), stored->end(), node_.begin());
    checkpoint_ = checkpoint->through;
    epoch_ = checkpoint->epoch + 1;
    return true;
  }
  // Without its checkpoint a directory does not know its last epoch, and a watermark in the
  // database could hide new records that reuse old positions. A fresh identity imports everything
  // again, which changes nothing; so does one that cannot be saved (the disk is full), because the
  // next start takes yet another one.
  node_ = random_uuid();
  is_identity_saved_ = false;
  return false;
}

/// As replace_file; a full disk gets the reserve for it.
bool SpoolDirectory::replace(const std::string& name, std::string_view content) {
  if (replace_file(calls_, path_, name, content)) return true;
  return is_out_of_space(errno) && release_reserve() && replace_file(calls_, path_, name, content);
}

bool SpoolDirectory::save_checkpoint(SpoolPosition through) {
  // never a new checkpoint beside an old identity: that one's watermark may be far ahead of it
  if (!is_identity_saved_) {
    const std::string_view id{reinterpret_cast<const char*>(node_.data()), node_.size()};
    is_identity_saved_ = replace("node_id", id);
  }
  if (!is_identity_saved_ || !replace("ckpt", checkpoint_text({epoch_, through}))) return false;
  checkpoint_ = through;
  return true;
}

void SpoolDirectory::trim(SegmentTable& table, SpoolPosition through) {
  for (const Segment& segment : table.remove_through(through)) {
    const bool is_kept =
        segment.damaged &&
        quarantine_file(calls_, path_, segment_name(segment.epoch, segment.first_lsn));
    if (!is_kept && !segment.damaged) calls_.unlink(segment.path.c_str());
  }
  sync_directory(calls_, path_);
}

std::string SpoolDirectory::segment_path(std::uint64_t first_lsn) const {
  return path_ + "/" + segment_name(epoch_, first_lsn);
}

std::size_t SpoolDirectory::set_aside_reserve(std::size_t bytes) {
  const std::string path = path_ + "/reserve";
  const std::size_t present = file_size(calls_, path).value_or(0);
  const std::uint64_t affordable = (free_bytes() + present) / 4 / reserve_step * reserve_step;
  bytes = std::min<std::uint64_t>(bytes, affordable);
  if (bytes > 0 && present >= bytes) {
    is_reserve_out_ = false;
    return present;
  }
  const FileDescriptor file = open_file(calls_, path, O_RDWR | O_CREAT);
  if (bytes > 0 && file.is_open() &&
      calls_.allocate(file.get(), 0, static_cast<off_t>(bytes)) == 0) {
    is_reserve_out_ = false;
    return bytes;
  }
  calls_.unlink(path.c_str());  // part of it may be allocated
  return 0;
}

bool SpoolDirectory::release_reserve() {
  if (calls_.unlink((path_ + "/reserve").c_str()) != 0) return false;
  is_reserve_out_ = true;
  return true;
}

std::uint64_t SpoolDirectory::free_bytes() const noexcept {
  return calls_.free_bytes(path_.c_str());
}

}  // namespace tandem::store
