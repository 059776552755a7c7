#include "store/reconciliation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "bridge/reconciliation.hpp"
#include "codec/json_object.hpp"
#include "store/batch_rows.hpp"
#include "store/jobs.hpp"
#include "store/queries.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using store::JobState;
using test::migrated_database;
using test::number_from;
using test::write;

namespace {

struct Event {
  std::string id;
  core::Speaker speaker;
  int second;
  std::string text;
};

/// Hume as the handler sees it: sessions with their events, and what it is told to answer instead.
class Provider {
 public:
  std::map<std::string, std::vector<Event>> chats;
  std::map<std::string, std::vector<std::string>> groups;
  int status = 200;
  bool cuts_off = false;
  std::size_t page_size = 100;
  int requests = 0;

  Exchange exchange() {
    return [this](const core::OutgoingRequest& request) { return answer(request); };
  }

 private:
  core::OutgoingResponse answer(const core::OutgoingRequest& request) {
    ++requests;
    core::OutgoingResponse response;
    response.status = status;
    if (status != 200) return response;
    const auto target = request.url.target.substr(0, request.url.target.find('?'));
    const auto id = target.substr(target.rfind('/') + 1);
    const auto page = std::stoul(request.url.target.substr(request.url.target.find("number=") + 7));
    if (target.find("chat_groups") != std::string::npos) {
      response.body = group(id);
    } else if (!chats.contains(id)) {
      response.status = 404;
    } else {
      response.body = events(chats[id], page);
    }
    if (cuts_off) response.body.resize(response.body.size() / 2);
    return response;
  }

  std::string group(const std::string& id) {
    std::string list;
    for (const auto& chat : groups[id]) {
      list += fmt::format(R"({}{{"id":"{}","start_timestamp":{}}})", list.empty() ? "" : ",", chat,
                          milliseconds(1));
    }
    return fmt::format(R"({{"total_pages":1,"chats_page":[{}]}})", list);
  }

  std::string events(const std::vector<Event>& all, std::size_t page) const {
    std::string list;
    for (std::size_t i = page * page_size; i < std::min((page + 1) * page_size, all.size()); ++i) {
      std::string event;
      codec::JsonObjectWriter json(event);
      json.text("id", all[i].id);
      json.text("type", all[i].speaker == core::Speaker::user ? "USER_MESSAGE" : "AGENT_MESSAGE");
      json.text("message_text", all[i].text);
      json.number("timestamp", milliseconds(all[i].second));
      json.close();
      list += (list.empty() ? "" : ",") + event;
    }
    return fmt::format(R"({{"status":"USER_ENDED","total_pages":{},"events_page":[{}]}})",
                       (all.size() + page_size - 1) / page_size, list);
  }

  static std::int64_t milliseconds(int second) {
    return test::wall_at(second).time_since_epoch().count() / 1000;
  }
};

/// What scripted_call(…, turns) says.
std::vector<Event> events_of(int turns, const std::string& prefix = "e") {
  std::vector<Event> events;
  for (int turn = 0; turn < turns; ++turn) {
    events.push_back({fmt::format("{}{}", prefix, 2 * turn), core::Speaker::user, 2 + 2 * turn,
                      fmt::format("A table for {}, please!", turn + 2)});
    events.push_back({fmt::format("{}{}", prefix, 2 * turn + 1), core::Speaker::assistant,
                      3 + 2 * turn, "Certainly, you are booked."});
  }
  return events;
}

/// A call without the record of one line.
std::vector<core::Record> without_line(std::vector<core::Record> records, int seq) {
  std::erase_if(records, [&](const core::Record& record) {
    const auto* entry = std::get_if<core::TranscriptEntry>(&record.body);
    return entry != nullptr && entry->seq == seq;
  });
  return records;
}

/// One call of three turns with EVI, and the job that compares it.
struct World {
  Provider provider;
  store::Connection db{migrated_database()};
  std::vector<store::ReconciliationRow> reported;
  std::vector<std::int32_t> newly_filled;
  store::JobHandler handler = make_handler();

  World() {
    provider.chats["chat-1"] = events_of(3);
    provider.groups["group-1"] = {"chat-1"};
  }

  /// Takes the job as if its time had come, and ends it as JobWorker does.
  JobState run() {
    db.run("update bridge.jobs set run_at = now() where kind = 'reconcile'");
    const auto job = store::claim_job(db, "reconcile", "test", 60s);
    REQUIRE(job);
    const auto outcome = handler.run(db, *job);
    store::Transaction transaction(db);
    REQUIRE(store::end_claim(db, *job,
                             {.state = store::to_string(outcome.state),
                              .delay = outcome.delay,
                              .note = outcome.note,
                              .payload = outcome.payload,
                              .counts_anew = outcome.state == JobState::again}));
    if (outcome.store) outcome.store(db, outcome.state);
    transaction.commit();
    if (outcome.stored) outcome.stored(outcome.state);
    return outcome.state;
  }

