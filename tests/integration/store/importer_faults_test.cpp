// What networks, servers and administrators do to the importer (faults P03 to P20).
#include <fmt/format.h>
#include <signal.h>

#include "store/importer.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/database_relay.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using store::Importer;
using store::Spool;
using test::number_from;
using test::PostgresCluster;

namespace {

/// A spool, an importer and a second connection that looks on.
struct Import {
  explicit Import(const core::Secret& database, const core::Secret& way_there)
      : spool(test::spool_settings(directory.path())), db(database) {
    auto settings = test::importer_settings(way_there);
    settings.notices = [this](const store::Notice& notice) {
      const std::lock_guard lock(mutex);
      notices += notice.code + ": " + notice.detail + "\n";
    };
    importer.emplace(spool, std::move(settings));
  }
  explicit Import(const core::Secret& database) : Import(database, database) {}

  void append(const std::vector<core::Record>& records) {
    for (const auto& record : records) REQUIRE(spool.append(record));
  }
  bool all_imported() {
    return test::eventually([this] {
      const auto counters = spool.counters();
      return counters.written == counters.appended && counters.backlog == 0;
    });
  }
  bool failed_with(const std::string& sqlstate) {
    return test::eventually([&] { return importer->counters().last_sqlstate == sqlstate; });
  }
  std::string said() {
    const std::lock_guard lock(mutex);
    return notices;
  }
  std::int64_t lines() { return number_from(db, "select count(*) from bridge.transcriptions"); }
  std::int64_t dead_letters() {
    return number_from(db, "select count(*) from bridge.dead_letters");
  }

  test::TemporaryDirectory directory;
  Spool spool;
  store::Connection db;
  std::mutex mutex;
  std::string notices;
  std::optional<Importer> importer;
};

std::string database_of(const core::Secret& url) {
  return url.expose().substr(url.expose().rfind('=') + 1);
}

/// From now on every insert into the transcript does this in the server.
void on_insert(store::Connection& db, const std::string& action) {
  db.script(
      "create or replace function bridge.disturb() returns trigger language plpgsql as $$ "
      "begin " +
      action +
      "; return null; end $$; "
      "drop trigger if exists disturb on bridge.transcriptions; "
      "create trigger disturb before insert on bridge.transcriptions "
      "for each statement execute function bridge.disturb()");
}

void leave_in_peace(store::Connection& db) {
  db.script("drop trigger disturb on bridge.transcriptions");
}

}  // namespace

TEST_CASE(
    "P03: a line that falls silent is given up within 5 s, behind a relay that still listens") {
  const core::Secret url = test::migrated_database();
  test::DatabaseRelay relay(PostgresCluster::shared().socket_path());
  Import import(url, relay.url(database_of(url)));
  import.append(test::scripted_call(1, 1));
  REQUIRE(import.all_imported());
  relay.set_silent(true);
  const auto begin = std::chrono::steady_clock::now();
  import.append(test::scripted_call(2, 1));
  CHECK(test::eventually([&] { return import.importer->counters().failures > 0; }));
  CHECK(std::chrono::steady_clock::now() - begin < 6s);  // 5 s, and a loaded machine
  CHECK(import.said().find("no answer") != std::string::npos);
  relay.set_silent(false);
  REQUIRE(import.all_imported());
  CHECK(import.lines() == 4);
}

TEST_CASE("P03: a server that hangs behind a unix socket is given up as well") {
  const core::Secret url = test::migrated_database();
  Import import(url);
  import.append(test::scripted_call(1, 1));
  REQUIRE(import.all_imported());
  PostgresCluster::shared().signal_all(SIGSTOP);
  import.append(test::scripted_call(2, 1));
  CHECK(test::eventually([&] { return import.importer->counters().failures > 0; }));
  PostgresCluster::shared().signal_all(SIGCONT);
  REQUIRE(import.all_imported());
  CHECK(import.lines() == 4);
}

