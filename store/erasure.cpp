#include "store/erasure.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cctype>

#include "bridge/core/uuid_text.hpp"
#include "store/audit.hpp"
#include "store/json_text.hpp"
#include "store/number_hashing.hpp"
#include "store/vault.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view order_type = "erasure_order";
constexpr int calls_per_transaction = 50;

// Any constant of our own: importers share it, an erasure takes it alone.
constexpr auto lock_shared = "select pg_advisory_xact_lock_shared(1701994867)";
constexpr auto lock_alone = "select pg_advisory_xact_lock(1701994867)";

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string counts_json(const DeletedRows& rows) {
  JsonObject out;
  for (const auto& [table, count] : rows) out.field(table, count);
  return out.finish();
}

std::string why_kept(const std::string& table) {
  if (table == "dnc_numbers")
    return "the person must not be called again; only a keyed hash is left";
  if (table == "consent")
    return "evidence of consent and its withdrawal; the number is a keyed hash";
  return "evidence of who was and was not called; the number is a keyed hash";
}

std::string kept_json(const DeletedRows& kept) {
  std::string out = "[";
  for (const auto& [table, count] : kept) {
    if (out.size() > 1) out += ',';
    out += JsonObject()
               .field("table", table)
               .field("rows", count)
               .field("why", why_kept(table))
               .finish();
  }
  return out + "]";
}

std::string outside_json(const ErasureReport& report) {
  std::string chats = "[";
  for (const ProviderChat& chat : report.chats) {
    if (chats.size() > 1) chats += ',';
    chats += JsonObject()
                 .field("provider", chat.provider)
                 .field("chat_id", chat.chat_id)
                 .field("chat_group_id", chat.chat_group_id)
                 .finish();
  }
  std::string sids = "[";
  for (const std::string& sid : report.carrier_call_ids) {
    if (sids.size() > 1) sids += ',';
    sids += '"' + sid + '"';
  }
  return JsonObject().raw("chats", chats + "]").raw("carrier_call_ids", sids + "]").finish();
}

/// Calls of orders; `hash` empty: of all orders. False when none was left.
bool erase_some(Connection& connection, const std::string& hash, ErasureReport& report) {
  Transaction transaction(connection);
  connection.run(lock_alone);
  const Rows rows = connection.run(
      "select c.id, coalesce(c.call_sid, ''), coalesce(c.provider, ''), coalesce(c.chat_id, ''), "
      "coalesce(c.chat_group_id, '') from bridge.calls c where exists (select from bridge.erasures "
      "e "
      "where e.phone_hash = c.phone_hash and c.start_time < e.ordered_at) "
      "and ($1 = '' or c.phone_hash = decode($1, 'hex')) order by c.id limit $2",
      Parameters().add(hash).add(calls_per_transaction));
  if (rows.empty()) return false;
  std::vector<std::string> ids;
  ArrayText id_array;
  for (int row = 0; row < rows.size(); ++row) {
    ids.emplace_back(rows.text(row, 0));
    id_array.add(ids.back());
    if (!rows.text(row, 1).empty()) report.carrier_call_ids.emplace(rows.text(row, 1));
    if (rows.text(row, 3).empty() && rows.text(row, 4).empty()) continue;
    report.chats.insert({std::string(rows.text(row, 2)), std::string(rows.text(row, 3)),
                         std::string(rows.text(row, 4))});
  }
  connection.run(
      "insert into bridge.erased_calls (call_id, phone_hash) select id, phone_hash "
      "from bridge.calls where id = any ($1::uuid[]) on conflict do nothing",
      Parameters().add(id_array.finish()));
  delete_calls(connection, ids, report.deleted);
  transaction.commit();
  return true;
}

// What the client chose as idempotency key may hold the number as well.
constexpr auto hide_in_decisions = R"(
update bridge.dial_decisions set call_id = null,
  facts = coalesce(replace(facts::text, phone_number, '')::jsonb, facts),
  idempotency_key = case when position(ltrim(phone_number, '+') in idempotency_key) > 0 then null
                         else idempotency_key end,
  phone_number = null
where phone_hash = decode($1, 'hex') and phone_number is not null)";

constexpr auto hide_in_consent = R"(
update bridge.consent set
  evidence = coalesce(replace(evidence::text, phone_number, '')::jsonb, evidence),
  wording = coalesce(replace(wording, phone_number, ''), wording),
  phone_number = null
where phone_hash = decode($1, 'hex') and phone_number is not null)";

// An intent that nobody has begun to dial is not dialled any more.
constexpr auto hide_in_intents = R"(
update bridge.dial_intents set message = '',
  idempotency_key = case when position(ltrim(phone_number, '+') in idempotency_key) > 0
                         then 'erased ' || id else idempotency_key end,
  call_sid = case when state in ('refused', 'failed', 'ended') then null else call_sid end,
  finished_at = case when state = 'queued' then now() else finished_at end,
  state = case when state = 'queued' then 'refused' else state end,
  phone_number = null
