#include "store/node_commands.hpp"

#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using test::call_id;
using test::migrated_database;

namespace {

store::NodeCommand say(int call, std::string text) {
  return {call_id(call).str(), "say", std::move(text), "", "", "ada"};
}

}  // namespace

TEST_CASE("A13: a command is left for a call that runs somewhere, and given out once, in order") {
  store::Connection db(migrated_database());
  test::write_calls(db, 3);
  db.run("update bridge.calls set end_time = null, start_time = now()");
  db.run("update bridge.calls set end_time = now() where id = $1",
         store::Parameters().add(call_id(3).str()));
  CHECK(store::leave_node_command(db, say(1, "one")));
  CHECK(store::leave_node_command(db, say(2, "other")));
  CHECK(store::leave_node_command(db, say(1, "two")));
  CHECK_FALSE(store::leave_node_command(db, say(3, "over")));
  CHECK_FALSE(store::leave_node_command(db, say(9, "unknown")));

  const std::vector<std::string> mine = {call_id(1).str(), call_id(3).str()};
  const auto taken = store::take_node_commands(db, mine);
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].text == "one");
  CHECK(taken[1].text == "two");
  CHECK(taken[1].name == "say");
  CHECK(taken[1].by == "ada");
  CHECK(store::take_node_commands(db, mine).empty());
  CHECK(db.run("select 1 from bridge.node_commands").size() == 1);
}

TEST_CASE("a command that nobody took in time is void, and nothing of it stays") {
  store::Connection db(migrated_database());
  test::write_calls(db, 2);
  db.run("update bridge.calls set end_time = null, start_time = now()");
  store::leave_node_command(db, say(1, "late"));
  store::leave_node_command(db, say(2, "nobody's"));
  db.run("update bridge.node_commands set asked_at = now() - interval '31 seconds'");
  const std::vector<std::string> mine = {call_id(1).str()};
  CHECK(store::take_node_commands(db, mine).empty());
  CHECK(db.run("select 1 from bridge.node_commands").empty());
  CHECK(store::take_node_commands(db, {}).empty());
}
