#include "store/dialling.hpp"

#include "bridge/core/day.hpp"
#include "store/json_text.hpp"

namespace tandem::store {

namespace {

std::optional<std::string> hash_of(const core::PhoneNumber& number, const DialContext& context) {
  if (context.hasher == nullptr) return std::nullopt;
  return context.hasher->hash(number);
}

Parameters about(const core::PhoneNumber& to, const DialContext& context) {
  return Parameters().add(to.expose()).add(hash_of(to, context));
}

std::vector<dial::Consent> load_consents(Connection& connection, const core::PhoneNumber& to,
                                         const DialContext& context,
                                         std::vector<std::string>& regions) {
  // A row without its number is what is left of an erased person: it allows nothing any more.
  // for share: who deletes the row now waits until the intent that rests on it is written (O07)
  const Rows rows = connection.run(
      "select purpose, written, seller <> '', wording <> '', channel <> '', "
      "evidence ? 'sha256' and (evidence ? 'ip' or evidence ? 'recording' or evidence ? "
      "'document'), "
      "(extract(epoch from captured_at) * 1000000)::bigint, "
      "(extract(epoch from coalesce(revoked_at, case when phone_number is null then captured_at "
      "end)) * 1000000)::bigint, evidence->>'region' "
      "from bridge.consent where phone_number = $1 or phone_hash = decode($2, 'hex') for share",
      about(to, context));
  std::vector<dial::Consent> consents;
  for (int row = 0; row < rows.size(); ++row) {
    dial::Consent consent;
    consent.purpose = dial::parse_purpose(rows.text(row, 0));
    consent.is_written = rows.fact(row, 1);
    consent.names_seller = rows.fact(row, 2);
    consent.has_wording = rows.fact(row, 3);
    consent.has_channel = rows.fact(row, 4);
    consent.has_evidence = rows.fact(row, 5);
    consent.captured = rows.wall(row, 6);
    consent.revoked = rows.optional<core::WallTime>(row, 7);
    consents.push_back(consent);
    if (!rows.is_null(row, 8)) regions.emplace_back(rows.text(row, 8));
  }
  return consents;
}

std::optional<bool> load_internal_list(Connection& connection, const core::PhoneNumber& to,
                                       const DialContext& context) {
  const Rows rows = connection.run(
      "select exists (select from bridge.dnc_numbers "
      "where phone_number = $1 or phone_hash = decode($2, 'hex')), "
      "exists (select from bridge.dnc_numbers where phone_number is null)",
      about(to, context));
  if (rows.fact(0, 0)) return true;
  const bool has_unreadable_rows = rows.fact(0, 1) && context.hasher == nullptr;
  if (has_unreadable_rows) return std::nullopt;
  return false;
}

std::optional<dial::NationalList> load_national_list(Connection& connection,
                                                     const core::PhoneNumber& to) {
  const Rows rows = connection.run(
      "select state = 'complete', (extract(epoch from data_date) * 1000000)::bigint, "
      "rows_expected, rows_before, exists (select from bridge.dnc_imported "
      "where import_id = i.id and digits = $1::bigint), "
      "exists (select from bridge.dnc_imported where import_id = i.id) "
      "from bridge.dnc_imports i order by id desc limit 1",
      Parameters().add(to.is_e164() ? to.expose().substr(1) : "0"));
  if (rows.empty()) return std::nullopt;
  dial::NationalList list;
  list.is_complete = rows.fact(0, 0);
  list.data_date = rows.wall(0, 1);
  list.rows = rows.fact(0, 5) ? rows.integer(0, 2) : 0;
  list.rows_before = rows.integer(0, 3);
  list.is_listed = rows.fact(0, 4);
  return list;
}

dial::Attempts load_attempts(Connection& connection, const core::PhoneNumber& to,
                             const DialContext& context, const core::CallId& except) {
  const Rows rows = connection.run(
      "with calls as (select state, placing_at, phone_number = $1 or "
      "coalesce(phone_hash = decode($2, 'hex'), false) as is_callee from bridge.dial_intents "
      "where id is distinct from $3::uuid and (placing_at > $4::timestamptz - interval '7 days' or "
      "state in ('queued', 'placing', 'placed', 'unknown'))) "
      "select count(*) filter (where is_callee and placing_at > $4::timestamptz - interval '1 "
      "day'), "
      "count(*) filter (where is_callee and placing_at is not null), "
      "count(*) filter (where is_callee and state in ('queued', 'placing', 'placed', 'unknown')), "
      "count(*) filter (where state in ('placing', 'placed', 'unknown')), "
      "count(*) filter (where placing_at > $4::timestamptz - interval '1 day') from calls",
      about(to, context)
          .add(except.empty() ? std::nullopt : std::optional(except.str()))
          .add(context.now));
  return {rows.integer(0, 0), rows.integer(0, 1), rows.integer(0, 2) > 0, rows.integer(0, 3),
          rows.integer(0, 4)};
}

void load_switch_and_clock(Connection& connection, const DialContext& context, dial::Facts& facts) {
  const Rows rows = connection.run(
      "select is_stopped, (extract(epoch from clock_timestamp()) * 1000000)::bigint "
      "from bridge.dial_switch for share");
  if (rows.empty()) return;
  facts.is_stopped = rows.fact(0, 0);
  facts.clock_difference =
      std::chrono::floor<std::chrono::seconds>(std::chrono::abs(rows.wall(0, 1) - context.now));
}

std::string json_of(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const auto& name : names) text += (text.size() > 1 ? ",\"" : "\"") + name + "\"";
  return text + "]";
}

/// Enough to see later why the gate said so; nothing that says who was meant.
std::string json_of(const dial::Facts& facts, const dial::Policy& policy) {
  const auto word = [](const std::optional<bool>& fact) {
    return std::string(!fact ? "null" : *fact ? "true" : "false");
  };
  std::string text = "{\"stopped\":" + word(facts.is_stopped) +
                     ",\"clock_steady\":" + word(facts.clock_is_steady) +
                     ",\"internal_list\":" + word(facts.is_on_internal_list) + ",\"consents\":" +
                     (facts.consents ? std::to_string(facts.consents->size()) : "null");
  if (facts.national_list && *facts.national_list) {
    const auto& list = **facts.national_list;
    text += ",\"national_list\":{\"rows\":" + std::to_string(list.rows) + ",\"data_date\":\"" +
            core::to_rfc3339(list.data_date) + "\"}";
  }
  if (facts.attempts) {
    text += ",\"calls_in_a_day\":" + std::to_string(facts.attempts->in_a_day) +
            ",\"running\":" + std::to_string(facts.attempts->running);
  }
  return text + ",\"hours_reviewed\":\"" + core::to_text(policy.rules_reviewed) + "\"}";
}

std::vector<std::string> names_of(const dial::Decision& decision) {
  std::vector<std::string> names;
  for (const auto refusal : decision.refusals) names.emplace_back(dial::describe(refusal).name);
  return names;
}

/// Asks the gate and writes down what it said.
std::vector<std::string> decide(Connection& connection, const dial::Intention& intention,
                                const DialContext& context, const core::CallId& call_id,
                                const std::optional<std::string>& key, const std::string& who,
                                const core::CallId& except) {
  const dial::Facts facts = load_dial_facts(connection, intention.to, context, except);
  auto names = names_of(dial::may_dial(context.now, intention, facts, context.policy));
  connection.run(
      "insert into bridge.dial_decisions (idempotency_key, phone_number, phone_hash, purpose, "
      "allowed, refusals, facts, call_id, decided_by) "
      "values ($1, $2, decode($3, 'hex'), $4, $5, $6, $7, $8, $9)",
      Parameters()
          .add(key)
          .add(sanitise_text(intention.to.expose()).text)
          .add(hash_of(intention.to, context))
          .add(dial::to_string(intention.purpose))
          .add(names.empty() ? "t" : "f")
          .add(json_of(names))
          .add(json_of(facts, context.policy))
          .add(names.empty() ? std::optional(call_id.str()) : std::nullopt)
          .add(who));
  return names;
}

void lock_dialling(Connection& connection) {
  connection.run("select pg_advisory_xact_lock(hashtext('tandem.dialling'))");
}

/// What a repeated request must agree in beside number and purpose.
std::string rest_of(const DialRequest& request) {
  return request.intention.from.expose() + '\n' + sanitise_text(request.message).text;
}

std::optional<DialAnswer> find_answer(Connection& connection, const DialRequest& request) {
  const Rows rows = connection.run(
      "select coalesce(call_id::text, ''), phone_number = $2 and purpose = $3 and "
      "coalesce(request_sha256 = encode(sha256(convert_to($4, 'UTF8')), 'hex'), true), r.value "
      "from bridge.dial_decisions d left join lateral jsonb_array_elements_text(d.refusals) "
      "with ordinality as r (value, place) on true where idempotency_key = $1 order by r.place",
      Parameters()
          .add(request.idempotency_key)
          .add(request.intention.to.expose())
          .add(dial::to_string(request.intention.purpose))
          .add(rest_of(request)));
  if (rows.empty()) return std::nullopt;
  DialAnswer answer;
  answer.is_repeat = true;
  answer.is_conflict = !rows.fact(0, 1);
  if (answer.is_conflict) return answer;
  answer.call_id = core::CallId(std::string(rows.text(0, 0)));
  for (int row = 0; row < rows.size(); ++row)
    if (!rows.is_null(row, 2)) answer.refusals.emplace_back(rows.text(row, 2));
  return answer;
}

void queue_intent(Connection& connection, const DialRequest& request, const DialContext& context) {
  const auto& intention = request.intention;
  connection.run(
      "insert into bridge.dial_intents (id, idempotency_key, phone_number, phone_hash, "
      "from_number, purpose, message, requested_by) "
      "values ($1, $2, $3, decode($4, 'hex'), $5, $6, $7, $8)",
      Parameters()
          .add(request.call_id.str())
          .add(request.idempotency_key)
          .add(intention.to.expose())
          .add(hash_of(intention.to, context))
          .add(intention.from.expose())
          .add(dial::to_string(intention.purpose))
          .add(sanitise_text(request.message).text)
          .add(request.requested_by));
}

/// The row of the call, which every later word of it completes (store/call_rows).
void write_queued_call(Connection& connection, const DialRequest& request,
                       const DialContext& context) {
  const auto& intention = request.intention;
  connection.run(
      "insert into bridge.calls (id, start_time, direction, phone_number, phone_hash, from_number, "
      "to_number, purpose) values ($1, clock_timestamp(), 'outbound', $2, decode($3, 'hex'), $4, "
      "$2, $5)",
      Parameters()
          .add(request.call_id.str())
          .add(intention.to.expose())
          .add(hash_of(intention.to, context))
          .add(intention.from.expose())
          .add(dial::to_string(intention.purpose)));
}

void begin_placing(Connection& connection, const core::CallId& id, const DialContext& context) {
  connection.run(
      "update bridge.dial_intents set state = 'placing', placing_at = clock_timestamp(), "
      "node = $2, tries = tries + 1 where id = $1",
      Parameters().add(id.str()).add(context.node));
  connection.run("update bridge.calls set start_time = clock_timestamp() where id = $1",
                 Parameters().add(id.str()));
}

void refuse(Connection& connection, const core::CallId& id, const DialContext& context) {
  connection.run(
      "update bridge.dial_intents set state = 'refused', node = $2, finished_at = now() "
      "where id = $1",
      Parameters().add(id.str()).add(context.node));
}

}  // namespace

