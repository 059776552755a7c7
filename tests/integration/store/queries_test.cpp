#include "store/queries.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "store/batch_rows.hpp"
#include "store/migrate.hpp"
#include "store/query_thread.hpp"
#include "store/verdicts.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using test::migrated_database;
using test::PostgresCluster;
using test::write;
using test::write_calls;

namespace {

std::vector<std::string> ids(const std::vector<store::CallRow>& calls) {
  std::vector<std::string> ids;
  for (const auto& call : calls) ids.push_back(call.id);
  return ids;
}

std::size_t count(store::Connection& db, const store::CallFilter& filter) {
  return store::list_calls(db, filter).calls.size();
}

}  // namespace

TEST_CASE("pages of calls follow each other newest first without gap or repetition") {
  store::Connection db(migrated_database());
  write_calls(db, 25);
  // same start as another call: the cursor must not lose one of the two
  auto twin = test::scripted_call(99, 0);
  for (auto& record : twin) record.wall += 10min;
  write(db, twin);
  std::vector<std::string> seen;
  store::CallFilter filter;
  filter.limit = 4;
  do {
    const auto page = store::list_calls(db, filter);
    REQUIRE(page.calls.size() <= 4);
    for (const auto& id : ids(page.calls)) seen.push_back(id);
    filter.cursor = page.next_cursor;
  } while (!filter.cursor.empty());
  REQUIRE(seen.size() == 26);
  CHECK(seen.front() == test::call_id(25).str());
  CHECK(seen.back() == test::call_id(1).str());
  std::sort(seen.begin(), seen.end());
  CHECK(std::unique(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE("a cursor that nobody made is refused") {
  store::Connection db(migrated_database());
  for (const char* cursor :
       {"x", "1_", "_00000000-0000-4000-8000-000000000001", "1_'; drop", "1-2"}) {
    store::CallFilter filter;
    filter.cursor = cursor;
    CHECK_THROWS_AS(store::list_calls(db, filter), store::CursorError);
  }
}

TEST_CASE("each filter of the call list keeps what it names and nothing else") {
  store::Connection db(migrated_database());
  write_calls(db, 5);
  core::CallStarted outbound;
  outbound.direction = core::Direction::outbound;
  outbound.to = core::PhoneNumber("+15550199999");
  write(db, {test::make_record(50, 0, outbound),
             test::entry(50, 0, "I prefer vegan food, don't you?")});
  db.run("update bridge.booking_analysis set state = 'done', outcome = 'booked' where call_id = $1",
         store::Parameters().add(test::call_id(3).str()));
  db.run("update bridge.calls set duration = 5 where id = $1",
         store::Parameters().add(test::call_id(4).str()));
  const auto matches = [&](auto member, auto value) {
    store::CallFilter filter;
    filter.*member = value;
    return count(db, filter);
  };
  using Filter = store::CallFilter;
  using Text = std::string;
  CHECK(count(db, {}) == 6);
  CHECK(matches(&Filter::outcome, Text("booked")) == 1);
  CHECK(matches(&Filter::outcome, Text("pending")) == 5);
  CHECK(matches(&Filter::outcome, Text("needs_review")) == 0);
  CHECK(matches(&Filter::q, Text("vegan")) == 1);
  CHECK(matches(&Filter::q, Text("VEG prefer")) == 1);
  CHECK(matches(&Filter::q, Text("don't")) == 1);
  CHECK(matches(&Filter::q, Text("vegan certainly")) == 0);
  CHECK(matches(&Filter::q, Text("certainly")) == 5);
  CHECK(matches(&Filter::q, Text("' | \\ & !")) <= 6);
  CHECK(matches(&Filter::number, Text("+15550100002")) == 1);
  CHECK(matches(&Filter::number, Text("99999")) == 1);
  CHECK(matches(&Filter::number, Text("%")) == 6);
  CHECK(matches(&Filter::from, test::wall_at(180)) == 3);
  CHECK(matches(&Filter::to, test::wall_at(180)) == 3);
  CHECK(matches(&Filter::min_duration_s, std::int64_t{60}) == 4);
  CHECK(matches(&Filter::max_duration_s, std::int64_t{10}) == 1);
  CHECK(matches(&Filter::status, Text("completed")) == 5);
  CHECK(matches(&Filter::status, Text("queued")) == 1);
  CHECK(matches(&Filter::direction, Text("outbound")) == 1);
  store::CallFilter several;
  several.direction = "inbound";
  several.q = "table";
  several.min_duration_s = 30;
  several.limit = 2;
  const auto page = store::list_calls(db, several);
  CHECK(page.calls.size() == 2);
  several.cursor = page.next_cursor;
  CHECK(count(db, several) == 2);
}

TEST_CASE("one call is read back with transcript, events and latency") {
  store::Connection db(migrated_database());
  write(db, test::scripted_call(7, 2));
  const std::string id = test::call_id(7).str();
  const auto detail = store::load_call(db, id);
  REQUIRE(detail);
  CHECK(detail->call.call_sid == "CA_invented_7");
  CHECK(detail->call.phone_number.expose() == "+15550100007");
  CHECK(detail->call.start_time == test::wall_at(0));
  CHECK(detail->call.answered_time == test::wall_at(1));
  CHECK(detail->call.duration_s == 60);
  CHECK(detail->call.interruptions == 1);
  REQUIRE(detail->verdict);
  CHECK(detail->verdict->state == "queued");
  const auto lines = store::load_transcript(db, id);
  REQUIRE(lines.size() == 4);
  CHECK(lines[1].speaker == "assistant");
  CHECK(lines[1].heard_ms == 1'500);
  CHECK(lines[1].audio_ms == 2'000);
  CHECK(lines[1].timestamp == test::wall_at(3));
  CHECK_FALSE(lines[0].heard_ms.has_value());
  const auto events = store::load_events(db, id);
  REQUIRE(events.size() == 2);
  CHECK(events[1].type == "turn_completed");
  const auto latency = store::load_latency(db, id);
  REQUIRE(latency);
  REQUIRE(latency->turns.size() == 1);
  CHECK(latency->turns[0].gap_us == 600'000);
  CHECK(latency->uplink_transit.p99_us == 400);
  CHECK(latency->audio.caller_frames_in == 3'000);
  CHECK(latency->talk_ratio == Approx(0.25));
}

TEST_CASE("a verdict is read back with its appointment and its flagged lines") {
  store::Connection db(migrated_database());
  write(db, test::scripted_call(7, 2));
  const std::string id = test::call_id(7).str();
  store::AnalysisOutcome outcome;
  outcome.outcome = "booked";
  outcome.evidence = {{1, "Certainly"}};
  outcome.appointment = {.when_text = "tomorrow at \"ten\"",
                         .date = "2026-11-26",
                         .time = "10:00",
                         .party = 2,
                         .service = "",
                         .name = "Ann",
                         .phone = "+15550100007",
                         .kind = "new"};
  outcome.suspicions = {{2, "order"}};
  store::Job job;
  job.key = id;
  const auto write_and_load = [&] {
    store::write_outcome(db, job, outcome, "done");
    return store::load_call(db, id).value().verdict.value();
  };
  const store::Verdict verdict = write_and_load();
  REQUIRE(verdict.appointment);
  CHECK(verdict.appointment->when_text == "tomorrow at \"ten\"");
  CHECK(verdict.appointment->date == "2026-11-26");
  CHECK(verdict.appointment->time == "10:00");
  CHECK(verdict.appointment->party == 2);
  CHECK(verdict.appointment->service.empty());
  CHECK(verdict.appointment->name == "Ann");
  CHECK(verdict.appointment->phone == "+15550100007");
  CHECK(verdict.appointment->kind == "new");
  REQUIRE(verdict.suspicions.size() == 1);
  CHECK(verdict.suspicions[0].seq == 2);
  CHECK(verdict.suspicions[0].what == "order");
  REQUIRE(verdict.evidence.size() == 1);
  CHECK(verdict.evidence[0].quote == "Certainly");

  outcome.appointment.reset();
  outcome.suspicions.clear();
  const store::Verdict without = write_and_load();
  CHECK_FALSE(without.appointment);
  CHECK(without.suspicions.empty());
}

TEST_CASE("an id that is unknown or no id at all finds nothing") {
  store::Connection db(migrated_database());
  for (const char* id : {"", "x", "00000000-0000-4000-8000-00000000ffff", "' or true --"}) {
    CHECK_FALSE(store::load_call(db, id));
    CHECK(store::load_transcript(db, id).empty());
    CHECK(store::load_events(db, id).empty());
    CHECK_FALSE(store::load_latency(db, id));
  }
}

TEST_CASE("stage statistics gather the turns of the calls in a time range") {
  store::Connection db(migrated_database());
  write_calls(db, 3);
  const auto all = store::load_stage_statistics(db, test::wall_at(0), test::wall_at(3'600));
  REQUIRE(all.size() == 7);
  const auto gap =
      std::find_if(all.begin(), all.end(), [](const auto& s) { return s.stage == "gap_us"; });
  REQUIRE(gap != all.end());
  CHECK(gap->percentiles.count == 3);
  CHECK(gap->percentiles.p50_us == 600'000);
  CHECK(store::load_stage_statistics(db, test::wall_at(7'200), test::wall_at(9'000)).empty());
}

TEST_CASE("health tells the versions and what waits") {
  store::Connection db(migrated_database());
  write_calls(db, 2);
  const auto health = store::load_health(db);
  CHECK(health.schema_version == store::schema_version_needed());
  CHECK(health.jobs_waiting == 4);  // to judge and to compare, per call
  CHECK(health.dead_letters == 0);
  CHECK(health.server_version.size() > 1);
  CHECK(std::abs(health.clock_skew.count()) < 5'000);
}

TEST_CASE("the query thread answers on its own thread and names what went wrong") {
  const core::Secret url = migrated_database();
  store::QueryThread queries({.database = [url] { return url; }, .threads = 2});
  const auto ask = [&](std::function<int(store::Connection&)> query) {
    std::promise<store::QueryResult<int>> promise;
    REQUIRE(queries.post<int>(std::move(query), [&](store::QueryResult<int> result) {
      promise.set_value(std::move(result));
    }));
    return promise.get_future().get();
  };
  const auto here = std::this_thread::get_id();
  CHECK(std::get<int>(ask([here](store::Connection& db) {
          return std::this_thread::get_id() != here
                     ? static_cast<int>(db.run("select 42").integer(0, 0))
                     : 0;
        })) == 42);
  using Kind = store::QueryError::Kind;
  CHECK(std::get<store::QueryError>(ask([](store::Connection& db) {
          return db.run("select 1/0").size();
        })).kind == Kind::failed);
  CHECK(std::get<store::QueryError>(ask([](store::Connection&) -> int {
          throw store::CursorError();
        })).kind == Kind::bad_request);
  CHECK(std::get<int>(ask([](store::Connection& db) {
          return static_cast<int>(db.run("select 7").integer(0, 0));
        })) == 7);
}

TEST_CASE("the query thread survives a restart of the database") {
  const core::Secret url = migrated_database();
  store::QueryThread queries({.database = [url] { return url; }, .threads = 1});
  const auto ask = [&] {
    std::promise<store::QueryResult<int>> promise;
    REQUIRE(queries.post<int>(
        [](store::Connection& db) { return static_cast<int>(db.run("select 7").integer(0, 0)); },
        [&](store::QueryResult<int> result) { promise.set_value(std::move(result)); }));
    return promise.get_future().get();
  };
  CHECK(std::get<int>(ask()) == 7);
  PostgresCluster::shared().stop();
  CHECK(std::get<store::QueryError>(ask()).kind == store::QueryError::Kind::unavailable);
  PostgresCluster::shared().start();
  CHECK(std::get<int>(ask()) == 7);
  PostgresCluster::shared().stop();
  PostgresCluster::shared().start();
  CHECK(std::get<int>(ask()) == 7);
}