  std::string result() { return text("select result from bridge.reconciliations"); }
  std::string text(const std::string& statement) {
    const auto rows = db.run(statement);
    return rows.empty() ? std::string() : std::string(rows.text(0, 0));
  }

 private:
  store::JobHandler make_handler() {
    ReconciliationSettings settings;
    core::parse_url("https://evi.example", settings.access.base_url);
    settings.access.api_key = core::Secret("invented-key");
    return reconciliation_job(
        settings, provider.exchange(),
        [this](const std::string&, const store::ReconciliationRow& row, std::int32_t filled) {
          reported.push_back(row);
          newly_filled.push_back(filled);
        });
  }
};

}  // namespace

TEST_CASE("the end of a call with EVI queues its comparison for ten seconds later, once",
          "[reconciliation]") {
  World world;
  write(world.db, test::scripted_call(1, 1));
  write(world.db, test::scripted_call(1, 1));
  CHECK(number_from(world.db,
                    "select count(*) from bridge.jobs where kind = 'reconcile' and "
                    "run_at between now() + interval '5 s' and now() + interval '10 s'") == 1);
  CHECK(number_from(world.db,
                    "select count(*) from bridge.chats where chat_id = 'chat-1' and "
                    "chat_group_id = 'group-1' and provider = 'hume'") == 1);
}

TEST_CASE("a call that EVI never carried is not compared", "[reconciliation]") {
  World world;
  auto records = test::scripted_call(1, 1);
  for (auto& record : records) {
    if (auto* chat = std::get_if<core::ChatOpened>(&record.body)) chat->provider = "gemini";
  }
  write(world.db, records);
  CHECK(number_from(world.db, "select count(*) from bridge.jobs where kind = 'reconcile'") == 0);
}

TEST_CASE("a history that two readings find the same, and the same as the record, is a match",
          "[reconciliation]") {
  World world;
  write(world.db, test::scripted_call(1, 3));
  CHECK(world.run() == JobState::again);
  CHECK(world.result().empty());
  CHECK(number_from(world.db,
                    "select extract(epoch from run_at - now())::int from bridge.jobs "
                    "where kind = 'reconcile'") == 50);
  CHECK(world.run() == JobState::done);
  const auto call = store::load_call(world.db, test::call_id(1).str());
  REQUIRE(call);
  REQUIRE(call->reconciliation);
  CHECK(call->reconciliation->result == "match");
  CHECK(call->reconciliation->matched == 6);
  CHECK(number_from(world.db,
                    "select matched from bridge.reconciliations where filled = 0 and "
                    "extra = 0 and chats = 1 and reads = 2") == 6);
}

TEST_CASE("a history that is still being written is read a third time, ten minutes later",
          "[reconciliation]") {
  World world;
  write(world.db, test::scripted_call(1, 3));
  world.provider.chats["chat-1"] = events_of(1);
  CHECK(world.run() == JobState::again);
  world.provider.chats["chat-1"] = events_of(2);
  CHECK(world.run() == JobState::again);
  CHECK(number_from(world.db,
                    "select extract(epoch from run_at - now())::int from bridge.jobs "
                    "where kind = 'reconcile'") == 540);
  world.provider.chats["chat-1"] = events_of(3);
  CHECK(world.run() == JobState::done);
  CHECK(world.result() == "match");
}

