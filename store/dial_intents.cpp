#include "store/dial_intents.hpp"

namespace tandem::store {

namespace {

using dial::IntentState;

/// Every state from which `to` may be reached, as text of an array.
std::string states_before(IntentState to) {
  ArrayText states;
  for (int i = 0; i < dial::intent_state_count; ++i) {
    const auto from = static_cast<IntentState>(i);
    if (dial::may_become(from, to)) states.add(dial::to_string(from));
  }
  return states.finish();
}

/// `also`: further columns, with $4 as `value`.
bool move(Connection& connection, const core::CallId& id, IntentState to,
          const std::string& also = "", const std::optional<std::string>& value = std::nullopt) {
  connection.run("select from bridge.calls where id = $1 for update", Parameters().add(id.str()));
  Parameters parameters;
  parameters.add(id.str()).add(states_before(to)).add(dial::to_string(to));
  if (!also.empty()) parameters.add(value);
  const Rows rows = connection.run(
      "update bridge.dial_intents set state = $3" + also +
          ", finished_at = case when $3 in ('refused', 'failed', 'ended') then now() end "
          "where id = $1 and state = any ($2::text[])",
      parameters);
  return rows.affected() == 1;
}

constexpr auto refuse_unwanted = R"(
update bridge.dial_intents i set state = 'refused', finished_at = now()
where state = 'queued' and ((select is_stopped from bridge.dial_switch) or exists
  (select from bridge.dnc_numbers d
   where d.phone_number = i.phone_number or d.phone_hash = i.phone_hash)))";

// An erased person's call cannot be looked for any more.
constexpr auto give_up_erased = R"(
update bridge.dial_intents set state = 'failed', finished_at = now()
where state in ('placing', 'unknown') and phone_number is null
  and placing_at < now() - interval '1 day')";

constexpr auto select_switch = R"(
select is_stopped, (extract(epoch from changed_at) * 1000000)::bigint,
  (select count(*) from bridge.dial_intents
   where state = 'queued' and not_before <= clock_timestamp())
from bridge.dial_switch)";

constexpr auto select_open = R"(
select i.id, i.state, coalesce(i.phone_number, ''), i.from_number, coalesce(i.call_sid, ''),
  coalesce(c.answered_time is not null or c.status_rank between 30 and 39, false),
  exists (select from bridge.dnc_numbers d
          where d.phone_number = i.phone_number or d.phone_hash = i.phone_hash),
  (extract(epoch from i.placing_at) * 1000000)::bigint,
  extract(epoch from clock_timestamp() - i.placing_at)::bigint, i.purpose, i.message,
  coalesce(c.answered_by, '')
from bridge.dial_intents i left join bridge.calls c on c.id = i.id
where i.state in ('placing', 'placed', 'unknown') order by i.placing_at)";

OpenCall open_call(const Rows& rows, int row) {
  OpenCall call;
  call.standing.id = core::CallId(std::string(rows.text(row, 0)));
  call.standing.state = dial::parse_intent_state(rows.text(row, 1)).value_or(IntentState::unknown);
  call.standing.to = core::PhoneNumber(std::string(rows.text(row, 2)));
  call.standing.from = core::PhoneNumber(std::string(rows.text(row, 3)));
  call.standing.carrier_call_id = core::CarrierCallId(std::string(rows.text(row, 4)));
  call.standing.is_answered = rows.fact(row, 5);
  call.standing.is_on_list = rows.fact(row, 6);
  call.standing.placing_at = rows.wall(row, 7);
  call.standing.age = std::chrono::seconds{rows.integer(row, 8)};
  call.purpose = rows.text(row, 9);
  call.message = rows.text(row, 10);
  call.answered_by = rows.text(row, 11);
  return call;
}

}  // namespace

bool note_placed(Connection& connection, const core::CallId& id, const core::CarrierCallId& sid) {
  const Rows rows = connection.run(
      "update bridge.calls set call_sid = $2 where id = $1 and call_sid is null and exists "
      "(select from bridge.dial_intents where id = $1 and state = any ($3::text[]))",
      Parameters().add(id.str()).add(sid.str()).add(states_before(IntentState::placed)));
  if (rows.affected() == 1) return true;  // the trigger moved the intent
  // a callback was quicker, or the person was erased and the call has no row any more
  return move(connection, id, IntentState::placed, ", call_sid = $4", sid.str());
}

bool note_failed(Connection& connection, const core::CallId& id, std::int32_t error_code) {
  const auto code = error_code == 0 ? std::nullopt : std::optional(std::to_string(error_code));
  return move(connection, id, IntentState::failed, ", error_code = $4::integer", code);
}

bool note_unknown(Connection& connection, const core::CallId& id) {
  return move(connection, id, IntentState::unknown);
}

bool note_ended(Connection& connection, const core::CallId& id) {
  return move(connection, id, IntentState::ended);
}

bool note_not_placed(Connection& connection, const core::CallId& id,
                     std::chrono::seconds not_before) {
  return move(connection, id, IntentState::queued,
              ", placing_at = null, not_before = clock_timestamp() + $4::integer * interval '1 s'",
              std::to_string(not_before.count()));
}

bool keep_note(Connection& connection, const dial::Note& note) {
  switch (note.becomes) {
    case IntentState::queued:
      return note_not_placed(connection, note.id, note.not_before);
    case IntentState::placed:
      return note_placed(connection, note.id, note.carrier_call_id);
    case IntentState::failed:
      return note_failed(connection, note.id, note.error_code);
    case IntentState::ended:
      return note_ended(connection, note.id);
    case IntentState::unknown:
      return note_unknown(connection, note.id);
    case IntentState::placing:
    case IntentState::refused:
      break;  // only claim_intent moves there
  }
  return false;
}

DialSurvey survey_intents(Connection& connection) {
  DialSurvey survey;
  survey.refused = connection.run(refuse_unwanted).affected();
  connection.run(give_up_erased);
  const Rows state = connection.run(select_switch);
  // a missing row stops, as it does for the gate
  survey.facts.is_stopped = state.empty() || state.fact(0, 0);
  if (!state.empty()) {
    survey.facts.switch_changed_at = state.wall(0, 1);
    survey.facts.queued = state.integer(0, 2);
  }
  const Rows rows = connection.run(select_open);
  for (int row = 0; row < rows.size(); ++row) survey.calls.push_back(open_call(rows, row));
  return survey;
}

std::vector<core::CarrierCallId> carrier_ids_of_others(Connection& connection,
                                                       const core::CallId& id,
                                                       const core::PhoneNumber& to) {
  const Rows rows = connection.run(
      "select call_sid from bridge.dial_intents where phone_number = $2 and id <> $1 and "
      "call_sid is not null order by placing_at desc limit 1000",
      Parameters().add(id.str()).add(to.expose()));
  std::vector<core::CarrierCallId> ids;
  for (int row = 0; row < rows.size(); ++row) ids.emplace_back(std::string(rows.text(row, 0)));
  return ids;
}

}  // namespace tandem::store
