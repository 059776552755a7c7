#include "store/spool_tools.hpp"

#include <fmt/format.h>

#include <ostream>
#include <thread>

#include "store/importer.hpp"
#include "store/json_text.hpp"

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

bool verify_segment(const Segment& segment, std::ostream& out) {
  const auto bytes = read_file(segment.path);
  if (!bytes) {
    out << segment.path << ": cannot be read\n";
    return false;
  }
  SegmentScanner scanner(*bytes, segment.first_lsn);
  std::uint64_t records = 0;
  while (scanner.next()) ++records;
  const bool has_header = decode_segment_header(*bytes).has_value();
  out << fmt::format("{}: {} records, {} bytes, header {}", segment.path, records, bytes->size(),
                     has_header ? "good" : "damaged");
  for (const Damage& damage : scanner.damage()) {
    out << fmt::format(", damaged {}..{}", damage.begin, damage.end);
  }
  out << '\n';
  return has_header && scanner.damage().empty();
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
  const auto segments = list_segments(directory);
  bool good = true;
  for (const Segment& segment : segments) good = verify_segment(segment, out) && good;
  out << segments.size() << " segments, " << (good ? "no damage" : "DAMAGED") << '\n';
  return good;
}

bool spool_dump(const std::string& directory, bool with_payload, std::ostream& out) {
  bool complete = true;
  for (const Segment& segment : list_segments(directory)) {
    const auto bytes = read_file(segment.path);
    if (!bytes) {
      complete = false;
      continue;
    }
    SegmentScanner scanner(*bytes, segment.first_lsn);
    while (const auto frame = scanner.next()) {
      out << dump_line(segment, *frame, with_payload) << '\n';
    }
    complete = complete && scanner.damage().empty();
  }
  return complete;
}

bool spool_drain(const std::string& directory, const DatabaseUrl& database,
                 std::chrono::milliseconds patience, std::ostream& out) {
  SpoolSettings settings;
  settings.directory = directory;
  settings.limits.reserve_bytes = 0;
  settings.notices = [&out](const Notice& notice) {
    out << notice.code << ": " << notice.detail << '\n';
  };
  Spool spool(std::move(settings));
  ImporterSettings importing;
  importing.database = database;
  importing.node_name = "drain";
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
