#include "store/spool_recovery.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>

namespace tandem::store {

namespace {

std::optional<Segment> segment_from_name(const std::string& directory, const std::string& name) {
  Segment segment;
  std::array<char, 8> end{};
  const int fields = std::sscanf(  // NOLINT(cert-err34-c): compared with the exact name below
      name.c_str(), "%" SCNu64 "-%" SCNu64 "%7s", &segment.epoch, &segment.first_lsn, end.data());
  if (fields != 3 || name != segment_name(segment.epoch, segment.first_lsn)) return std::nullopt;
  if (segment.epoch == 0 || segment.first_lsn == 0) return std::nullopt;
  segment.path = directory + "/" + name;
  segment.last_lsn = segment.first_lsn - 1;
  segment.sealed = true;
  return segment;
}

std::string name_of(const Segment& segment) {
  return segment_name(segment.epoch, segment.first_lsn);
}

/// Recovers one directory; its members are what every step needs.
class Recoverer {
 public:
  Recoverer(const FileCalls& calls, const std::string& directory, const NoticeSink& notices)
      : calls_(calls), directory_(directory), notices_(notices) {}

  void take(Segment segment, bool is_newest);
  void tell_missing(std::optional<SpoolPosition> checkpoint);
  Recovery recovery;

 private:
  bool read(const Segment& segment, std::string& bytes);
  bool save_damage(const Segment& segment, const SegmentContent& content, std::string_view bytes);
  void tell_damage(const Segment& segment, const SegmentContent& content, std::size_t bytes,
                   bool is_newest);
  void cut(const Segment& segment, std::size_t bytes);

