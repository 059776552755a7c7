#include "store/spool_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <filesystem>

#include "store/crc32c.hpp"

namespace tandem::store {

namespace {

struct Checkpoint {
  std::uint64_t epoch = 0;  ///< of the process that wrote it
  SpoolPosition through;
};

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

std::optional<Segment> segment_from_name(const std::filesystem::directory_entry& entry) {
  Segment segment;
  const std::string name = entry.path().filename().string();
  std::array<char, 8> end{};
  const int fields = std::sscanf(  // NOLINT(cert-err34-c): compared with the exact name below
      name.c_str(), "%" SCNu64 "-%" SCNu64 "%7s", &segment.epoch, &segment.first_lsn, end.data());
  if (fields != 3 || name != fmt::format("{:020}-{:020}.seg", segment.epoch, segment.first_lsn)) {
    return std::nullopt;
  }
  std::error_code error;
  if (!entry.is_regular_file(error) || segment.first_lsn == 0) return std::nullopt;
  segment.bytes = entry.file_size(error);
  segment.path = entry.path().string();
  segment.last_lsn = segment.first_lsn - 1;
  segment.sealed = true;
  return segment;
}

void make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || ::chmod(path.c_str(), 0700) != 0) {
    throw FileError(path + ": cannot be used as a spool directory: " +
                    (error ? error.message() : system_message(errno)));
  }
}

}  // namespace

std::vector<Segment> list_segments(const std::string& directory) {
  std::vector<Segment> segments;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (auto segment = segment_from_name(entry)) segments.push_back(std::move(*segment));
  }
  std::sort(segments.begin(), segments.end(), [](const Segment& left, const Segment& right) {
    return left.path < right.path;  // names are zero-padded, so this is (epoch, first lsn) order
  });
  return segments;
}

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

SpoolDirectory::SpoolDirectory(std::string path, const NoticeSink& notices)
    : path_(std::move(path)) {
  make_directory(path_);
  take_lock();
  load_identity();
  recover(notices);
  if (!save_checkpoint(checkpoint_)) {
    notices({Severity::alarm, "spool_checkpoint", "cannot be written: " + system_message(errno)});
  }
}

void SpoolDirectory::take_lock() {
  lock_ = open_file(path_ + "/lock", O_RDWR | O_CREAT);
  if (!lock_.is_open()) throw FileError(path_ + "/lock: " + system_message(errno));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw FileError(path_ + ": another process uses this spool directory");
  }
}

void SpoolDirectory::load_identity() {
  const auto stored = read_file(path_ + "/node_id");
  const auto text = read_file(path_ + "/ckpt");
  const auto checkpoint = text ? parse_checkpoint(*text) : std::nullopt;
  if (stored && stored->size() == node_.size() && checkpoint) {
    std::copy(stored->begin(), stored->end(), node_.begin());
    checkpoint_ = checkpoint->through;
    epoch_ = checkpoint->epoch + 1;
    return;
  }
  // Without its checkpoint a directory does not know its last epoch, and a watermark in the
  // database could hide new records that reuse old positions. A fresh identity imports everything
  // again, which changes nothing.
  node_ = random_uuid();
  if (!replace_file(path_, "node_id",
                    {reinterpret_cast<const char*>(node_.data()), node_.size()})) {
    throw FileError(path_ + "/node_id: cannot be written: " + system_message(errno));
  }
}

void SpoolDirectory::recover(const NoticeSink& notices) {
  const std::vector<Segment> found = list_segments(path_);
  for (const Segment& segment : found) {
    epoch_ = std::max(epoch_, segment.epoch + 1);
    recover_segment(segment, &segment == &found.back(), notices);
  }
  for (std::size_t i = 1; i < recovered_.size(); ++i) {
    const Segment& before = recovered_[i - 1];
    const Segment& segment = recovered_[i];
    if (before.epoch == segment.epoch && before.last_lsn + 1 < segment.first_lsn) {
      notices({Severity::alarm, "spool_gap",
               fmt::format("epoch {}: records {} to {} are missing", segment.epoch,
                           before.last_lsn + 1, segment.first_lsn - 1)});
    }
  }
}

void SpoolDirectory::recover_segment(Segment segment, bool is_newest, const NoticeSink& notices) {
  const auto bytes = read_file(segment.path);
  if (!bytes) {
    notices({Severity::alarm, "spool_unreadable", segment.path});
    return;
  }
  SegmentScanner scanner(*bytes, segment.first_lsn);
  while (const auto frame = scanner.next()) {
    if (segment.last_lsn < segment.first_lsn) segment.first_wall = frame->wall;
    segment.last_lsn = frame->lsn;
  }
  const bool has_header = decode_segment_header(*bytes).has_value();
  for (const Damage& damage : scanner.damage()) {
    quarantine(segment, std::string_view(*bytes).substr(damage.begin, damage.end - damage.begin),
               damage.begin);
  }
  const bool only_torn = is_newest && scanner.damage().size() == 1 &&
                         scanner.damage().front().begin == scanner.intact_end();
  if (only_torn) {
    notices({Severity::warning, "spool_torn_tail",
             fmt::format("{}: {} bytes cut", segment.path, bytes->size() - scanner.intact_end())});
  } else if (!scanner.damage().empty() || (!has_header && !bytes->empty())) {
    notices({Severity::alarm, "spool_damage",
             fmt::format("{}: {} damaged spans in quarantine, header {}", segment.path,
                         scanner.damage().size(), has_header ? "good" : "bad")});
  }
  if (segment.last_lsn < segment.first_lsn) {
    if (!bytes->empty() && !has_header) quarantine(segment, *bytes, 0);
    ::unlink(segment.path.c_str());
    return;
  }
  segment.bytes = scanner.intact_end();
  if (is_newest && segment.bytes < bytes->size() &&
      ::truncate(segment.path.c_str(), static_cast<off_t>(segment.bytes)) != 0) {
    notices({Severity::warning, "spool_torn_tail", segment.path + ": tail not cut"});
  }
  recovered_.push_back(std::move(segment));
}

void SpoolDirectory::quarantine(const Segment& segment, std::string_view bytes,
                                std::size_t offset) {
  const std::string directory = path_ + "/quarantine";
  ::mkdir(directory.c_str(), 0700);
  const std::string name =
      fmt::format("{}.{}.bad", std::filesystem::path(segment.path).filename().string(), offset);
  replace_file(directory, name, bytes);
}

bool SpoolDirectory::save_checkpoint(SpoolPosition through) {
  if (!replace_file(path_, "ckpt", checkpoint_text({epoch_, through}))) return false;
  checkpoint_ = through;
  return true;
}

std::string SpoolDirectory::segment_path(std::uint64_t first_lsn) const {
  return fmt::format("{}/{:020}-{:020}.seg", path_, epoch_, first_lsn);
}

bool SpoolDirectory::set_aside_reserve(std::size_t bytes) {
  const FileDescriptor file = open_file(path_ + "/reserve", O_RDWR | O_CREAT);
  if (file.is_open() && ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes)) == 0) {
    return true;
  }
  release_reserve();  // part of it may be allocated
  return false;
}

bool SpoolDirectory::release_reserve() { return ::unlink((path_ + "/reserve").c_str()) == 0; }

}  // namespace tandem::store
