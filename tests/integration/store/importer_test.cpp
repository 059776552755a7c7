#include "store/importer.hpp"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <sstream>
#include <thread>

#include "store/migrate.hpp"
#include "store/spool_tools.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using store::Importer;
using store::Spool;
using test::all_imported;
using test::append_all;
using test::migrated_database;
using test::number_from;
using test::PostgresCluster;

namespace {

/// Imports the records through a spool of its own and waits until they are in.
store::ImporterCounters import_all(const core::Secret& url,
                                   const std::vector<core::Record>& records) {
  const test::TemporaryDirectory directory;
  Spool spool(test::spool_settings(directory.path()));
  Importer importer(spool, test::importer_settings(url));
  append_all(spool, records);
  REQUIRE(all_imported(spool));
  importer.stop(5s);
  return importer.counters();
}

std::string text_from(store::Connection& connection, const std::string& statement) {
  return std::string(connection.run(statement).text(0, 0));
}

}  // namespace

TEST_CASE("the records of a call land in the tables with the columns of the contract") {
  const core::Secret url = migrated_database();
  import_all(url, test::scripted_call(7, 2));
  store::Connection db(url);
  const auto call = db.run(
      "select call_sid, stream_sid, direction, phone_number, from_number, to_number, status, "
      "duration, "
      "end_reason, provider, chat_id, chat_group_id, node, "
      "extract(epoch from answered_time - start_time)::int, extract(epoch from end_time - "
      "start_time)::int "
      "from bridge.calls");
  REQUIRE(call.size() == 1);
  const std::vector<std::string> expected = {"CA_invented_7",
                                             "MZ_invented",
                                             "inbound",
                                             "+15550100007",
                                             "+15550100007",
                                             "+15550100000",
                                             "completed",
                                             "60",
                                             "caller_hung_up",
                                             "hume",
                                             "chat-1",
                                             "group-1",
                                             "node-a",
                                             "1",
                                             "60"};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(call.text(0, static_cast<int>(i)) == expected[i]);
  }
  const auto lines = db.run(
      "select seq, speaker, message, event_type, source, heard_ms, heard_ratio, offset_ms, "
      "sanitised "
      "from bridge.transcriptions order by seq");
  REQUIRE(lines.size() == 4);
  CHECK(lines.text(0, 1) == "user");
  CHECK(lines.text(0, 2) == "a table for 2 please");
  CHECK(lines.is_null(0, 5));
  CHECK(lines.text(1, 1) == "assistant");
  CHECK(lines.text(1, 3) == "assistant_message");
  CHECK(lines.text(1, 4) == "live");
  CHECK(lines.integer(1, 5) == 1'500);
  CHECK(lines.number(1, 6) == Approx(0.75));
  CHECK(lines.integer(1, 7) == 3'000);
  CHECK_FALSE(lines.fact(1, 8));
  CHECK(number_from(db, "select count(*) from bridge.events where event_type = 'turn_completed'") ==
        2);
  CHECK(text_from(db, "select state from bridge.booking_analysis") == "queued");
  CHECK(number_from(
            db, "select count(*) from bridge.jobs where kind = 'analyse' and state = 'queued'") ==
        1);
  CHECK(number_from(db, "select total_messages from bridge.analytics") == 4);
  CHECK(number_from(db, "select (response_times->0->>'gap_us')::int from bridge.analytics") ==
        600'000);
  CHECK(number_from(db, "select user_messages from bridge.call_summary") == 2);
}

TEST_CASE("importing every record twice, in any order, changes nothing") {
  const core::Secret url = migrated_database();
  auto records = test::scripted_call(1, 3);
  import_all(url, records);
  store::Connection db(url);
  const auto picture = [&db] {
    return text_from(
        db,
        "select md5(string_agg(t::text, '|' order by t::text)) from ("
        "select (to_jsonb(c) - 'recorded_at')::text t from bridge.calls c union all "
        "select (to_jsonb(l) - 'recorded_at')::text from bridge.transcriptions l union all "
        "select (to_jsonb(e) - 'recorded_at')::text from bridge.events e union all "
        "select (to_jsonb(a) - 'recorded_at')::text from bridge.analytics a union all "
        "select (to_jsonb(b) - 'queued_at')::text from bridge.booking_analysis b union all "
        "select (to_jsonb(j) - 'run_at')::text from bridge.jobs j) rows");
  };
  const std::string before = picture();
  std::reverse(records.begin(), records.end());
  const auto counters = import_all(url, records);
  CHECK(counters.dead_letters == 0);
  CHECK(picture() == before);
}

TEST_CASE("the records of a call in reverse order make the same call row") {
  const core::Secret forward = migrated_database();
  const core::Secret backward = migrated_database();
  auto records = test::scripted_call(1, 1);
  import_all(forward, records);
  std::reverse(records.begin(), records.end());
  import_all(backward, records);
  store::Connection one(forward);
  store::Connection other(backward);
  const std::string row = "select (to_jsonb(c) - 'recorded_at')::text from bridge.calls c";
  CHECK(text_from(one, row) == text_from(other, row));
}

TEST_CASE("P10: the same key with other content is kept aside and the first version stays") {
  const core::Secret url = migrated_database();
  import_all(url, {test::entry(1, 0, "first")});
  const auto counters = import_all(url, {test::entry(1, 0, "second"), test::entry(1, 1, "next")});
  store::Connection db(url);
  CHECK(counters.conflicts == 1);
  CHECK(counters.dead_letters == 1);
  CHECK(text_from(db, "select message from bridge.transcriptions where seq = 0") == "first");
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 2);
  CHECK(text_from(db, "select sqlstate from bridge.dead_letters") == "23505");
}

TEST_CASE("P11: a poison record goes to the dead letters and its neighbours arrive") {
  const core::Secret url = migrated_database();
  std::vector<core::Record> records;
  for (int seq = 0; seq < 60; ++seq) records.push_back(test::entry(1, seq, "good"));
  records.insert(records.begin() + 17,
                 test::make_record(1, 1, core::CallEvent{0, "broken", "{not json"}));
  core::Record without_id = test::entry(1, 60, "whose?");
  without_id.call_id = core::CallId("not-a-uuid");
  records.push_back(without_id);
  const auto counters = import_all(url, records);
  CHECK(counters.imported == 60);
  CHECK(counters.dead_letters == 2);
  store::Connection db(url);
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 60);
  CHECK(text_from(db, "select string_agg(sqlstate, ',' order by lsn) from bridge.dead_letters") ==
        ",22P02");  // broken JSON does not even reach the server
  CHECK(number_from(
            db, "select count(*) from bridge.dead_letters where payload like '%not json%'") == 1);
}

