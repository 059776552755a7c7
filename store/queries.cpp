#include "store/queries.hpp"

#include <array>

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

std::string narrow_text(const Rows& rows, int row, int column) {
  return std::string(rows.text(row, column));
}

}  // namespace

std::vector<TranscriptLine> load_transcript(Connection& connection, const std::string& call_id) {
  const Rows rows = connection.run(
      std::string(
          "select seq, speaker, message, (extract(epoch from timestamp) * 1000000)::bigint, "
          "offset_ms, event_type, audio_ms, heard_ms, heard_ratio, source "
          "from bridge.transcriptions") +
          only_call + " order by offset_ms, seq",
      by_call(call_id));
  std::vector<TranscriptLine> lines;
  for (int row = 0; row < rows.size(); ++row) {
    lines.push_back({.seq = static_cast<std::int32_t>(rows.integer(row, 0)),
                     .speaker = narrow_text(rows, row, 1),
                     .message = narrow_text(rows, row, 2),
                     .timestamp = rows.wall(row, 3),
                     .offset_ms = rows.integer(row, 4),
                     .event_type = narrow_text(rows, row, 5),
                     .audio_ms = rows.optional<std::int64_t>(row, 6),
                     .heard_ms = rows.optional<std::int64_t>(row, 7),
                     .heard_ratio = rows.optional<double>(row, 8),
                     .source = narrow_text(rows, row, 9)});
  }
  return lines;
}

std::vector<EventLine> load_events(Connection& connection, const std::string& call_id) {
  const Rows rows = connection.run(
      std::string(
          "select seq, event_type, event_data, "
          "(extract(epoch from timestamp) * 1000000)::bigint, offset_ms from bridge.events") +
          only_call + " order by seq",
      by_call(call_id));
  std::vector<EventLine> events;
  for (int row = 0; row < rows.size(); ++row) {
    events.push_back({.seq = static_cast<std::int32_t>(rows.integer(row, 0)),
                      .type = narrow_text(rows, row, 1),
                      .json = narrow_text(rows, row, 2),
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

std::vector<StageStatistics> load_stage_statistics(Connection& connection, core::WallTime from,
                                                   core::WallTime to) {
  const Rows rows = connection.run(
      "select s.key, count(*), percentile_disc(0.5) within group (order by s.value::bigint), "
      "percentile_disc(0.95) within group (order by s.value::bigint), "
      "percentile_disc(0.99) within group (order by s.value::bigint), max(s.value::bigint) "
      "from (select id from bridge.calls where start_time >= $1 and start_time < $2 "
      "order by start_time desc, id desc limit $3) c "
      "join bridge.analytics a on a.call_id = c.id, "
      "jsonb_array_elements(a.response_times) turn, jsonb_each_text(turn) s "
      "where s.key <> 'turn' group by s.key",
      Parameters().add(from).add(to).add(stage_calls_max));
  std::vector<StageStatistics> statistics;
  for (int row = 0; row < rows.size(); ++row) {
    statistics.push_back({.stage = narrow_text(rows, row, 0),
                          .percentiles = {.count = rows.integer(row, 1),
                                          .p50_us = rows.integer(row, 2),
                                          .p95_us = rows.integer(row, 3),
                                          .p99_us = rows.integer(row, 4),
                                          .max_us = rows.integer(row, 5)}});
  }
  return statistics;
}

DatabaseHealth load_health(Connection& connection) {
  const auto begin = std::chrono::steady_clock::now();
  const auto wall = std::chrono::system_clock::now();
  const Rows rows = connection.run(
      "select current_setting('server_version'), "
      "(extract(epoch from clock_timestamp()) * 1000)::bigint");
  DatabaseHealth health;
  health.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
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
