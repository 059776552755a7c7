#include "store/call_rows.hpp"

#include "store/json_text.hpp"
#include "store/record_json.hpp"
#include "store/vault.hpp"

namespace tandem::store {

namespace {

// Ranks of the carrier's states times ten, so that ours fit between: "the stream ended" outranks
// in-progress, and any final word of the carrier outranks that.
constexpr std::int32_t rank_step = 10;
constexpr std::int32_t rank_ringing = 20;
constexpr std::int32_t rank_in_progress = 30;
constexpr std::int32_t rank_stream_ended = 35;
constexpr std::int32_t rank_terminal = 40;

std::string clean(std::string_view text) { return sanitise_text(text).text; }

std::optional<std::string> if_known(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return clean(text);
}

std::optional<std::string> hash_of(const Connection& connection, const core::PhoneNumber& number) {
  const Vault* vault = connection.vault();
  return vault == nullptr ? std::nullopt : vault->phone_hash(number);
}

Parameters starting_with(const core::Record& record) {
  return Parameters().add(clean(record.call_id.str())).add(record.wall);
}

constexpr auto upsert_started = R"(
insert into bridge.calls as c (id, start_time, call_sid, direction, phone_number, from_number,
                               to_number, status, status_rank, provider, purpose, node,
                               phone_hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, decode($13, 'hex'))
on conflict (id) do update set
  start_time = least(c.start_time, excluded.start_time),
  call_sid = coalesce(excluded.call_sid, c.call_sid),
  direction = excluded.direction, phone_number = excluded.phone_number,
  from_number = excluded.from_number, to_number = excluded.to_number,
  phone_hash = coalesce(excluded.phone_hash, c.phone_hash),
  provider = coalesce(excluded.provider, c.provider),
  purpose = coalesce(excluded.purpose, c.purpose),
  node = coalesce(excluded.node, c.node),
  status = case when excluded.status_rank > c.status_rank then excluded.status else c.status end,
  status_rank = greatest(c.status_rank, excluded.status_rank))";

void write(Connection& connection, const core::Record& record, const core::CallStarted& body) {
  const bool is_inbound = body.direction == core::Direction::inbound;
  const core::PhoneNumber& other_party = is_inbound ? body.from : body.to;
  connection.run(upsert_started, starting_with(record)
                                     .add(if_known(body.carrier_call_id.str()))
                                     .add(core::to_string(body.direction))
                                     .add(if_known(other_party.expose()))
                                     .add(if_known(body.from.expose()))
                                     .add(if_known(body.to.expose()))
                                     .add(is_inbound ? "ringing" : "queued")
                                     .add(is_inbound ? rank_ringing : 0)
                                     .add(if_known(body.provider))
                                     .add(if_known(body.purpose))
                                     .add(if_known(body.node))
                                     .add(hash_of(connection, other_party)));
}

constexpr auto upsert_answered = R"(
insert into bridge.calls as c (id, start_time, answered_time, stream_sid, status, status_rank)
values ($1, $2, $2, $3, 'in-progress', $4)
on conflict (id) do update set
  start_time = least(c.start_time, excluded.start_time),
  answered_time = least(c.answered_time, excluded.answered_time),
  stream_sid = coalesce(excluded.stream_sid, c.stream_sid),
  status = case when excluded.status_rank > c.status_rank then excluded.status else c.status end,
  status_rank = greatest(c.status_rank, excluded.status_rank))";

void write(Connection& connection, const core::Record& record, const core::CallAnswered& body) {
  connection.run(
      upsert_answered,
      starting_with(record).add(if_known(body.carrier_stream_id.str())).add(rank_in_progress));
}

constexpr auto upsert_chat = R"(
insert into bridge.calls as c (id, start_time, chat_time, chat_id, chat_group_id, provider)
values ($1, $2, $2, $3, $4, $5)
on conflict (id) do update set
  start_time = least(c.start_time, excluded.start_time), chat_time = excluded.chat_time,
  provider = coalesce(excluded.provider, c.provider), chat_id = excluded.chat_id,
  chat_group_id = coalesce(excluded.chat_group_id, c.chat_group_id)
where c.chat_time is null or c.chat_time <= excluded.chat_time)";

void write(Connection& connection, const core::Record& record, const core::ChatOpened& body) {
  connection.run(upsert_chat, starting_with(record)
                                  .add(if_known(body.chat_id.str()))
                                  .add(if_known(body.chat_group_id.str()))
                                  .add(if_known(body.provider)));
  connection.run(
      "insert into bridge.chats (call_id, opened_at, chat_id, chat_group_id, provider) "
      "select id, $2, $3, $4, coalesce($5, provider, '') from bridge.calls where id = $1 "
      "on conflict do nothing",
      starting_with(record)
          .add(clean(body.chat_id.str()))
          .add(if_known(body.chat_group_id.str()))
          .add(if_known(body.provider)));
}