TEST_CASE("P04: a slow server gets one batch at a time over one connection, and larger ones") {
  const core::Secret url = test::migrated_database();
  test::DatabaseRelay relay(PostgresCluster::shared().socket_path());
  Import import(url, relay.url(database_of(url)));
  on_insert(import.db, "perform pg_sleep(5)");
  import.append({test::entry(1, 0, "first")});
  for (int seq = 1; seq < 200; ++seq) {
    import.append({test::entry(1, seq, "said while the server slept")});
  }
  REQUIRE(import.all_imported());
  CHECK(import.importer->counters().failures == 0);  // slow is not gone
  CHECK(import.importer->counters().batches <= 3);
  // the second one asks after 2.5 s of silence whether the server is there
  CHECK(relay.connections_max() <= 2);
  CHECK(import.lines() == 200);
}

TEST_CASE("P06: a connection lost at any byte of the answer to COMMIT loses and doubles nothing") {
  const core::Secret url = test::migrated_database();
  test::DatabaseRelay relay(PostgresCluster::shared().socket_path());
  constexpr int answer_bytes = 33;  // ParseComplete, BindComplete, NoData, COMMIT, ReadyForQuery
  int cuts = 0;
  for (int bytes = 0; bytes <= answer_bytes; ++bytes) {
    Import import(url, relay.url(database_of(url)));
    relay.cut_commit_answer_after(bytes);
    import.append(test::scripted_call(bytes, 2));
    REQUIRE(import.all_imported());
    import.importer->stop(5s);
    CHECK(import.importer->counters().imported == test::scripted_call(bytes, 2).size());
    CHECK(import.dead_letters() == 0);
    cuts += static_cast<int>(import.importer->counters().failures);
  }
  store::Connection db(url);
  CHECK(cuts >= answer_bytes);
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 4 * (answer_bytes + 1));
  CHECK(number_from(db, "select count(*) from bridge.calls where status = 'completed'") ==
        answer_bytes + 1);
}

TEST_CASE(
    "P08: a full disk, refused connections, a stopping server and a cancelling administrator "
    "pass") {
  const core::Secret url = test::migrated_database();
  SECTION("53100: the disk is full") {
    Import import(url);
    on_insert(import.db, "raise exception using errcode = '53100'");
    import.append(test::scripted_call(1, 2));
    CHECK(import.failed_with("53100"));
    CHECK(import.dead_letters() == 0);
    leave_in_peace(import.db);
    REQUIRE(import.all_imported());
    CHECK(import.lines() == 4);
  }
  SECTION("53300: too many connections") {
    store::Connection admin(url);
    const std::string role = "busy_" + database_of(url);
    admin.script("create role " + role + " login superuser");
    admin.script("alter role " + role + " nosuperuser connection limit 0");
    admin.script("grant all on schema bridge to " + role + "; grant tandem to " + role);
    const std::string own = url.expose();
    Import import(url, core::Secret("host=" + PostgresCluster::shared().directory() +
                                    " user=" + role + " dbname=" + database_of(url)));
    import.append(test::scripted_call(1, 2));
    CHECK(test::eventually(
        [&] { return import.said().find("too many connections") != std::string::npos; }));
    admin.script("alter role " + role + " superuser connection limit -1");
    REQUIRE(import.all_imported());
    CHECK(import.lines() == 4);
  }
  SECTION("57P01: an administrator ends the connection; 57014: or cancels the statement") {
    for (const bool is_ended : {true, false}) {
      Import import(url);
      on_insert(import.db, "perform pg_sleep(0.5)");
      import.append(test::scripted_call(is_ended ? 1 : 2, 2));
      const std::string order = fmt::format(
          "select count({}(pid)) from pg_stat_activity where query like '%insert into "
          "bridge.transcriptions%' and datname = current_database() and pid <> pg_backend_pid()",
          is_ended ? "pg_terminate_backend" : "pg_cancel_backend");
      CHECK(test::eventually([&] { return number_from(import.db, order) > 0; }));
      CHECK(test::eventually([&] { return import.importer->counters().failures > 0; }));
      if (!is_ended) CHECK(import.failed_with("57014"));
      leave_in_peace(import.db);
      REQUIRE(import.all_imported());
      CHECK(import.dead_letters() == 0);
    }
    store::Connection db(url);
    CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 8);
  }
}

