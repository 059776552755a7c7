// store/dial_intents and the triggers of 0013_outbound.sql against a real PostgreSQL: what the
// carrier says of a call reaches its intent, whatever way and in whatever order it comes.
#include "store/dial_intents.hpp"

#include <algorithm>

#include "store/batch_rows.hpp"
#include "store/call_rows.hpp"
#include "store/dialling.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/dial/good_world.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using dial::IntentState;

namespace {

const core::PhoneNumber ours("+12125550100");
const core::PhoneNumber callee("+12125550123");
const auto call = test::call_id(1);
const core::CarrierCallId sid("CA-1");

/// A database with one intent to `callee` in the state that the gate and a claim would bring it to.
struct Intents {
  store::Connection db{database()};

  static const core::Secret& database() {
    static const core::Secret url = test::migrated_database();
    return url;
  }

  explicit Intents(IntentState state = IntentState::placing) {
    db.script(
        "truncate bridge.calls, bridge.dial_intents, bridge.dnc_numbers;"
        "update bridge.dial_switch set is_stopped = false");
    db.run(
        "insert into bridge.calls (id, start_time, direction, phone_number, from_number, "
        "to_number, purpose) values ($1, now(), 'outbound', '+12125550123', '+12125550100', "
        "'+12125550123', 'informational')",
        store::Parameters().add(call.str()));
    db.run(
        "insert into bridge.dial_intents (id, idempotency_key, phone_number, from_number, "
        "purpose, message, placing_at, state) values ($1, 'key-1', '+12125550123', "
        "'+12125550100', 'informational', 'the table is free', now(), $2)",
        store::Parameters().add(call.str()).add(to_string(state)));
  }

  std::string text(const std::string& column, const std::string& table = "dial_intents") {
    const auto rows = db.run("select coalesce(" + column + "::text, '') from bridge." + table +
                             " where id = '" + call.str() + "'");
    return std::string(rows.text(0, 0));
  }
  std::string state() { return text("state"); }
  std::string row(const std::string& column) { return text(column, "calls"); }

  /// As the importer does with a callback.
  void carrier_says(const std::string& status, std::int32_t rank) {
    core::CarrierStatus body;
    body.carrier_call_id = sid;
    body.status = status;
    body.rank = rank;
    test::write(db, {test::make_record(1, 5, body)});
  }
};

}  // namespace

TEST_CASE("intents move in the database exactly as the table of moves says") {
  for (int i = 0; i < dial::intent_state_count; ++i) {
    const auto from = static_cast<IntentState>(i);
    const auto check = [&](IntentState to, auto move) {
      Intents intents(from);
      INFO(to_string(from) << " to " << to_string(to));
      CHECK(move(intents.db) == may_become(from, to));
      CHECK(intents.state() == to_string(may_become(from, to) ? to : from));
    };
    check(IntentState::placed, [](auto& db) { return store::note_placed(db, call, sid); });
    check(IntentState::failed, [](auto& db) { return store::note_failed(db, call, 21217); });
    check(IntentState::unknown, [](auto& db) { return store::note_unknown(db, call); });
    check(IntentState::ended, [](auto& db) { return store::note_ended(db, call); });
    check(IntentState::queued, [](auto& db) { return store::note_not_placed(db, call, 5s); });
  }
}

TEST_CASE("T26: callbacks in any order and repeated place and end the intent once") {
  struct Callback {
    const char* status;
    std::int32_t rank;
  };
  std::vector<Callback> callbacks = {
      {"completed", 4}, {"in-progress", 3}, {"initiated", 1}, {"ringing", 2}};
  const auto by_status = [](const Callback& a, const Callback& b) {
    return std::string_view(a.status) < b.status;
  };
  std::sort(callbacks.begin(), callbacks.end(), by_status);
  do {
    // the answer to the create comes last: all of this was before it returned
    Intents intents;
    for (const auto& callback : callbacks) {
      intents.carrier_says(callback.status, callback.rank);
      intents.carrier_says(callback.status, callback.rank);
    }
    CHECK(intents.state() == "ended");
    CHECK(intents.text("call_sid") == sid.str());
    CHECK(intents.row("status") == "completed");
    CHECK_FALSE(store::note_placed(intents.db, call, sid));
    CHECK(intents.state() == "ended");
  } while (std::next_permutation(callbacks.begin(), callbacks.end(), by_status));
}

TEST_CASE("O01: a callback resolves an intent whose answer was lost, and gives its row the id") {
  Intents intents(IntentState::unknown);
  intents.carrier_says("ringing", 2);
  CHECK(intents.state() == "placed");
  CHECK(intents.row("call_sid") == sid.str());
  const auto survey = store::survey_intents(intents.db);
  REQUIRE(survey.calls.size() == 1);
  CHECK(survey.calls[0].standing.carrier_call_id == sid);
  CHECK_FALSE(survey.calls[0].standing.is_answered);
  CHECK(survey.calls[0].message == "the table is free");
}