TEST_CASE("P11: NUL and lone surrogates are replaced, flagged and stored") {
  const core::Secret url = migrated_database();
  const auto counters = import_all(
      url, {test::entry(1, 0, std::string("a\0b", 3)),
            test::make_record(1, 1, core::CallEvent{0, "odd", R"({"a":"\u0000\ud800"})"})});
  CHECK(counters.dead_letters == 0);
  store::Connection db(url);
  CHECK(text_from(db, "select message from bridge.transcriptions") == "a\ufffdb");
  CHECK(number_from(db, "select count(*) from bridge.transcriptions where sanitised") == 1);
  CHECK(text_from(db, "select event_data->>'a' from bridge.events where sanitised") ==
        "\ufffd\ufffd");
}

TEST_CASE("the carrier's final word outranks ours, whichever comes first") {
  const core::Secret url = migrated_database();
  core::CarrierStatus status{.carrier_call_id = core::CarrierCallId("CA_invented_1"),
                             .status = "busy",
                             .rank = 4,
                             .duration_s = 3,
                             .answered_by = ""};
  const auto final_word = test::make_record(1, 70, status);
  auto late = test::scripted_call(1, 0);
  late.push_back(final_word);
  auto early = test::scripted_call(2, 0);
  core::Record other = final_word;
  other.call_id = test::call_id(2);
  early.insert(early.begin(), other);
  import_all(url, late);
  import_all(url, early);
  store::Connection db(url);
  CHECK(number_from(
            db, "select count(*) from bridge.calls where status = 'busy' and duration = 3") == 2);
}