TEST_CASE("P09: a deadlock and a failed serialisation are tried again") {
  const core::Secret url = test::migrated_database();
  store::Connection other(url);
  const bool is_deadlock = GENERATE(true, false);
  if (!is_deadlock) {  // by default PostgreSQL reads what was committed, and this cannot happen
    other.script("alter database " + database_of(url) +
                 " set default_transaction_isolation = 'repeatable read'");
  }
  Import import(url);
  import.append({test::entry(1, 0, "first"), test::entry(2, 0, "second")});
  REQUIRE(import.all_imported());
  const auto change = [&](int call) {
    other.run("update bridge.calls set purpose = 'x' where id = $1",
              store::Parameters().add(test::call_id(call).str()));
  };
  {
    store::Transaction transaction(other, {.lock_timeout = 20s});
    other.script("set local deadlock_timeout = '60s'");  // so that the other one is the victim
    change(2);
    import.append({test::make_record(1, 1, core::CallAnswered{core::CarrierStreamId("MZ_one")}),
                   test::make_record(2, 1, core::CallAnswered{core::CarrierStreamId("MZ_two")})});
    REQUIRE(test::eventually([&] {
      return number_from(import.db, "select count(*) from pg_locks where not granted") > 0;
    }));
    if (is_deadlock) change(1);
    transaction.commit();
  }
  CHECK(import.failed_with(is_deadlock ? "40P01" : "40001"));
  REQUIRE(import.all_imported());
  CHECK(number_from(import.db, "select count(*) from bridge.calls where stream_sid is not null") ==
        2);
  CHECK(import.dead_letters() == 0);
}

TEST_CASE(
    "P19: a node whose clock is years off leaves its own time and the server's side by side") {
  const core::Secret url = test::migrated_database();
  Import import(url);
  auto records = test::scripted_call(1, 2);
  for (auto& record : records) record.wall += std::chrono::hours(24 * 3650);
  import.append(records);
  REQUIRE(import.all_imported());
  for (const char* table : {"calls", "transcriptions", "events"}) {
    const std::string column = std::string(table) == "calls" ? "start_time" : "timestamp";
    CHECK(number_from(import.db, fmt::format("select count(*) from bridge.{} where {} > now() + "
                                             "interval '9 years' and recorded_at between now() - "
                                             "interval '1 minute' and now()",
                                             table, column)) > 0);
  }
  // and nobody waits ten years for the verdict
  CHECK(number_from(
            import.db,
            "select count(*) from bridge.jobs where kind = 'analyse' and run_at <= now()") == 1);
}

TEST_CASE(
    "P20: what was said stands neither in the server's log nor in ours when PostgreSQL refuses "
    "it") {
  const core::Secret url = test::migrated_database();
  Import import(url);
  const std::string canary = "canary-" + database_of(url);
  import.append({test::entry(1, 0, canary + " first version"),
                 test::make_record(1, 1, core::CallEvent{0, "broken", "{not json " + canary}),
                 test::make_record(1, 1, core::CallEvent{1, "odd", "[\"" + canary + "\"]"})});
  REQUIRE(import.all_imported());
  import.append({test::entry(1, 0, canary + " second version")});
  core::Record nobodys = test::entry(1, 1, canary);
  nobodys.call_id = core::CallId("not-a-uuid");
  import.append({nobodys});
  REQUIRE(import.all_imported());
  on_insert(import.db, "raise exception using errcode = '23514', message = 'refused'");
  import.append({test::entry(1, 2, canary)});
  REQUIRE(import.all_imported());
  CHECK(import.dead_letters() == 5);
  CHECK(number_from(import.db, fmt::format("select count(*) from bridge.dead_letters where payload "
                                           "like '%{}%'",
                                           canary)) == 5);
  CHECK(PostgresCluster::shared().log_text().find(canary) == std::string::npos);
  CHECK(import.said().find(canary) == std::string::npos);
}
