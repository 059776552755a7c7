#include "store/reconciliation.hpp"

#include <algorithm>

#include "bridge/core/record.hpp"
#include "store/batch_rows.hpp"
#include "store/queries.hpp"

namespace tandem::store {

namespace {

std::vector<ChatRow> load_chats(Connection& connection, const std::string& call_id) {
  const Rows rows = connection.run(
      "select chat_id, chat_group_id, provider, (extract(epoch from opened_at) * 1000000)::bigint "
      "from bridge.chats where call_id = $1::uuid order by opened_at",
      Parameters().add(call_id));
  std::vector<ChatRow> chats;
  for (int row = 0; row < rows.size(); ++row) {
    chats.push_back({.chat_id = std::string(rows.text(row, 0)),
                     .chat_group_id = std::string(rows.text(row, 1)),
                     .provider = std::string(rows.text(row, 2)),
                     .opened_at = rows.wall(row, 3)});
  }
  return chats;
}

std::vector<OwnLine> load_own_lines(Connection& connection, const std::string& call_id) {
  std::vector<OwnLine> lines;
  for (auto& line : load_transcript(connection, call_id)) {
    if (line.source != "live") continue;
    lines.push_back(
        {.speaker = line.speaker == "user" ? core::Speaker::user : core::Speaker::assistant,
         .text = std::move(line.message),
         .at = line.timestamp,
         .offset = core::MediaOffset(line.offset_ms)});
  }
  return lines;
}

core::Record record_of(const std::string& call_id, std::int32_t seq, const FilledLine& line) {
  const bool is_user = line.speaker == core::Speaker::user;
  core::TranscriptEntry entry;
  entry.seq = seq;
  entry.speaker = line.speaker;
  entry.text = line.text;
  entry.event_type = is_user ? "user_message" : "assistant_message";
  entry.source = "history";
  return {core::CallId(call_id), line.at, line.offset, std::move(entry)};
}

std::int32_t next_history_seq(Connection& connection, const std::string& call_id) {
  const Rows rows = connection.run(
      "select coalesce(max(seq) + 1, $2::int) from bridge.history_lines where call_id = $1::uuid",
      Parameters().add(call_id).add(first_history_seq));
  return static_cast<std::int32_t>(rows.integer(0, 0));
}

bool is_filled_already(Connection& connection, const FilledLine& line) {
  return !connection
              .run("select from bridge.history_lines where chat_id = $1 and hume_event_id = $2",
                   Parameters().add(line.chat_id).add(line.event_id))
              .empty();
}

std::int32_t fill(Connection& connection, const std::string& call_id,
                  const std::vector<FilledLine>& lines) {
  std::int32_t seq = next_history_seq(connection, call_id);
  std::int32_t filled = 0;
  for (const FilledLine& line : lines) {
    if (is_filled_already(connection, line)) continue;
    const core::Record record = record_of(call_id, seq, line);
    write_records(connection, std::span(&record, 1));
    connection.run(
        "insert into bridge.history_lines (chat_id, hume_event_id, call_id, seq) "
        "values ($1, $2, $3::uuid, $4)",
        Parameters().add(line.chat_id).add(line.event_id).add(call_id).add(seq));
    ++seq;
    ++filled;
  }
  return filled;
}

void take_out(Connection& connection, const std::string& call_id,
              const std::vector<KnownEvent>& known) {
  ArrayText chats;
  ArrayText events;
  for (const KnownEvent& event : known) {
    chats.add(event.chat_id);
    events.add(event.event_id);
  }
  connection.run(
      "delete from bridge.transcriptions t using bridge.history_lines l, "
      "unnest($2::text[], $3::text[]) as k (chat_id, hume_event_id) "
      "where l.call_id = $1::uuid and l.chat_id = k.chat_id "
      "and l.hume_event_id = k.hume_event_id and t.call_id = l.call_id and t.seq = l.seq",
      Parameters().add(call_id).add(chats.finish()).add(events.finish()));
}

constexpr auto upsert_result = R"(
insert into bridge.reconciliations as r
  (call_id, result, matched, filled, late, extra, chats, reads, reason)
values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (call_id) do update set
  result = excluded.result, matched = excluded.matched, filled = excluded.filled,
  late = excluded.late, extra = excluded.extra, chats = excluded.chats, reads = excluded.reads,
  reason = excluded.reason, checked_at = now()
where excluded.result <> 'unavailable' or r.result = 'unavailable')";

/// Whatever state the question is in: who is just answering it does not know the new lines, and is
/// fenced.
void judge_again(Connection& connection, const std::string& call_id) {
  const Rows job = connection.run(
      "update bridge.jobs set state = 'queued', fence = fence + 1, lease_owner = null, "
      "lease_until = null, run_at = now(), attempts = 0, created_at = now(), finished_at = null, "
      "last_error = null where kind = 'analyse' and key = ($1::uuid)::text",
      Parameters().add(call_id));
  if (job.affected() == 0) return;
  connection.run(
      "update bridge.booking_analysis set state = 'queued', queued_at = now() where call_id = "
      "$1::uuid",
      Parameters().add(call_id));
}

}  // namespace