where phone_hash = decode($1, 'hex') and phone_number is not null and requested_at < $2)";

constexpr auto hide_in_do_not_call =
    "update bridge.dnc_numbers set phone_number = null, call_id = null "
    "where phone_hash = decode($1, 'hex') and phone_number is not null";

/// A number that was entered again after its first entry became a hash: hash_numbers leaves it.
void drop_second_entries(Connection& connection, const std::string& hash) {
  const Rows rows =
      connection.run("select id, phone_number from bridge.dnc_numbers where phone_hash is null");
  for (int row = 0; row < rows.size(); ++row) {
    if (connection.vault()->phone_hash(core::PhoneNumber(std::string(rows.text(row, 1)))) != hash)
      continue;
    connection.run("delete from bridge.dnc_numbers where id = $1",
                   Parameters().add(rows.integer(row, 0)));
  }
}

void hide_number(Connection& connection, const ErasureOrder& order, ErasureReport& report) {
  Transaction transaction(connection);
  const Parameters parameters = Parameters().add(order.phone_hash);
  connection.run(hide_in_consent, parameters);
  connection.run(hide_in_decisions, parameters);
  connection.run(hide_in_intents, Parameters().add(order.phone_hash).add(order.ordered_at));
  connection.run(hide_in_do_not_call, parameters);
  drop_second_entries(connection, order.phone_hash);
  for (const char* table : {"consent", "dial_decisions", "dial_intents", "dnc_numbers"}) {
    const Rows rows = connection.run(std::string("select count(*) from bridge.") + table +
                                         " where phone_hash = decode($1, 'hex')",
                                     parameters);
    if (rows.integer(0, 0) > 0) report.kept[table] = rows.integer(0, 0);
  }
  transaction.commit();
}

std::optional<ErasureOrder> load_order(Connection& connection, const std::string& id) {
  const Rows rows = connection.run(
      "select encode(phone_hash, 'hex'), ordered_by, (extract(epoch from ordered_at) * "
      "1000000)::bigint "
      "from bridge.erasures where id = $1::uuid",
      Parameters().add(id));
  if (rows.empty()) return std::nullopt;
  return ErasureOrder{.id = id,
                      .phone_hash = std::string(rows.text(0, 0)),
                      .ordered_by = std::string(rows.text(0, 1)),
                      .ordered_at = rows.wall(0, 2)};
}

}  // namespace

core::Record erasure_record(const ErasureOrder& order) {
  std::string json = JsonObject()
                         .field("order_id", order.id)
                         .field("phone_hash", order.phone_hash)
                         .field("ordered_by", order.ordered_by)
                         .finish();
  return {.call_id = {},
          .wall = order.ordered_at,
          .offset = core::MediaOffset(0),
          .body = core::CallEvent{0, std::string(order_type), std::move(json)}};
}

std::optional<ErasureOrder> erasure_order_of(const core::Record& record) {
  const auto* event = std::get_if<core::CallEvent>(&record.body);
  if (event == nullptr || event->type != order_type || !record.call_id.empty()) return std::nullopt;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  std::string_view id;
  std::string_view hash;
  std::string_view by;
  if (parser.parse(event->json).get(object) != simdjson::SUCCESS) return std::nullopt;
  if (object["order_id"].get(id) != simdjson::SUCCESS || !core::is_uuid(id)) return std::nullopt;
  if (object["phone_hash"].get(hash) != simdjson::SUCCESS) return std::nullopt;
  if (object["ordered_by"].get(by) != simdjson::SUCCESS) return std::nullopt;
  return ErasureOrder{.id = std::string(id),
                      .phone_hash = std::string(hash),
                      .ordered_by = std::string(by),
                      .ordered_at = record.wall};
}

void place_erasure_order(Connection& connection, const ErasureOrder& order) {
  const Rows rows = connection.run(
      "insert into bridge.erasures (id, phone_hash, ordered_at, ordered_by) "
      "values ($1, decode($2, 'hex'), $3, $4) on conflict do nothing",
      Parameters().add(order.id).add(order.phone_hash).add(order.ordered_at).add(order.ordered_by));
  if (rows.affected() == 0) return;
  connection.run("insert into bridge.jobs (kind, key) values ('erase', $1) on conflict do nothing",
                 Parameters().add(order.id));
  audit(connection, {.actor = order.ordered_by, .action = "erase_ordered", .subject = order.id});
}

ErasureGate::ErasureGate(Connection& connection, std::span<const core::Record> records)
    : connection_(connection) {
  connection_.run(lock_shared);
  std::set<std::string> ids;
  for (const core::Record& record : records) {
    if (core::is_uuid(record.call_id.str())) ids.insert(in_lower_case(record.call_id.str()));
  }
  ArrayText array;
  for (const std::string& id : ids) array.add(id);
  const Rows rows =
      connection_.run("select call_id from bridge.erased_calls where call_id = any ($1::uuid[])",
                      Parameters().add(array.finish()));
  for (int row = 0; row < rows.size(); ++row) erased_.emplace(rows.text(row, 0));
}