TEST_CASE("a call that nobody answered closes its row; one that was talked in is left to its end") {
  for (const char* status : {"busy", "no-answer", "failed", "canceled"}) {
    Intents intents(IntentState::placed);
    intents.carrier_says(status, 4);
    CHECK(intents.state() == "ended");
    CHECK(intents.row("status") == status);
    CHECK(intents.row("end_reason") == "not_answered");
    CHECK_FALSE(intents.row("end_time").empty());
  }
  Intents intents(IntentState::placed);
  intents.carrier_says("completed", 4);
  CHECK(intents.row("end_reason").empty());
}

TEST_CASE("what the call writes down completes the row that its intent began") {
  Intents intents;
  core::CallStarted started;
  started.carrier_call_id = sid;
  started.direction = core::Direction::outbound;
  started.from = ours;
  started.to = callee;
  started.provider = "hume";
  started.node = "node-b";
  test::write(intents.db, {test::make_record(1, 7, started)});
  CHECK(intents.state() == "placed");
  CHECK(intents.row("provider") == "hume");
  CHECK(intents.row("purpose") == "informational");
  CHECK(intents.row("status") == "queued");
}

TEST_CASE("an intent that comes to nothing closes its row and says why") {
  const auto reason_after = [](auto change) {
    Intents intents;
    change(intents.db);
    CHECK_FALSE(intents.row("end_time").empty());
    return intents.row("status") + " " + intents.row("end_reason");
  };
  CHECK(reason_after([](auto& db) { store::note_failed(db, call, 21217); }) ==
        "failed carrier_refused");
  CHECK(reason_after([](auto& db) { store::note_failed(db, call, 0); }) == "failed never_placed");
  CHECK(reason_after([](auto& db) {
          store::note_not_placed(db, call, 0s);
          store::set_dial_switch(db, true, "runaway", "a-person");
        }) == "canceled not_dialled");
}

TEST_CASE("a call that was given up and turns up is placed, and its row is open again") {
  Intents intents(IntentState::unknown);
  REQUIRE(store::note_failed(intents.db, call, 0));
  intents.carrier_says("ringing", 2);
  CHECK(intents.state() == "placed");
  CHECK(intents.row("status") == "ringing");
  CHECK(intents.row("end_time").empty());
  intents.carrier_says("no-answer", 4);
  CHECK(intents.state() == "ended");
  CHECK(intents.row("end_reason") == "not_answered");
}

TEST_CASE("a call is known by one intent only, whatever a listing made of it") {
  Intents intents(IntentState::unknown);
  intents.db.script(
      "insert into bridge.dial_intents (id, idempotency_key, phone_number, from_number, purpose, "
      "state, call_sid, placing_at) values (gen_random_uuid(), 'key-2', '+12125550123', "
      "'+12125550100', 'informational', 'ended', 'CA-1', now())");
  const auto others = store::carrier_ids_of_others(intents.db, call, callee);
  CHECK(others == std::vector<core::CarrierCallId>{sid});
  intents.carrier_says("ringing", 2);
  CHECK(intents.state() == "unknown");
}

TEST_CASE("O05: who enters the list while queued is refused, and while ringing is seen") {
  for (const auto state : {IntentState::queued, IntentState::placed}) {
    Intents intents(state);
    CHECK(store::survey_intents(intents.db).refused == 0);
    intents.db.script("insert into bridge.dnc_numbers (phone_number) values ('+12125550123')");
    const auto survey = store::survey_intents(intents.db);
    if (state == IntentState::queued) {
      CHECK(survey.refused == 1);
      CHECK(survey.facts.queued == 0);
      CHECK(intents.row("status") == "canceled");
    } else {
      REQUIRE(survey.calls.size() == 1);
      CHECK(survey.calls[0].standing.is_on_list);
    }
  }
}

TEST_CASE("what the carrier did not act upon waits before it may be claimed again") {
  Intents intents;
  REQUIRE(store::note_not_placed(intents.db, call, 60s));
  CHECK(store::survey_intents(intents.db).facts.queued == 0);
  CHECK(intents.text("placing_at").empty());
  intents.db.script("update bridge.dial_intents set not_before = now()");
  CHECK(store::survey_intents(intents.db).facts.queued == 1);
}

TEST_CASE("an erased person's call is not looked for for ever") {
  Intents intents(IntentState::unknown);
  intents.db.script(
      "update bridge.dial_intents set phone_number = null, phone_hash = '\\x01', "
      "placing_at = now() - interval '25 hours'");
  store::survey_intents(intents.db);
  CHECK(intents.state() == "failed");
}
