#include "store/retention.hpp"

#include <array>

#include "store/erasure.hpp"
#include "store/number_hashing.hpp"

namespace tandem::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int calls_per_transaction = 50;
constexpr int rows_per_transaction = 1'000;
constexpr std::chrono::seconds one_day{24 * 3600};

struct Rule {
  const char* table;
  const char* condition;  ///< $1: days
};
constexpr std::array rules_of_days = {
    Rule{"dead_letters", "created_at < now() - make_interval(days => $1)"},
    Rule{"jobs", "state in ('done', 'failed') and finished_at < now() - make_interval(days => $1)"},
    Rule{"erased_calls", "erased_at < now() - make_interval(days => $1)"},
};
constexpr std::array rules_of_years = {
    Rule{"consent", "revoked_at < now() - interval '5 years'"},
    Rule{"dial_decisions", "decided_at < now() - interval '5 years'"},
    Rule{"dial_intents", "requested_at < now() - interval '5 years'"},
};

void apply(Connection& connection, const Rule& rule, const Parameters& parameters,
           DeletedRows& deleted) {
  const std::string table = std::string("bridge.") + rule.table;
  const std::string statement =
      "delete from " + table + " where ctid = any (array(select ctid from " + table + " where " +
      rule.condition + " limit " + std::to_string(rows_per_transaction) + "))";
  std::int64_t affected = 0;
  do {
    Transaction transaction(connection);
    affected = connection.run(statement, parameters).affected();
    transaction.commit();
    if (affected > 0) deleted[rule.table] += affected;
  } while (affected == rows_per_transaction);
}

/// False when the time was up before everything was deleted.
bool delete_all_expired(Connection& connection, const RetentionSettings& settings,
                        DeletedRows& deleted) {
  const auto until = Clock::now() + settings.longest_turn;
  while (settings.days > 0 && delete_expired_calls(connection, settings.days, deleted)) {
    if (Clock::now() >= until) return false;
  }
  delete_expired_rows(connection, settings.days, deleted);
  return true;
}

JobOutcome again_after(std::chrono::seconds delay) {
  JobOutcome outcome;
  outcome.state = JobState::again;
  outcome.delay = delay;
  return outcome;
}

void put_job(Connection& connection) {
  connection.run(
      "insert into bridge.jobs as j (kind, key) values ('retention', 'daily') on conflict (kind, "
      "key) "
      "do update set state = 'queued', run_at = now(), attempts = 0, created_at = now() "
      "where j.state in ('failed', 'done')");
}

}  // namespace

bool delete_expired_calls(Connection& connection, int days, DeletedRows& deleted) {
  Transaction transaction(connection);
  const Rows rows = connection.run(
      "select id from bridge.calls where start_time < now() - make_interval(days => $1) "
      "order by start_time limit $2 for update skip locked",
      Parameters().add(days).add(calls_per_transaction));
  if (rows.empty()) return false;
  std::vector<std::string> ids;
  for (int row = 0; row < rows.size(); ++row) ids.emplace_back(rows.text(row, 0));
  delete_calls(connection, ids, deleted);
  transaction.commit();
  return true;
}

void delete_expired_rows(Connection& connection, int days, DeletedRows& deleted) {
  for (const Rule& rule : rules_of_years) apply(connection, rule, {}, deleted);
  if (days == 0) return;
  for (const Rule& rule : rules_of_days) apply(connection, rule, Parameters().add(days), deleted);
  // The report names the calls at their providers; the order itself stays, for spools that come
  // back.
  connection.run(
      "update bridge.erasures set report = null "
      "where report is not null and finished_at < now() - make_interval(days => $1)",
      Parameters().add(days));
}

JobHandler retention_job(RetentionSettings settings) {
  JobHandler handler;
  handler.kind = "retention";
  handler.connected = put_job;
  handler.used_up = [](const Job&) { return again_after(one_day); };
  handler.run = [settings = std::move(settings)](Connection& connection, const Job&) {
    DeletedRows deleted;
    const bool is_done = delete_all_expired(connection, settings, deleted);
    hash_numbers(connection);
    for (const auto& [table, rows] : enforce_erasures(connection).deleted) deleted[table] += rows;
    JobOutcome outcome = again_after(is_done ? one_day : std::chrono::seconds(1));
    outcome.stored = [on_deleted = settings.on_deleted, deleted](JobState) { on_deleted(deleted); };
    return outcome;
  };
  return handler;
}

}  // namespace tandem::store