bool ErasureGate::keeps_out(const core::Record& record) {
  if (const auto order = erasure_order_of(record)) {
    place_erasure_order(connection_, *order);
    return true;
  }
  const std::string id = in_lower_case(record.call_id.str());
  if (!erased_.contains(id)) return begins_erased_call(record);
  const auto* event = std::get_if<core::CallEvent>(&record.body);
  if (event != nullptr && event->type == "opt_out") keep_opt_out(id, record.wall);
  return true;
}

// What the trigger of store/schema/0010 does for calls that are there.
void ErasureGate::keep_opt_out(const std::string& call_id, core::WallTime asked_at) {
  const Parameters parameters = Parameters().add(call_id).add(asked_at);
  connection_.run(
      "insert into bridge.dnc_numbers (phone_hash, reason, source, added_at) "
      "select phone_hash, 'asked during a call', 'opt_out', $2 from bridge.erased_calls "
      "where call_id = $1 and phone_hash is not null on conflict do nothing",
      parameters);
  connection_.run(
      "update bridge.consent c set revoked_at = $2 from bridge.erased_calls e where e.call_id = $1 "
      "and c.phone_hash = e.phone_hash and c.revoked_at is null and c.captured_at <= $2",
      parameters);
}

bool ErasureGate::begins_erased_call(const core::Record& record) {
  const auto* started = std::get_if<core::CallStarted>(&record.body);
  if (started == nullptr || connection_.vault() == nullptr || !core::is_uuid(record.call_id.str()))
    return false;
  const bool is_inbound = started->direction == core::Direction::inbound;
  const auto hash = connection_.vault()->phone_hash(is_inbound ? started->from : started->to);
  if (!hash) return false;
  const Rows rows = connection_.run(
      "select from bridge.erasures where phone_hash = decode($1, 'hex') and ordered_at > $2 limit "
      "1",
      Parameters().add(*hash).add(record.wall));
  if (rows.empty()) return false;
  const std::string id = in_lower_case(record.call_id.str());
  connection_.run(
      "insert into bridge.erased_calls (call_id, phone_hash) values ($1, decode($2, 'hex')) "
      "on conflict do nothing",
      Parameters().add(id).add(*hash));
  DeletedRows deleted;
  delete_calls(connection_, {id}, deleted);
  erased_.insert(id);
  return true;
}

std::string ErasureReport::json() const {
  return JsonObject()
      .raw("deleted", counts_json(deleted))
      .raw("kept", kept_json(kept))
      .raw("outside", outside_json(*this))
      .field("still_to_come",
             "records of these calls that wait in a spool are dropped when they are imported")
      .finish();
}

ErasureReport execute_erasure(Connection& connection, const ErasureOrder& order) {
  ErasureReport report;
  hash_numbers(connection);
  while (erase_some(connection, order.phone_hash, report)) {
  }
  hide_number(connection, order, report);
  return report;
}

ErasureReport enforce_erasures(Connection& connection) {
  ErasureReport report;
  while (erase_some(connection, "", report)) {
  }
  Transaction transaction(connection);
  delete_remains_of_erased_calls(connection, report.deleted);
  transaction.commit();
  return report;
}

void finish_erasure(Connection& connection, const ErasureOrder& order,
                    const ErasureReport& report) {
  connection.run(
      "update bridge.erasures set finished_at = now(), report = $2 "
      "where id = $1::uuid and finished_at is null",
      Parameters().add(order.id).add(report.json()));
  connection.run(
      "update bridge.jobs set state = 'done', finished_at = now() where kind = 'erase' "
      "and key = $1 and state = 'queued'",
      Parameters().add(order.id));
  audit(connection, {.actor = order.ordered_by,
                     .action = "erased",
                     .subject = order.id,
                     .detail = counts_json(report.deleted)});
}

JobHandler erasure_job(std::function<void(const std::string&, const ErasureReport&)> on_erased) {
  JobHandler handler;
  handler.kind = "erase";
  handler.run = [on_erased = std::move(on_erased)](Connection& connection, const Job& job) {
    if (connection.vault() == nullptr || !connection.vault()->can_hash())
      return JobOutcome{.state = JobState::retry, .note = "PHONE_HASH_KEY is not set"};
    const auto order = load_order(connection, job.key);
    if (!order) return JobOutcome{.state = JobState::failed, .note = "no such order"};
    auto report = execute_erasure(connection, *order);
    JobOutcome outcome;
    outcome.store = [order = *order, report](Connection& db, JobState) {
      finish_erasure(db, order, report);
    };
    outcome.stored = [on_erased, id = order->id, report](JobState) { on_erased(id, report); };
    return outcome;
  };
  return handler;
}

}  // namespace tandem::store