TEST_CASE("a status callback that knows only the carrier's id finds its call") {
  const core::Secret url = migrated_database();
  auto records = test::scripted_call(1, 0);
  core::Record status = test::make_record(
      1, 70,
      core::CarrierStatus{core::CarrierCallId("CA_invented_1"), "completed", 4, 61, "human"});
  status.call_id = core::CallId();
  records.push_back(status);
  CHECK(import_all(url, records).dead_letters == 0);
  store::Connection db(url);
  CHECK(number_from(db, "select duration from bridge.calls where answered_by = 'human'") == 61);
}

TEST_CASE("an outbound call that nobody answered did not complete") {
  const core::Secret url = migrated_database();
  core::CallStarted started;
  started.direction = core::Direction::outbound;
  started.to = core::PhoneNumber("+15550100002");
  import_all(url, {test::make_record(1, 0, started), test::make_record(1, 30, core::CallEnded{})});
  store::Connection db(url);
  CHECK(text_from(db, "select status || ' ' || phone_number from bridge.calls") ==
        "no-answer +15550100002");
}

TEST_CASE(
    "P02, P05: with the database stopped, killed and started under load nothing is lost or "
    "doubled") {
  const core::Secret url = migrated_database();
  const test::TemporaryDirectory directory;
  Spool spool(test::spool_settings(directory.path()));
  Importer importer(spool, test::importer_settings(url));
  std::atomic<bool> done{false};
  std::atomic<int> calls{0};
  std::thread writer([&] {
    for (int call = 0; !done; ++call) {
      for (const auto& record : test::scripted_call(call, 5)) {
        while (!spool.append(record)) std::this_thread::sleep_for(1ms);
      }
      calls = call + 1;
      std::this_thread::sleep_for(2ms);
    }
  });
  for (const int signal : {SIGINT, SIGKILL, SIGKILL, SIGINT}) {
    std::this_thread::sleep_for(150ms);
    PostgresCluster::shared().stop(signal);
    std::this_thread::sleep_for(150ms);
    PostgresCluster::shared().start();
  }
  std::this_thread::sleep_for(100ms);
  done = true;
  writer.join();
  REQUIRE(all_imported(spool));
  importer.stop(5s);
  store::Connection db(url);
  CHECK(importer.counters().failures > 0);
  CHECK(number_from(db, "select count(*) from bridge.calls where status = 'completed'") == calls);
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 10 * calls);
  CHECK(number_from(db, "select count(*) from bridge.transcriptions where heard_ms = 1500") ==
        5 * calls);
  CHECK(number_from(db, "select count(*) from bridge.events") == 5 * calls);
  CHECK(number_from(db, "select count(*) from bridge.jobs where kind = 'analyse'") == calls);
  CHECK(number_from(db, "select count(*) from bridge.dead_letters") == 0);
}

TEST_CASE("records of a run before are imported by the next one") {
  const core::Secret url = migrated_database();
  const test::TemporaryDirectory directory;
  {
    Spool spool(test::spool_settings(directory.path()));
    append_all(spool, test::scripted_call(1, 2));
  }
  Spool spool(test::spool_settings(directory.path()));
  std::atomic<std::size_t> announced{0};
  auto settings = test::importer_settings(url);
  settings.on_imported = [&](std::span<const core::Record> records) {
    announced += records.size();
  };
  Importer importer(spool, settings);
  append_all(spool, test::scripted_call(2, 2));
  REQUIRE(all_imported(spool));
  importer.stop(5s);
  CHECK(announced == 2 * test::scripted_call(1, 2).size());
  store::Connection db(url);
  CHECK(number_from(db, "select count(*) from bridge.calls") == 2);
  CHECK(number_from(db, "select count(*) from bridge.nodes") == 1);
}

