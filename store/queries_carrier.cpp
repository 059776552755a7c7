#include "store/queries_carrier.hpp"

#include <algorithm>

#include "store/call_seals.hpp"

namespace tandem::store {

namespace {

// What is known of a part of a call, for calls c: when it was last heard of, how long its media
// ran until then, how many lines were said.
constexpr auto facts = R"(
cross join lateral (
  select greatest(c.start_time, c.answered_time,
                  (select max(timestamp) from bridge.transcriptions where call_id = c.id),
                  (select max(timestamp) from bridge.events where call_id = c.id)) as last_seen,
         (select count(*) from bridge.transcriptions where call_id = c.id) as messages) f)";

constexpr auto fact_columns = R"((extract(epoch from f.last_seen) * 1000000)::bigint,
  coalesce((extract(epoch from f.last_seen - c.answered_time) * 1000)::bigint, 0), f.messages)";

std::string text_of(const Rows& rows, int row, int column) {
  return std::string(rows.text(row, column));
}

std::vector<EarlierCall::Line> load_lines(Connection& connection, const std::string& call_sid) {
  const Rows rows = connection.run(
      "select t.speaker, t.message, t.heard_ratio, t.sealed_message, t.call_id, t.seq "
      "from bridge.transcriptions t "
      "join bridge.calls c on c.id = t.call_id where c.call_sid = $1 "
      "order by c.start_time desc, t.seq desc limit $2",
      Parameters().add(call_sid).add(earlier_lines_max));
  CallSeals seals(connection);
  std::vector<EarlierCall::Line> lines;
  for (int row = rows.size() - 1; row >= 0; --row) {
    auto message = text_of(rows, row, 1);
    if (!rows.is_null(row, 3)) {
      const auto seq = static_cast<std::int32_t>(rows.integer(row, 5));
      message = seals.open(text_of(rows, row, 4), sealed_line(seq), text_of(rows, row, 3));
    }
    lines.push_back({text_of(rows, row, 0), std::move(message), rows.optional<double>(row, 2)});
  }
  return lines;
}

}  // namespace

std::optional<EarlierCall> load_earlier_call(Connection& connection, const std::string& call_sid) {
  const Rows rows = connection.run(
      std::string("select c.id, coalesce(c.end_reason, ''), coalesce(c.provider, ''), "
                  "coalesce(c.chat_group_id, ''), coalesce(c.purpose, ''), "
                  "(extract(epoch from c.start_time) * 1000000)::bigint, ") +
          fact_columns + " from bridge.calls c " + facts +
          " where c.call_sid = $1 order by c.start_time desc",
      Parameters().add(call_sid));
  if (rows.empty()) return std::nullopt;
  EarlierCall call;
  call.parts = rows.size();
  call.first_started = rows.wall(rows.size() - 1, 5);
  call.call_id = text_of(rows, 0, 0);
  call.end_reason = text_of(rows, 0, 1);
  call.provider = text_of(rows, 0, 2);
  call.chat_group_id = text_of(rows, 0, 3);
  call.purpose = text_of(rows, 0, 4);
  call.last_seen = rows.wall(0, 6);
  call.duration_ms = rows.integer(0, 7);
  call.messages = static_cast<std::int32_t>(rows.integer(0, 8));
  call.lines = load_lines(connection, call_sid);
  return call;
}

std::vector<UnfinishedCall> load_unfinished_calls(Connection& connection,
                                                  const UnfinishedFilter& filter) {
  const Rows rows = connection.run(
      std::string("select c.id, c.call_sid, c.status, "
                  "(extract(epoch from c.start_time) * 1000000)::bigint, ") +
          fact_columns + " from bridge.calls c " + facts +
          " where c.end_reason is null and c.call_sid is not null and c.start_time >= $4 "
          "and ((c.node = $1 and c.start_time < $2) or c.start_time < $3) "
          "order by c.start_time limit $5",
      Parameters()
          .add(filter.node)
          .add(filter.node_began)
          .add(filter.overdue)
          .add(filter.oldest)
          .add(filter.limit));
  std::vector<UnfinishedCall> calls;
  for (int row = 0; row < rows.size(); ++row) {
    calls.push_back({.call_id = text_of(rows, row, 0),
                     .call_sid = text_of(rows, row, 1),
                     .status = text_of(rows, row, 2),
                     .start_time = rows.wall(row, 3),
                     .last_seen = rows.wall(row, 4),
                     .duration_ms = rows.integer(row, 5),
                     .messages = static_cast<std::int32_t>(rows.integer(row, 6))});
  }
  return calls;
}

}  // namespace tandem::store
