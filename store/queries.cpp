#include "store/queries.hpp"

#include <simdjson.h>

#include <array>

#include "bridge/clock.hpp"
#include "store/call_seals.hpp"
#include "store/migrate.hpp"
#include "store/record_json.hpp"

namespace tandem::store {

namespace {

// Text comparison, so that an id that is no UUID finds nothing instead of failing; the cast keeps
// the index in use.
constexpr auto uuid_pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";

Parameters by_call(const std::string& call_id) {
  return Parameters().add(call_id).add(uuid_pattern);
}

constexpr auto only_call = " where call_id = (case when $1 ~ $2 then $1::uuid end)";

std::int32_t narrow(const Rows& rows, int row, int column) {
  return static_cast<std::int32_t>(rows.integer(row, column));
}

std::string narrow_text(const Rows& rows, int row, int column) {
  return std::string(rows.text(row, column));
}

/// What an event "emotions" holds: the seq of a line and its scores. Scores that cannot be opened
/// here are left out.
void add_emotions(std::vector<TranscriptLine>& lines, const std::string& event) {
  simdjson::dom::parser parser;
  simdjson::dom::element data;
  std::int64_t seq = 0;
  simdjson::dom::object scores;
  if (parser.parse(event).get(data) != simdjson::SUCCESS ||
      data["seq"].get(seq) != simdjson::SUCCESS || data["scores"].get(scores) != simdjson::SUCCESS)
    return;
  for (TranscriptLine& line : lines)
    if (line.seq == seq) line.emotions = simdjson::minify(scores);
}

void load_emotions(Connection& connection, const std::string& call_id, CallSeals& seals,
                   std::vector<TranscriptLine>& lines) {
  const Rows rows = connection.run(std::string("select seq, event_data from bridge.events") +
                                       only_call + " and event_type = 'emotions' order by seq",
                                   by_call(call_id));
  for (int row = 0; row < rows.size(); ++row)
    add_emotions(lines, seals.open_event(call_id, narrow(rows, row, 0), narrow_text(rows, row, 1)));
}

}  // namespace

bool has_sealed_calls(Connection& connection) {
  return connection.run("select exists (select from bridge.call_keys)").fact(0, 0);
}

std::vector<TranscriptLine> load_transcript(Connection& connection, const std::string& call_id) {
  const Rows rows = connection.run(
      std::string(
          "select seq, speaker, message, (extract(epoch from timestamp) * 1000000)::bigint, "
          "offset_ms, event_type, audio_ms, heard_ms, heard_ratio, source, sealed_message "
          "from bridge.transcriptions") +
          only_call + " order by offset_ms, seq",
      by_call(call_id));
  CallSeals seals(connection);
  std::vector<TranscriptLine> lines;
  for (int row = 0; row < rows.size(); ++row) {
    lines.push_back({.seq = static_cast<std::int32_t>(rows.integer(row, 0)),
                     .speaker = narrow_text(rows, row, 1),
                     .message = rows.is_null(row, 10)
                                    ? narrow_text(rows, row, 2)
                                    : seals.open(call_id, sealed_line(narrow(rows, row, 0)),
                                                 narrow_text(rows, row, 10)),
                     .timestamp = rows.wall(row, 3),
                     .offset_ms = rows.integer(row, 4),
                     .event_type = narrow_text(rows, row, 5),
                     .audio_ms = rows.optional<std::int64_t>(row, 6),
                     .heard_ms = rows.optional<std::int64_t>(row, 7),
                     .heard_ratio = rows.optional<double>(row, 8),
                     .source = narrow_text(rows, row, 9)});
  }
  load_emotions(connection, call_id, seals, lines);
  return lines;
}

std::vector<EventLine> load_events(Connection& connection, const std::string& call_id) {
  const Rows rows = connection.run(
      std::string(
          "select seq, event_type, event_data, "
          "(extract(epoch from timestamp) * 1000000)::bigint, offset_ms from bridge.events") +
          only_call + " order by seq",
      by_call(call_id));
  CallSeals seals(connection);
  std::vector<EventLine> events;
  for (int row = 0; row < rows.size(); ++row) {
    const std::int32_t seq = narrow(rows, row, 0);
    events.push_back({.seq = seq,
                      .type = narrow_text(rows, row, 1),
                      .json = seals.open_event(call_id, seq, narrow_text(rows, row, 2)),
                      .timestamp = rows.wall(row, 3),
                      .offset_ms = rows.integer(row, 4)});
  }
  return events;
}

std::optional<CallLatency> load_latency(Connection& connection, const std::string& call_id) {
  const Rows rows = connection.run(
      std::string("select response_times, uplink_transit, downlink_transit, audio, talk_ratio, "
                  "interruptions from bridge.analytics") +
          only_call,
      by_call(call_id));
  if (rows.empty()) return std::nullopt;
  return CallLatency{.turns = decode_turns(rows.text(0, 0)),
                     .uplink_transit = decode_percentiles(rows.text(0, 1)),
                     .downlink_transit = decode_percentiles(rows.text(0, 2)),
                     .audio = decode_audio_account(rows.text(0, 3)),
                     .talk_ratio = rows.number(0, 4),
                     .interruptions = static_cast<std::int32_t>(rows.integer(0, 5))};
}

DatabaseHealth load_health(Connection& connection) {
  const auto begin = clock_now();
  const auto wall = wall_now();
  const Rows rows = connection.run(
      "select current_setting('server_version'), "
      "(extract(epoch from clock_timestamp()) * 1000)::bigint");
  DatabaseHealth health;
  health.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(clock_now() - begin);
  health.server_version = narrow_text(rows, 0, 0);
  const std::chrono::milliseconds server(rows.integer(0, 1));
  health.clock_skew =
      server - std::chrono::duration_cast<std::chrono::milliseconds>(wall.time_since_epoch());
  health.schema_version = schema_version(connection);
  if (health.schema_version == 0) return health;
  const Rows counts = connection.run(
      "select (select count(*) from bridge.jobs where state in ('queued', 'running')), "
      "(select count(*) from bridge.jobs where state = 'failed'), "
      "(select count(*) from bridge.dead_letters)");
  health.jobs_waiting = counts.integer(0, 0);
  health.jobs_failed = counts.integer(0, 1);
  health.dead_letters = counts.integer(0, 2);
  return health;
}

}  // namespace tandem::store
