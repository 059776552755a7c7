#include "store/spool_tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <ostream>
#include <thread>

#include "store/importer.hpp"
#include "store/json_text.hpp"
#include "store/spool_recovery.hpp"

namespace tandem::store {

namespace {

std::string dump_line(const Segment& segment, const Frame& frame, bool with_payload) {
  JsonObject line;
  line.field("epoch", std::to_string(segment.epoch))
      .field("lsn", std::to_string(frame.lsn))
      .field("wall", core::to_rfc3339(frame.wall))
      .field("type", to_string(static_cast<RecordType>(frame.type)))
      .field("class", std::string(1, "ABC"[static_cast<std::size_t>(frame.sync)]))
      .field("bytes", static_cast<std::int64_t>(frame.payload.size()));
  if (with_payload) line.field("payload", frame.payload);
  return line.finish();
}

/// A directory that a bridge has used has an identity, and one that lost it has segments.
bool is_spool(const std::string& directory, std::ostream& out) {
  const FileCalls& calls = system_file_calls();
  const bool is_one =
      file_size(calls, directory + "/node_id") || !list_segments(calls, directory).empty();
  if (!is_one) out << directory << ": no spool directory\n";
  return is_one;
}

struct ReadSegment {
  SegmentContent content;
  std::string bytes;
  bool is_readable = true;  ///< every byte of it
};

/// Fills in the segment's positions. A segment in use may end in a record that is just being
/// written: then it is read once more.
ReadSegment read_segment(Segment& segment) {
  const FileCalls& calls = system_file_calls();
  ReadSegment result;
  for (int attempt = 0; attempt < 3; ++attempt) {
    result.bytes.clear();
    const std::size_t size = file_size(calls, segment.path).value_or(0);
    const ReadOutcome outcome =
        read_range(calls, segment.path, 0, std::min(size, segment_file_bytes_max), result.bytes);
    result.is_readable = outcome.error == 0 && outcome.unreadable == 0;
    result.content = examine(segment, result.bytes);
    if (result.is_readable && result.content.damage.empty()) break;
  }
  return result;
}

bool verify_segment(Segment& segment, std::ostream& out) {
  if (!file_size(system_file_calls(), segment.path) && errno == ENOENT) return true;  // imported
  const ReadSegment read = read_segment(segment);
  const SegmentContent& content = read.content;
  out << fmt::format("{}: {} records, {} bytes", segment.path, content.records, read.bytes.size());
  if (content.records > 0) out << fmt::format(", {} to {}", segment.first_lsn, segment.last_lsn);
  if (!content.has_header) out << ", DAMAGED header";
  if (!read.is_readable) out << ", DAMAGED: cannot be read";
  for (const Damage& damage : content.damage) {
    out << fmt::format(", DAMAGED {}..{}", damage.begin, damage.end);
  }
  out << '\n';
  return content.has_header && read.is_readable && content.damage.empty();
}

/// How far the directory says it was imported; nothing, and a line, when it does not know.
std::optional<SpoolPosition> verify_checkpoint(const std::string& directory, std::ostream& out) {
  const FileCalls& calls = system_file_calls();
  const auto text = read_file(calls, directory + "/ckpt");
  const auto checkpoint = text ? parse_checkpoint(*text) : std::nullopt;
  const auto node = file_size(calls, directory + "/node_id");
  if (checkpoint && node == NodeId().size()) return checkpoint->through;
  out << directory << ": DAMAGED node_id or ckpt: everything will be imported again\n";
  return std::nullopt;
}

/// Until the backlog is empty, or does not shrink for `patience`.
void wait_until_imported(const Spool& spool, std::chrono::milliseconds patience) {
  std::uint64_t backlog = spool.counters().backlog;
  auto moved = std::chrono::steady_clock::now();
  while (backlog > 0 && std::chrono::steady_clock::now() < moved + patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::uint64_t now = spool.counters().backlog;
    if (now != backlog) moved = std::chrono::steady_clock::now();
    backlog = now;
  }
}

}  // namespace

bool spool_verify(const std::string& directory, std::ostream& out) {
  if (!is_spool(directory, out)) return false;
  bool good = true;
  auto segments = list_segments(system_file_calls(), directory);
  for (Segment& segment : segments) good = verify_segment(segment, out) && good;
  // after the segments: one that was imported meanwhile is below it
  const auto checkpoint = verify_checkpoint(directory, out);
  good = good && checkpoint;
  std::erase_if(segments,
                [](const Segment& segment) { return segment.last_lsn < segment.first_lsn; });
  for (const MissingRecords& gap : missing_records(segments, checkpoint)) {
    out << fmt::format("epoch {}: records {} to {} are MISSING\n", gap.epoch, gap.first, gap.last);
    good = false;
  }
  out << segments.size() << " segments, " << (good ? "no damage" : "DAMAGED") << '\n';
  return good;
}

bool spool_dump(const std::string& directory, bool with_payload, std::ostream& out) {
  bool complete = is_spool(directory, out);
  for (Segment& segment : list_segments(system_file_calls(), directory)) {
    const ReadSegment read = read_segment(segment);
    SegmentScanner scanner(read.bytes, segment.first_lsn);
    while (const auto frame = scanner.next()) {
      out << dump_line(segment, *frame, with_payload) << '\n';
    }
    complete = complete && read.is_readable && read.content.damage.empty();
  }
  return complete;
}

bool spool_drain(const std::string& directory, const DatabaseUrl& database,
                 std::chrono::milliseconds patience, std::ostream& out) {
  if (!is_spool(directory, out)) return false;
  std::mutex mutex;  // the spool and the importer both have something to say
  const NoticeSink notices = [&](const Notice& notice) {
    const std::lock_guard lock(mutex);
    out << notice.code << ": " << notice.detail << '\n';
  };
  SpoolSettings settings;
  settings.directory = directory;
  settings.limits.reserve_bytes = 0;
  settings.notices = notices;
  Spool spool(std::move(settings));
  ImporterSettings importing;
  importing.database = database;
  importing.node_name = "drain";
  importing.notices = notices;
  importing.linger = std::chrono::milliseconds(0);
  Importer importer(spool, std::move(importing));
  wait_until_imported(spool, patience);
  importer.stop(patience);
  const ImporterCounters counters = importer.counters();
  const std::uint64_t left = spool.counters().backlog;
  out << fmt::format("imported {}, dead letters {}, left {}\n", counters.imported,
                     counters.dead_letters, left);
  return left == 0;
}

}  // namespace tandem::store
