#include "store/report_days.hpp"

namespace tandem::store {

namespace {

constexpr int days_per_run = 30;
constexpr std::chrono::seconds pause_between_looks{60};

// The same lock as bridge.forget_report.
constexpr auto lock_day =
    "select pg_advisory_xact_lock(x'74616e64'::integer, $1::date - date '2000-01-01')";

constexpr auto days_to_write = R"(
select day::date from generate_series(
  (select min(start_time) at time zone 'UTC' from bridge.calls)::date,
  ((now() - interval '2 hours') at time zone 'UTC')::date - 1, interval '1 day') days (day)
where not exists (select 1 from bridge.report_days written where written.day = days.day::date)
order by day desc limit $1)";

constexpr auto insert_cells = R"(
insert into bridge.report_cells
select * from bridge.count_calls($2, $1::date::timestamp at time zone 'UTC',
                                 ($1::date + 1)::timestamp at time zone 'UTC'))";

constexpr auto delete_cells = R"(
delete from bridge.report_cells
where span in ('hour', 'day') and start >= $1::date::timestamp at time zone 'UTC'
  and start < ($1::date + 1)::timestamp at time zone 'UTC')";

void write_day(Connection& connection, const std::string& day) {
  Transaction transaction(connection, {.lock_timeout = std::chrono::seconds(20)});
  // each statement sees what was committed before it began: whoever held the lock is counted
  connection.run(lock_day, Parameters().add(day));
  connection.run(delete_cells, Parameters().add(day));
  connection.run(insert_cells, Parameters().add(day).add("hour"));
  connection.run(insert_cells, Parameters().add(day).add("day"));
  connection.run("insert into bridge.report_days (day) values ($1) on conflict do nothing",
                 Parameters().add(day));
  transaction.commit();
}

}  // namespace

int write_report_days(Connection& connection, int days_max) {
  const Rows rows = connection.run(days_to_write, Parameters().add(days_max));
  for (int row = 0; row < rows.size(); ++row) write_day(connection, std::string(rows.text(row, 0)));
  return rows.size();
}

JobHandler report_days_job() {
  const auto look_again = [](std::chrono::seconds delay) {
    JobOutcome outcome;
    outcome.state = JobState::again;
    outcome.delay = delay;
    return outcome;
  };
  JobHandler handler;
  handler.kind = "report_days";
  handler.connected = [](Connection& connection) {
    connection.run(
        "insert into bridge.jobs (kind, key) values ('report_days', 'all') on conflict do nothing");
  };
  handler.used_up = [look_again](const Job&) { return look_again(pause_between_looks); };
  handler.run = [look_again](Connection& connection, const Job&) {
    const bool has_more = write_report_days(connection, days_per_run) == days_per_run;
    return look_again(has_more ? std::chrono::seconds(0) : pause_between_looks);
  };
  return handler;
}

}  // namespace tandem::store