dial::Facts load_dial_facts(Connection& connection, const core::PhoneNumber& to,
                            const DialContext& context, const core::CallId& except) {
  dial::Facts facts;
  load_switch_and_clock(connection, context, facts);
  facts.clock_is_steady = context.clock_is_steady;
  facts.owned_numbers = context.owned_numbers;
  facts.consents = load_consents(connection, to, context, facts.regions);
  facts.is_on_internal_list = load_internal_list(connection, to, context);
  facts.national_list.emplace(load_national_list(connection, to));
  facts.attempts = load_attempts(connection, to, context, except);
  return facts;
}

DialAnswer request_call(Connection& connection, const DialRequest& request,
                        const DialContext& context) {
  lock_dialling(connection);
  if (auto answer = find_answer(connection, request)) return *std::move(answer);
  DialAnswer answer;
  answer.refusals = decide(connection, request.intention, context, request.call_id,
                           request.idempotency_key, request.requested_by, {});
  connection.run(
      "update bridge.dial_decisions set request_sha256 = "
      "encode(sha256(convert_to($2, 'UTF8')), 'hex') where idempotency_key = $1",
      Parameters().add(request.idempotency_key).add(rest_of(request)));
  if (!answer.refusals.empty()) return answer;
  queue_intent(connection, request, context);
  write_queued_call(connection, request, context);
  answer.call_id = request.call_id;
  return answer;
}