TEST_CASE("a line that only the history has becomes part of the record, in its place",
          "[reconciliation]") {
  World world;
  write(world.db, without_line(test::scripted_call(1, 3), 2));
  world.run();
  CHECK(world.run() == JobState::again);  // filled: looked at once more
  CHECK(world.result() == "filled");
  const auto lines = store::load_transcript(world.db, test::call_id(1).str());
  REQUIRE(lines.size() == 6);
  CHECK(lines[2].seq == store::first_history_seq);
  CHECK(lines[2].source == "history");
  CHECK(lines[2].speaker == "user");
  CHECK(lines[2].message == "A table for 3, please!");
  CHECK(lines[2].timestamp == test::wall_at(4));
  CHECK(lines[2].offset_ms == 4'000);
  CHECK(world.newly_filled == std::vector<std::int32_t>{1});
  CHECK(world.run() == JobState::done);
  CHECK(world.newly_filled == std::vector<std::int32_t>{1, 0});  // one alarm, not two
  CHECK(number_from(world.db, "select count(*) from bridge.transcriptions") == 6);
  CHECK(number_from(world.db, "select filled from bridge.reconciliations") == 1);
}

TEST_CASE("a record that lost every line is filled from several pages", "[reconciliation]") {
  World world;
  world.provider.chats["chat-1"] = events_of(120);
  world.provider.page_size = 100;
  auto records = test::scripted_call(1, 120);
  std::erase_if(records, [](const core::Record& record) {
    return std::holds_alternative<core::TranscriptEntry>(record.body);
  });
  for (auto& record : records)
    if (std::holds_alternative<core::CallEnded>(record.body)) record.wall = test::wall_at(400);
  write(world.db, records);
  world.run();
  world.run();
  const auto lines = store::load_transcript(world.db, test::call_id(1).str());
  REQUIRE(lines.size() == 240);
  CHECK(lines.front().message == "A table for 2, please!");
  CHECK(lines[238].message == "A table for 121, please!");
}

TEST_CASE("a verdict is asked for again after a fill, also one that is just being made",
          "[reconciliation]") {
  World world;
  write(world.db, without_line(test::scripted_call(1, 3), 2));
  const auto judging = store::claim_job(world.db, "analyse", "test", 60s);
  REQUIRE(judging);
  world.run();
  world.run();
  CHECK(world.text("select state from bridge.jobs where kind = 'analyse'") == "queued");
  CHECK(world.text("select state from bridge.booking_analysis") == "queued");
  CHECK_FALSE(store::end_claim(world.db, *judging, {.state = "done"}));  // it knew too little
}

TEST_CASE("the call's own record of a filled line, come late, takes its place and is no conflict",
          "[reconciliation]") {
  World world;
  const auto records = test::scripted_call(1, 3);
  write(world.db, without_line(records, 2));
  world.run();
  world.run();
  REQUIRE(world.result() == "filled");
  world.db.run("update bridge.jobs set state = 'done'");
  write(world.db, records);  // checks that no key is taken by other content
  const auto lines = store::load_transcript(world.db, test::call_id(1).str());
  REQUIRE(lines.size() == 6);
  CHECK(std::none_of(lines.begin(), lines.end(),
                     [](const auto& line) { return line.source == "history"; }));
  CHECK(lines[2].message == "a table for 3 please");
  CHECK(number_from(world.db, "select count(*) from bridge.history_lines") == 0);
  CHECK(number_from(world.db, "select count(*) from bridge.jobs where state = 'queued'") == 2);
  world.run();
  CHECK(world.run() == JobState::done);
  CHECK(world.result() == "match");
}

TEST_CASE("of two equal filled lines the late record takes the place of the nearer one",
          "[reconciliation]") {
  World world;
  const auto records = test::scripted_call(1, 3);
  write(world.db, without_line(without_line(records, 1), 5));  // "certainly, you are booked", twice
  world.run();
  world.run();
  write(world.db, without_line(records, 1));
  const auto lines = store::load_transcript(world.db, test::call_id(1).str());
  REQUIRE(lines.size() == 6);
  CHECK(lines[1].source == "history");
  CHECK(lines[5].seq == 5);
}

TEST_CASE("a late record that says it in other words is compared again, and nothing is twice",
          "[reconciliation]") {
  World world;
  const auto records = test::scripted_call(1, 3);
  write(world.db, without_line(records, 2));
  world.provider.chats["chat-1"][2].text = "A table";
  world.provider.chats["chat-1"].insert(world.provider.chats["chat-1"].begin() + 3,
                                        {"e2b", core::Speaker::user, 4, "for three, please."});
  world.run();
  world.run();
  CHECK(number_from(world.db, "select count(*) from bridge.history_lines") == 2);
  auto late = test::entry(1, 2, "a table for three please");
  write(world.db, {late});
  CHECK(number_from(world.db, "select count(*) from bridge.history_lines") == 2);
  world.run();
  world.run();
  CHECK(number_from(world.db, "select count(*) from bridge.history_lines") == 0);
  CHECK(number_from(world.db, "select count(*) from bridge.transcriptions") == 6);
  CHECK(world.result() == "match");
}

TEST_CASE("a line that only the record has is extra, and stays", "[reconciliation]") {
  World world;
  write(world.db, test::scripted_call(1, 3));
  world.provider.chats["chat-1"].pop_back();
  world.run();
  world.run();
  CHECK(world.result() == "extra");
  CHECK(number_from(world.db, "select extra from bridge.reconciliations") == 1);
  CHECK(number_from(world.db, "select count(*) from bridge.transcriptions") == 6);
}

TEST_CASE("a history that is not there, or says nothing, makes a call unavailable at the third try",
          "[reconciliation]") {
  for (const bool is_empty : {false, true}) {
    World world;
    write(world.db, test::scripted_call(1, 3));
    world.provider.chats.clear();
    if (is_empty) world.provider.chats["chat-1"] = {};
    CHECK(world.run() == JobState::again);
    CHECK(world.run() == JobState::again);
    CHECK(world.run() == JobState::done);
    CHECK(world.result() == "unavailable");
    CHECK(world.text("select reason from bridge.reconciliations") ==
          (is_empty ? "nothing_kept" : "not_there"));
  }
}

TEST_CASE("a refused key makes a call unavailable, and what was known stays known",
          "[reconciliation]") {
  World world;
  write(world.db, test::scripted_call(1, 3));
  world.run();
  world.run();
  REQUIRE(world.result() == "match");
  world.provider.status = 401;
  world.db.run("update bridge.jobs set state = 'queued', payload = '{}' where kind = 'reconcile'");
  while (world.run() != JobState::done) {
  }
  CHECK(world.reported.back().result == "unavailable");
  CHECK(world.reported.back().reason == "refused");
  CHECK(world.result() == "match");
}

TEST_CASE("a provider in trouble, busy, or cut off in mid-answer is asked again later",
          "[reconciliation]") {
  for (const int status : {503, 429, 200}) {
    INFO(status);
    World world;
    write(world.db, test::scripted_call(1, 3));
    world.provider.status = status;
    world.provider.cuts_off = status == 200;
    CHECK(world.run() == JobState::retry);
    CHECK(world.result().empty());
    CHECK(world.reported.empty());
    world.provider.status = 200;
    world.provider.cuts_off = false;
    world.run();
    CHECK(world.run() == JobState::done);
    CHECK(world.result() == "match");
  }
}

TEST_CASE("without a key there is nothing to compare with, and that is said", "[reconciliation]") {
  World world;
  write(world.db, test::scripted_call(1, 1));
  const auto handler = reconciliation_job({}, world.provider.exchange(),
                                          [](const auto&, const auto&, std::int32_t) {});
  world.handler = handler;
  CHECK(world.run() == JobState::done);
  CHECK(world.text("select result || ' ' || reason from bridge.reconciliations") ==
        "unavailable no_api_key");
  CHECK(world.provider.requests == 0);
}

TEST_CASE("every session of a resumed call is read, also one that the record lost",
          "[reconciliation]") {
  World world;
  auto records = test::scripted_call(1, 3);
  world.provider.chats["chat-1"] = events_of(2);
  auto rest = events_of(3, "f");
  rest.erase(rest.begin(), rest.begin() + 4);
  world.provider.chats["chat-2"] = rest;
  world.provider.groups["group-1"] = {"chat-1", "chat-2"};
  write(world.db, records);
  world.run();
  world.run();
  CHECK(world.result() == "match");
  CHECK(number_from(world.db, "select chats from bridge.reconciliations") == 2);
}

TEST_CASE("sessions of another call in the same group are not this call's", "[reconciliation]") {
  World world;
  write(world.db, test::scripted_call(1, 3));
  auto taken_over = test::scripted_call(2, 0);
  for (auto& record : taken_over) {
    if (auto* chat = std::get_if<core::ChatOpened>(&record.body))
      chat->chat_id = core::ChatId("other");
  }
  taken_over.pop_back();  // still runs
  write(world.db, taken_over);
  world.provider.groups["group-1"] = {"chat-1", "other"};
  world.provider.chats["other"] = {{"x", core::Speaker::user, 20, "I was cut off just now."}};
  world.run();
  world.run();
  CHECK(world.result() == "match");
  CHECK(number_from(world.db, "select chats from bridge.reconciliations") == 1);
}

TEST_CASE("what was said with another provider after a failover is not compared",
          "[reconciliation]") {
  World world;
  auto records = test::scripted_call(1, 3);
  records.push_back(test::make_record(
      1, 5, core::ChatOpened{core::ChatId("live-1"), core::ChatGroupId(""), "gemini"}));
  write(world.db, records);
  auto heard_by_evi = events_of(3);
  heard_by_evi.resize(3);  // up to second 4
  world.provider.chats["chat-1"] = heard_by_evi;
  world.run();
  world.run();
  CHECK(world.result() == "match");
  CHECK(number_from(world.db, "select matched from bridge.reconciliations") == 3);
}

TEST_CASE("chat_ended makes the comparison of an ended call due at once, and of no other",
          "[reconciliation]") {
  World world;
  auto records = test::scripted_call(1, 1);
  const auto ended = records.back();
  records.pop_back();
  write(world.db, records);
  CHECK_FALSE(store::hurry_reconciliation(world.db, "chat-1"));
  write(world.db, {ended});
  CHECK_FALSE(store::hurry_reconciliation(world.db, "somebody-else"));
  CHECK(store::hurry_reconciliation(world.db, "chat-1"));
  CHECK(number_from(world.db,
                    "select count(*) from bridge.jobs where kind = 'reconcile' and "
                    "run_at <= now()") == 1);
  CHECK_FALSE(store::hurry_reconciliation(world.db, "chat-1"));  // it is due already
}