  const FileCalls& calls_;
  const std::string& directory_;
  const NoticeSink& notices_;
};

/// False when some bytes stayed unreadable. A segment that cannot be opened at all (there are no
/// descriptors left) ends the start: going on would import what is newer, and later starts would
/// take the segment for imported.
bool Recoverer::read(const Segment& segment, std::string& bytes) {
  const auto size = file_size(calls_, segment.path);
  if (!size && errno == EISDIR) return true;
  const ReadOutcome outcome =
      size ? read_range(calls_, segment.path, 0, std::min(*size, segment_file_bytes_max), bytes)
           : ReadOutcome{.error = errno};
  if (outcome.error != 0) {
    throw FileError(segment.path + ": cannot be opened: " + system_message(outcome.error));
  }
  if (outcome.unreadable == 0) return true;
  ++recovery.damaged;
  notices_({Severity::alarm, "spool_unreadable",
            fmt::format("{}: {} bytes", segment.path, outcome.unreadable)});
  return false;
}

void Recoverer::take(Segment segment, bool is_newest) {
  recovery.newest_epoch = std::max(recovery.newest_epoch, segment.epoch);
  std::string bytes;
  const bool is_readable = read(segment, bytes);
  const SegmentContent content = examine(segment, bytes);
  const bool is_saved = save_damage(segment, content, bytes);
  tell_damage(segment, content, bytes.size(), is_newest);
  segment.bytes = content.intact_end;
  segment.damaged = !is_saved || !is_readable;
  segment.known_damage = content.damage.size();
  if (content.records == 0) {
    if (!segment.damaged) calls_.unlink(segment.path.c_str());
    return;
  }
  if (is_newest && !segment.damaged && segment.bytes < bytes.size()) cut(segment, segment.bytes);
  recovery.segments.push_back(std::move(segment));
}

bool Recoverer::save_damage(const Segment& segment, const SegmentContent& content,
                            std::string_view bytes) {
  bool is_saved = true;
  if (!content.has_header && !bytes.empty()) {
    is_saved = quarantine_bytes(calls_, directory_, name_of(segment) + ".0.bad",
                                bytes.substr(0, segment_header_bytes));
  }
  for (const Damage& damage : content.damage) {
    const std::string name = fmt::format("{}.{}.bad", name_of(segment), damage.begin);
    is_saved = quarantine_bytes(calls_, directory_, name,
                                bytes.substr(damage.begin, damage.end - damage.begin)) &&
               is_saved;
  }
  if (!is_saved) {
    notices_({Severity::alarm, "spool_quarantine",
              segment.path + ": cannot be saved: " + system_message(errno)});
  }
  return is_saved;
}

void Recoverer::tell_damage(const Segment& segment, const SegmentContent& content,
                            std::size_t bytes, bool is_newest) {
  const bool has_bad_header = !content.has_header && bytes > 0;
  // the newest may end anywhere when the power went; what was synced lies before that
  const bool has_torn_end = content.has_header && content.damage.size() == 1 &&
                            content.damage.front().begin == content.intact_end;
  const bool has_nothing = content.records == 0 && (has_bad_header || !content.damage.empty());
  const bool is_only_torn = is_newest && (has_torn_end || has_nothing);
  if (is_only_torn) {
    notices_({Severity::warning, "spool_torn_tail",
              fmt::format("{}: {} bytes cut", segment.path,
                          bytes - std::min(bytes, content.intact_end))});
  } else if (!content.damage.empty() || has_bad_header) {
    recovery.damaged += content.damage.size() + (has_bad_header ? 1 : 0);
    notices_({Severity::alarm, "spool_damage",
              fmt::format("{}: {} damaged spans in quarantine, header {}", segment.path,
                          content.damage.size(), content.has_header ? "good" : "bad")});
  }
}

void Recoverer::cut(const Segment& segment, std::size_t bytes) {
  const FileDescriptor file = open_file(calls_, segment.path, O_WRONLY);
  if (!file.is_open() || calls_.truncate(file.get(), static_cast<off_t>(bytes)) != 0 ||
      calls_.sync(file.get()) != 0) {
    notices_({Severity::warning, "spool_torn_tail", segment.path + ": tail not cut"});
  }
}

void Recoverer::tell_missing(std::optional<SpoolPosition> checkpoint) {
  for (const MissingRecords& gap : missing_records(recovery.segments, checkpoint)) {
    ++recovery.damaged;
    notices_(
        {Severity::alarm, "spool_gap",
         fmt::format("epoch {}: records {} to {} are missing", gap.epoch, gap.first, gap.last)});
  }
}

}  // namespace

std::string segment_name(std::uint64_t epoch, std::uint64_t first_lsn) {
  return fmt::format("{:020}-{:020}.seg", epoch, first_lsn);
}

std::vector<Segment> list_segments(const FileCalls& calls, const std::string& directory) {
  std::vector<std::string> names;
  if (calls.list(directory.c_str(), names) != 0) {
    throw FileError(directory + ": cannot be read: " + system_message(errno));
  }
  std::vector<Segment> segments;
  for (const std::string& name : names) {
    if (auto segment = segment_from_name(directory, name)) segments.push_back(std::move(*segment));
  }
  std::sort(segments.begin(), segments.end(), [](const Segment& left, const Segment& right) {
    return left.path < right.path;  // names are zero-padded, so this is (epoch, first lsn) order
  });
  return segments;
}

std::vector<MissingRecords> missing_records(const std::vector<Segment>& segments,
                                            std::optional<SpoolPosition> known) {
  std::vector<MissingRecords> missing;
  SpoolPosition last = known.value_or(SpoolPosition{});
  for (const Segment& segment : segments) {
    const std::uint64_t held = segment.first_lsn - std::min(segment.first_lsn, segment.repeated);
    // the start of an epoch may be missing when it was imported, or when nobody knows
    const bool is_judged = segment.epoch == last.epoch || (known && segment.epoch > last.epoch);
    const std::uint64_t expected = segment.epoch == last.epoch ? last.lsn + 1 : 1;
    if (is_judged && expected < held) missing.push_back({segment.epoch, expected, held - 1});
    last = std::max(last, segment.last());
  }
  return missing;
}

SegmentContent examine(Segment& segment, std::string_view bytes) {
  SegmentContent content;
  const auto header = decode_segment_header(bytes);
  content.has_header =
      header && header->epoch == segment.epoch && header->first_lsn == segment.first_lsn;
  if (content.has_header) segment.repeated = header->repeated;
  SegmentScanner scanner(bytes, segment.first_lsn);
  while (const auto frame = scanner.next()) {
    if (content.records++ == 0) segment.first_wall = frame->wall;
    segment.last_lsn = frame->lsn;
  }
  content.damage = scanner.damage();
  content.intact_end = scanner.intact_end();
  return content;
}

Recovery recover_segments(const FileCalls& calls, const std::string& directory,
                          std::optional<SpoolPosition> checkpoint, const NoticeSink& notices) {
  Recoverer recoverer(calls, directory, notices);
  const std::vector<Segment> found = list_segments(calls, directory);
  for (const Segment& segment : found) recoverer.take(segment, &segment == &found.back());
  recoverer.tell_missing(checkpoint);
  return std::move(recoverer.recovery);
}

bool quarantine_bytes(const FileCalls& calls, const std::string& directory, const std::string& name,
                      std::string_view bytes) {
  const std::string quarantine = directory + "/quarantine";
  if (calls.make_directory(quarantine.c_str(), 0700) != 0 && errno != EEXIST) return false;
  return replace_file(calls, quarantine, name, bytes) && sync_directory(calls, directory);
}

bool quarantine_file(const FileCalls& calls, const std::string& directory,
                     const std::string& name) {
  const std::string quarantine = directory + "/quarantine";
  if (calls.make_directory(quarantine.c_str(), 0700) != 0 && errno != EEXIST) return false;
  const std::string from = directory + "/" + name;
  const std::string to = quarantine + "/" + name;
  return calls.rename(from.c_str(), to.c_str()) == 0 && sync_directory(calls, quarantine);
}

}  // namespace tandem::store
