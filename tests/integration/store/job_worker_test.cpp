#include "store/job_worker.hpp"

#include <atomic>

#include "store/analysis_job.hpp"
#include "store/queries.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using test::migrated_database;
using test::write_calls;

namespace {

store::JobWorkerSettings worker_settings(const core::Secret& url) {
  store::JobWorkerSettings settings;
  settings.database = [url] { return url; };
  settings.owner = "worker-a";
  settings.poll = 10ms;
  settings.retry_delays = {0s};
  return settings;
}

store::AnalysisOutcome booked() {
  store::AnalysisOutcome outcome;
  outcome.state = store::AnalysisOutcome::State::done;
  outcome.outcome = "booked";
  outcome.confidence = 0.93;
  outcome.evidence = {{0, "a table for 2 please"}, {1, "you are \"booked\""}};
  outcome.reason = "both agreed";
  outcome.model = "stand-in";
  outcome.prompt_version = "1";
  outcome.raw = "{}";
  return outcome;
}

store::AnalysisOutcome outcome_in(store::AnalysisOutcome::State state, const std::string& reason) {
  store::AnalysisOutcome outcome;
  outcome.state = state;
  outcome.reason = reason;
  return outcome;
}

bool reaches(store::Connection& db, int call, const std::string& state) {
  return test::eventually([&] {
    const auto detail = store::load_call(db, test::call_id(call).str());
    return detail && detail->verdict && detail->verdict->state == state;
  });
}

}  // namespace

TEST_CASE("a verdict with its evidence is stored and read back") {
  const core::Secret url = migrated_database();
  store::Connection db(url);
  write_calls(db, 1);
  std::vector<store::TranscriptLine> seen;
  store::JobWorker worker(worker_settings(url),
                          store::analysis_job([&](const store::JudgedCall& call) {
                            seen = call.lines;
                            return booked();
                          }));
  REQUIRE(reaches(db, 1, "done"));
  worker.stop(5s);
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].heard_ms == 1'500);
  const auto verdict = store::load_call(db, test::call_id(1).str())->verdict;
  REQUIRE(verdict);
  CHECK(verdict->outcome == "booked");
  CHECK(verdict->booking_detected == true);
  CHECK(verdict->confidence == 0.93);
  REQUIRE(verdict->evidence.size() == 2);
  CHECK(verdict->evidence[1].seq == 1);
  CHECK(verdict->evidence[1].quote == "you are \"booked\"");
  CHECK(verdict->model == "stand-in");
  CHECK(verdict->attempts == 1);
  CHECK(verdict->analysed_at.has_value());
  CHECK(db.run("select booking_status from bridge.analytics").text(0, 0) == "booked");
  CHECK(db.run("select state from bridge.jobs where kind = 'analyse'").text(0, 0) == "done");
}

TEST_CASE("an unclear outcome leaves booking_detected empty") {
  const core::Secret url = migrated_database();
  store::Connection db(url);
  write_calls(db, 1);
  store::JobWorker worker(worker_settings(url), store::analysis_job([](const auto&) {
                            auto outcome = booked();
                            outcome.outcome = "unclear";
                            return outcome;
                          }));
  REQUIRE(reaches(db, 1, "done"));
  CHECK_FALSE(store::load_call(db, test::call_id(1).str())->verdict->booking_detected.has_value());
}

TEST_CASE("G02: passing failures are tried again and never more than eight times") {
  const core::Secret url = migrated_database();
  store::Connection db(url);
  write_calls(db, 2);
  std::atomic<int> tries{0};
  store::JobWorker worker(
      worker_settings(url), store::analysis_job([&](const auto& call) {
        using State = store::AnalysisOutcome::State;
        if (call.lines.at(0).timestamp > test::wall_at(100)) {  // call 2 never works
          return outcome_in(State::retry, "overloaded");
        }
        if (++tries < 3) throw std::runtime_error("model unreachable");
        return booked();
      }));
  REQUIRE(reaches(db, 1, "done"));
  CHECK(tries == 3);
  REQUIRE(reaches(db, 2, "failed"));
  worker.stop(5s);
  const auto verdict = store::load_call(db, test::call_id(2).str())->verdict;
  CHECK(verdict->attempts == 8);
  CHECK(verdict->reason == "overloaded");
  CHECK(verdict->outcome.empty());
  CHECK(db.run("select booking_status from bridge.analytics where call_id = $1",
               store::Parameters().add(test::call_id(2).str()))
            .text(0, 0) == "failed");
}