TEST_CASE(
    "P12: with a schema older or newer than this program nothing is written and nothing lost") {
  const core::Secret url = PostgresCluster::shared().create_database();
  store::Connection db(url);
  const test::TemporaryDirectory directory;
  Spool spool(test::spool_settings(directory.path()));
  Importer importer(spool, test::importer_settings(url));
  append_all(spool, test::scripted_call(1, 1));
  const auto mismatch = [&] {
    return importer.counters().state == store::ImporterState::schema_mismatch;
  };
  CHECK(test::eventually(mismatch));
  store::migrate(db);
  REQUIRE(all_imported(spool));
  db.run(
      "insert into bridge.schema_migrations (version, name, checksum) values (9999, 'newer', '')");
  const auto imported = importer.counters().imported;
  Importer* running = &importer;
  running->stop(5s);
  Importer second(spool, test::importer_settings(url));
  append_all(spool, test::scripted_call(2, 1));
  CHECK(test::eventually(
      [&] { return second.counters().state == store::ImporterState::schema_mismatch; }));
  CHECK(second.counters().imported == 0);
  CHECK(imported == test::scripted_call(1, 1).size());
  db.run("delete from bridge.schema_migrations where version = 9999");
  CHECK(all_imported(spool));
}

TEST_CASE("R03: with the database down everything is kept on shutdown and drained later") {
  const core::Secret url = migrated_database();
  const test::TemporaryDirectory directory;
  {
    Spool spool(test::spool_settings(directory.path()));
    Importer importer(spool,
                      test::importer_settings(core::Secret("host=/nonexistent dbname=none")));
    append_all(spool, test::scripted_call(1, 2));
    REQUIRE(spool.flush(5s));
    const auto begin = std::chrono::steady_clock::now();
    importer.stop(10s);
    spool.stop();
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
    CHECK(spool.counters().backlog == test::scripted_call(1, 2).size());
  }
  std::ostringstream report;
  CHECK(store::spool_drain(
      directory.path(), [url] { return url; }, 10s, report));
  CHECK(report.str().find("left 0") != std::string::npos);
  store::Connection db(url);
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 4);
}

TEST_CASE("a database that hangs does not hold up the shutdown") {
  const core::Secret url = migrated_database();
  const test::TemporaryDirectory directory;
  Spool spool(test::spool_settings(directory.path()));
  Importer importer(spool, test::importer_settings(url));
  append_all(spool, test::scripted_call(1, 1));
  REQUIRE(all_imported(spool));
  PostgresCluster::shared().signal_all(SIGSTOP);
  append_all(spool, test::scripted_call(2, 1));
  std::this_thread::sleep_for(100ms);
  const auto begin = std::chrono::steady_clock::now();
  importer.stop(200ms);
  const auto took = std::chrono::steady_clock::now() - begin;
  PostgresCluster::shared().signal_all(SIGCONT);
  CHECK(took < 2s);
}

TEST_CASE("P18: a table locked by someone else delays the import and loses nothing") {
  const core::Secret url = migrated_database();
  const test::TemporaryDirectory directory;
  Spool spool(test::spool_settings(directory.path()));
  Importer importer(spool, test::importer_settings(url));
  store::Connection locker(url);
  {
    store::Transaction transaction(locker);
    locker.run("lock table bridge.transcriptions in access exclusive mode");
    append_all(spool, test::scripted_call(1, 3));
    CHECK(test::eventually([&] { return importer.counters().last_sqlstate == "55P03"; }));
  }
  REQUIRE(all_imported(spool));
  CHECK(number_from(locker, "select count(*) from bridge.transcriptions") == 6);
  CHECK(importer.counters().dead_letters == 0);
}