std::optional<ClaimedIntent> claim_intent(Connection& connection, const DialContext& context) {
  lock_dialling(connection);
  const Rows rows = connection.run(
      "select id, phone_number, from_number, purpose, message, tries from bridge.dial_intents "
      "where state = 'queued' and phone_number is not null and not_before <= clock_timestamp() "
      "and $1::bigint > (select count(*) from "
      "bridge.dial_intents where state in ('placing', 'placed', 'unknown')) "
      "order by requested_at limit 1 for update",
      Parameters().add(context.policy.running_max));
  if (rows.empty()) return std::nullopt;
  ClaimedIntent claimed;
  claimed.call_id = core::CallId(std::string(rows.text(0, 0)));
  claimed.intention = {core::PhoneNumber(std::string(rows.text(0, 1))),
                       core::PhoneNumber(std::string(rows.text(0, 2))),
                       dial::parse_purpose(rows.text(0, 3))};
  claimed.message = rows.text(0, 4);
  claimed.tries = static_cast<std::int32_t>(rows.integer(0, 5)) + 1;
  claimed.refusals = decide(connection, claimed.intention, context, claimed.call_id, std::nullopt,
                            context.node, claimed.call_id);
  if (claimed.refusals.empty()) {
    begin_placing(connection, claimed.call_id, context);
  } else {
    refuse(connection, claimed.call_id, context);
  }
  return claimed;
}

std::int64_t set_dial_switch(Connection& connection, bool is_stopped, const std::string& reason,
                             const std::string& changed_by) {
  lock_dialling(connection);
  connection.run(
      "update bridge.dial_switch set is_stopped = $1, reason = $2, changed_by = $3, "
      "changed_at = now()",
      Parameters().add(is_stopped ? "t" : "f").add(reason).add(changed_by));
  if (!is_stopped) return 0;
  return connection
      .run(
          "update bridge.dial_intents set state = 'refused', finished_at = now() "
          "where state = 'queued'")
      .affected();
}

}  // namespace tandem::store