TEST_CASE("failed and needs_review are final until a person asks again") {
  const core::Secret url = migrated_database();
  store::Connection db(url);
  write_calls(db, 1);
  std::atomic<int> tries{0};
  store::JobWorker worker(worker_settings(url), store::analysis_job([&](const auto&) {
                            return ++tries == 1
                                       ? outcome_in(store::AnalysisOutcome::State::needs_review,
                                                    "a quote was not found")
                                       : booked();
                          }));
  REQUIRE(reaches(db, 1, "needs_review"));
  CHECK(store::request_analysis(db, test::call_id(1).str()));
  worker.nudge();
  REQUIRE(reaches(db, 1, "done"));
  CHECK(tries == 2);
  CHECK_FALSE(store::request_analysis(db, test::call_id(77).str()));
}

TEST_CASE("G10: two workers never have the same job, and a lost lease fences the first") {
  store::Connection db(migrated_database());
  write_calls(db, 2);
  const auto first = store::claim_job(db, "analyse", "a", 60s);
  const auto second = store::claim_job(db, "analyse", "b", 60s);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->id != second->id);
  CHECK_FALSE(store::claim_job(db, "analyse", "c", 60s));
  db.run("update bridge.jobs set lease_until = now() - interval '1 second' where id = $1",
         store::Parameters().add(first->id));
  const auto taken_over = store::claim_job(db, "analyse", "c", 60s);
  REQUIRE(taken_over);
  CHECK(taken_over->id == first->id);
  CHECK(taken_over->attempts == 2);
  CHECK_FALSE(store::end_claim(db, *first, {.state = "done"}));
  CHECK_FALSE(store::end_claim(db, *first, {.state = "queued", .note = "late"}));
  CHECK(store::end_claim(db, *taken_over, {.state = "done"}));
  CHECK(store::end_claim(db, *second, {.state = "queued", .delay = 3600s, .note = "later"}));
  CHECK_FALSE(store::claim_job(db, "analyse", "c", 60s));
}

TEST_CASE("a job that is to run again keeps its new payload and counts its attempts anew") {
  const core::Secret url = migrated_database();
  store::Connection db(url);
  db.run("insert into bridge.jobs (kind, key) values ('rounds', 'x')");
  std::vector<std::string> payloads;
  std::vector<std::int32_t> attempts;
  store::JobWorker worker(worker_settings(url),
                          {.kind = "rounds", .run = [&](store::Connection&, const store::Job& job) {
                             payloads.push_back(job.payload);
                             attempts.push_back(job.attempts);
                             store::JobOutcome outcome;
                             if (payloads.size() < 3) {
                               outcome.state = store::JobState::again;
                               outcome.payload =
                                   "{\"round\": " + std::to_string(payloads.size()) + "}";
                             }
                             return outcome;
                           }});
  REQUIRE(test::eventually([&] {
    return test::number_from(db, "select count(*) from bridge.jobs where state = 'done'") == 1;
  }));
  worker.stop(5s);
  CHECK(payloads == std::vector<std::string>{"{}", "{\"round\": 1}", "{\"round\": 2}"});
  CHECK(attempts == std::vector<std::int32_t>{1, 1, 1});
}

TEST_CASE("what a handler wants stored is stored with the end of its claim or not at all") {
  const core::Secret url = migrated_database();
  store::Connection db(url);
  db.run("insert into bridge.jobs (kind, key) values ('steal', 'x')");
  store::JobWorker worker(
      worker_settings(url),
      {.kind = "steal", .run = [&](store::Connection&, const store::Job&) {
         store::Connection thief(url);  // the lease ran out and another worker has finished the job
         thief.run("update bridge.jobs set fence = fence + 1, state = 'done' where kind = 'steal'");
         store::JobOutcome outcome;
         outcome.store = [](store::Connection& connection, store::JobState) {
           connection.run("insert into bridge.jobs (kind, key) values ('trace', 'x')");
         };
         return outcome;
       }});
  REQUIRE(test::eventually([&] {
    return test::number_from(
               db, "select count(*) from bridge.jobs where kind = 'steal' and state = 'done'") == 1;
  }));
  worker.stop(5s);
  CHECK(test::number_from(db, "select count(*) from bridge.jobs where kind = 'trace'") == 0);
}