std::optional<ReconciliationCase> load_reconciliation_case(Connection& connection,
                                                           const std::string& call_id) {
  const Rows call = connection.run(
      "select (extract(epoch from coalesce(answered_time, start_time)) * 1000000)::bigint, "
      "(extract(epoch from end_time) * 1000000)::bigint, "
      "(select count(*) from bridge.events e where e.call_id = c.id "
      "and e.event_type = 'second_greeting_suppressed') "
      "from bridge.calls c where id = $1::uuid and end_time is not null",
      Parameters().add(call_id));
  if (call.empty()) return std::nullopt;
  ReconciliationCase found;
  found.began = call.wall(0, 0);
  found.ended = call.wall(0, 1);
  found.greetings_withheld = static_cast<int>(call.integer(0, 2));
  found.chats = load_chats(connection, call_id);
  found.lines = load_own_lines(connection, call_id);
  return found;
}

std::vector<std::string> chats_of_other_calls(Connection& connection, const std::string& call_id,
                                              const std::vector<std::string>& chat_ids) {
  ArrayText ids;
  for (const auto& id : chat_ids) ids.add(id);
  const Rows rows = connection.run(
      "select distinct chat_id from bridge.chats where chat_id = any ($2::text[]) "
      "and call_id <> $1::uuid",
      Parameters().add(call_id).add(ids.finish()));
  std::vector<std::string> found;
  for (int row = 0; row < rows.size(); ++row) found.emplace_back(rows.text(row, 0));
  return found;
}

std::int32_t store_reconciliation(Connection& connection, const std::string& call_id,
                                  const ReconciliationRow& row,
                                  const std::vector<FilledLine>& lines,
                                  const std::vector<KnownEvent>& known) {
  if (!known.empty()) take_out(connection, call_id, known);
  const std::int32_t filled = fill(connection, call_id, lines);
  connection.run(upsert_result, Parameters()
                                    .add(call_id)
                                    .add(row.result)
                                    .add(row.matched)
                                    .add(row.filled)
                                    .add(row.late)
                                    .add(row.extra)
                                    .add(row.chats)
                                    .add(row.reads)
                                    .add(row.reason));
  if (filled > 0) judge_again(connection, call_id);
  return filled;
}

bool hurry_reconciliation(Connection& connection, const std::string& chat_id) {
  const Rows rows = connection.run(
      "update bridge.jobs j set run_at = now() from bridge.chats h "
      "join bridge.calls c on c.id = h.call_id where h.chat_id = $1 and c.end_time is not null "
      "and j.kind = 'reconcile' and j.key = h.call_id::text and j.state = 'queued' "
      "and j.run_at > now() and j.last_error is null",
      Parameters().add(chat_id));
  return rows.affected() > 0;
}

}  // namespace tandem::store