constexpr auto upsert_carrier_status = R"(
insert into bridge.calls as c (id, start_time, call_sid, status, status_rank, duration, answered_by,
                               answered_time, end_time)
values ($1, $2, $3, $4, $5::int, $6, $7,
        case when $5::int = 30 then $2::timestamptz end,
        case when $5::int >= 40 then $2::timestamptz end)
on conflict (id) do update set
  start_time = least(c.start_time, excluded.start_time),
  call_sid = coalesce(c.call_sid, excluded.call_sid),
  status = case when excluded.status_rank > c.status_rank then excluded.status else c.status end,
  status_rank = greatest(c.status_rank, excluded.status_rank),
  duration = coalesce(excluded.duration, c.duration),
  answered_by = coalesce(excluded.answered_by, c.answered_by),
  answered_time = least(c.answered_time, excluded.answered_time),
  end_time = least(c.end_time, excluded.end_time))";

void write(Connection& connection, const core::Record& record, const core::CarrierStatus& body) {
  core::Record known = record;
  if (record.call_id.empty()) {
    const Rows found = connection.run(
        "select id from bridge.calls where call_sid = $1 order by start_time desc limit 1",
        Parameters().add(clean(body.carrier_call_id.str())));
    if (found.empty()) {
      throw PostgresError(SqlErrorClass::permanent, "", "no call has this carrier id");
    }
    known.call_id = core::CallId(std::string(found.text(0, 0)));
  }
  const std::int32_t rank = std::min(body.rank * rank_step, rank_terminal);
  connection.run(upsert_carrier_status, starting_with(known)
                                            .add(if_known(body.carrier_call_id.str()))
                                            .add(clean(body.status))
                                            .add(rank)
                                            .add(body.duration_s)
                                            .add(if_known(body.answered_by)));
}

// An outbound call that no media stream ever answered did not "complete"; if the carrier knows
// better (busy, failed), its callback outranks this word.
constexpr auto upsert_ended = R"(
insert into bridge.calls as c (id, start_time, end_time, duration, end_reason, status, status_rank)
values ($1, $2, $2, $3, $4, 'completed', $5)
on conflict (id) do update set
  start_time = least(c.start_time, excluded.start_time),
  end_time = least(c.end_time, excluded.end_time),
  duration = case when c.status_rank >= 40 then coalesce(c.duration, excluded.duration)
                  else excluded.duration end,
  end_reason = excluded.end_reason,
  status = case when c.status_rank >= excluded.status_rank then c.status
                when c.direction = 'outbound' and c.answered_time is null then 'no-answer'
                else 'completed' end,
  status_rank = greatest(c.status_rank, excluded.status_rank))";

constexpr auto insert_analytics = R"(
insert into bridge.analytics (call_id, total_messages, interruptions, talk_ratio, response_times,
                              uplink_transit, downlink_transit, audio)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing)";

void write(Connection& connection, const core::Record& record, const core::CallEnded& body) {
  const std::string id = clean(record.call_id.str());
  const std::int64_t duration_s = (body.duration_ms + 500) / 1000;
  connection.run(
      upsert_ended,
      starting_with(record).add(duration_s).add(clean(body.end_reason)).add(rank_stream_ended));
  connection.run(insert_analytics, Parameters()
                                       .add(id)
                                       .add(body.total_messages)
                                       .add(body.interruptions)
                                       .add(body.talk_ratio)
                                       .add(encode_turns(body.turns))
                                       .add(encode_percentiles(body.uplink_transit))
                                       .add(encode_percentiles(body.downlink_transit))
                                       .add(encode_audio_account(body.audio)));
  connection.run("insert into bridge.booking_analysis (call_id) values ($1) on conflict do nothing",
                 Parameters().add(id));
  connection.run(
      "insert into bridge.jobs (kind, key) values ('analyse', ($1::uuid)::text) on conflict do "
      "nothing",
      Parameters().add(id));
  connection.run(
      "insert into bridge.jobs (kind, key, run_at) "
      "select 'reconcile', ($1::uuid)::text, now() + interval '10 seconds' where exists "
      "(select from bridge.chats where call_id = $1::uuid and provider = 'hume') "
      "on conflict do nothing",
      Parameters().add(id));
}

// These have tables of their own: store/batch_rows.
void write(Connection&, const core::Record&, const core::TranscriptEntry&) {}
void write(Connection&, const core::Record&, const core::TranscriptHeard&) {}
void write(Connection&, const core::Record&, const core::CallEvent&) {}

}  // namespace

void write_call_row(Connection& connection, const core::Record& record) {
  std::visit([&](const auto& body) { write(connection, record, body); }, record.body);
}

}  // namespace tandem::store