TEST_CASE(
    "G09: the same question answered twice leaves one verdict, asking anew leaves a history") {
  const core::Secret url = migrated_database();
  store::Connection db(url);
  write_calls(db, 1);
  const auto verdicts = [&] {
    return test::number_from(db, "select count(*) from bridge.verdicts");
  };
  const auto answer = [&](const store::Job& job) {
    store::begin_analysis(db, job);
    store::Transaction transaction(db);
    store::write_outcome(db, job, booked(), "done");
    transaction.commit();
  };
  const auto first = store::claim_job(db, "analyse", "a", 60s);
  REQUIRE(first);
  answer(*first);  // and the process dies before the claim ends
  answer(*first);
  CHECK(verdicts() == 1);
  REQUIRE(store::end_claim(db, *first, {.state = "done"}));
  REQUIRE(store::request_analysis(db, test::call_id(1).str()));
  const auto again = store::claim_job(db, "analyse", "b", 60s);
  REQUIRE(again);
  answer(*again);
  CHECK(verdicts() == 2);
  CHECK(db.run("select outcome from bridge.booking_analysis").text(0, 0) == "booked");
}

TEST_CASE("a technical failure, and a question that waits, never read as not booked anywhere") {
  using State = store::AnalysisOutcome::State;
  const core::Secret url = migrated_database();
  store::Connection db(url);
  write_calls(db, 1);
  const auto words = [&] {
    const auto rows = db.run(
        "select b.state, coalesce(b.outcome, '-'), coalesce(b.booking_detected::text, '-'), "
        "a.booking_status from bridge.booking_analysis b join bridge.analytics a using (call_id)");
    std::string all;
    for (int column = 0; column < 4; ++column) all += std::string(rows.text(0, column)) + " ";
    return all;
  };
  const auto job = store::claim_job(db, "analyse", "a", 60s);
  REQUIRE(job);
  store::write_outcome(db, *job, booked(), "done");
  CHECK(words() == "done booked true booked ");
  store::begin_analysis(db, *job);
  CHECK(words() == "running - - pending ");
  auto half = booked();  // whatever an outcome says beside: without a verdict it is none
  half.state = State::retry;
  half.outcome = "not_booked";
  store::write_outcome(db, *job, half, "queued");
  CHECK(words() == "queued - - pending ");
  store::write_outcome(db, *job, half, "failed");
  CHECK(words() == "failed - - failed ");
  store::write_outcome(db, *job, outcome_in(State::needs_review, "prompt_safety"), "needs_review");
  CHECK(words() == "needs_review - - needs_review ");
  REQUIRE(store::end_claim(db, *job, {.state = "failed"}));
  CHECK(store::queue_analyses(db, {}, false).empty());  // a person decides about a review
  CHECK(store::queue_analyses(db, {}, true).size() == 1);
  CHECK(words() == "queued - - pending ");
}

TEST_CASE("G01: a refused quota holds all claims of the process, and costs a job no try") {
  const core::Secret url = migrated_database();
  store::Connection db(url);
  write_calls(db, 2);
  std::atomic<int> tries{0};
  std::atomic<bool> is_paused{false};
  auto handler = store::analysis_job([&](const auto&) {
    ++tries;
    is_paused = true;
    return outcome_in(store::AnalysisOutcome::State::postponed, "rate_limited");
  });
  handler.pause = [&] { return std::chrono::milliseconds(is_paused ? 1'000 : 0); };
  store::JobWorker worker(worker_settings(url), handler);
  const auto waiting = [&](int attempts) {
    return test::number_from(db,
                             "select count(*) from bridge.jobs where kind = 'analyse' and "
                             "state = 'queued' and attempts = " +
                                 std::to_string(attempts));
  };
  REQUIRE(test::eventually([&] { return tries == 1 && waiting(0) == 2; }));
  worker.nudge();
  worker.stop(5s);
  CHECK(tries == 1);
  CHECK(db.run("select booking_status from bridge.analytics limit 1").text(0, 0) == "pending");
}
