// store/queries_carrier against a real PostgreSQL.
#include "store/batch_rows.hpp"
#include "store/migrate.hpp"
#include "store/queries_carrier.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

struct Database {
  core::Secret url = test::PostgresCluster::shared().create_database();
  store::Connection connection{url};
  Database() { store::migrate(connection); }

  void write(const std::vector<core::Record>& records) {
    store::Transaction transaction(connection);
    REQUIRE(store::write_records(connection, records).empty());
    transaction.commit();
  }
};

core::Record started(int call, int second, const std::string& carrier_id, const std::string& node) {
  core::CallStarted body;
  body.carrier_call_id = core::CarrierCallId(carrier_id);
  body.provider = "hume";
  body.node = node;
  return test::make_record(call, second, std::move(body));
}

/// Begun, answered and talked, but not ended.
void write_open_call(Database& database, int call, int second, const std::string& carrier_id,
                     const std::string& node = "node-a") {
  database.write({started(call, second, carrier_id, node),
                  test::make_record(call, second + 2, core::CallAnswered{}),
                  test::make_record(call, second + 2,
                                    core::ChatOpened{core::ChatId("chat"),
                                                     core::ChatGroupId("group-" + carrier_id)}),
                  test::entry(call, 0, "Good morning.", core::Speaker::assistant),
                  test::entry(call, 1, "I would like to book.")});
}

std::vector<std::string> ids(const std::vector<store::UnfinishedCall>& calls) {
  std::vector<std::string> ids;
  for (const auto& call : calls) ids.push_back(call.call_id);
  return ids;
}

}  // namespace

TEST_CASE("R01: the record of a phone call whose process died has what the next one needs") {
  Database database;
  write_open_call(database, 1, 0, "CA1");
  CHECK_FALSE(store::load_earlier_call(database.connection, "CA2"));
  const auto call = store::load_earlier_call(database.connection, "CA1");
  REQUIRE(call);
  CHECK(call->parts == 1);
  CHECK(call->call_id == test::call_id(1).str());
  CHECK(call->end_reason.empty());
  CHECK(call->provider == "hume");
  CHECK(call->chat_group_id == "group-CA1");
  CHECK(call->first_started == test::wall_at(0));
  CHECK(call->last_seen >= test::wall_at(2));
  CHECK(call->messages == 2);
  REQUIRE(call->lines.size() == 2);
  CHECK(call->lines[0].speaker == "assistant");
  CHECK(call->lines[1].message == "I would like to book.");
}

TEST_CASE("R01: of a call that was taken over, the newest part counts, and all parts' words") {
  Database database;
  write_open_call(database, 1, 0, "CA1");
  write_open_call(database, 2, 60, "CA1");
  const auto call = store::load_earlier_call(database.connection, "CA1");
  REQUIRE(call);
  CHECK(call->parts == 2);
  CHECK(call->call_id == test::call_id(2).str());
  CHECK(call->first_started == test::wall_at(0));
  CHECK(call->lines.size() == 4);
}

TEST_CASE(
    "rows without an end are found: this node's of before, and every node's that are too old") {
  Database database;
  write_open_call(database, 1, 100, "CA1", "node-a");
  write_open_call(database, 2, 300, "CA2", "node-a");  // begun after this process
  write_open_call(database, 3, 100, "CA3", "node-b");  // another node's, which may live
  write_open_call(database, 4, 10, "CA4", "node-b");   // another node's, too old to live
  write_open_call(database, 5, 100, "CA5", "node-a");
  core::CallEnded ended;
  ended.end_reason = "caller_hung_up";
  database.write({test::make_record(5, 160, ended)});
  store::UnfinishedFilter filter;
  filter.node = "node-a";
  filter.node_began = test::wall_at(200);
  filter.overdue = test::wall_at(50);
  filter.oldest = test::wall_at(0);
  const auto calls = store::load_unfinished_calls(database.connection, filter);
  CHECK(ids(calls) == std::vector{test::call_id(4).str(), test::call_id(1).str()});
  CHECK(calls.at(1).call_sid == "CA1");
  CHECK(calls.at(1).status == "in-progress");
  CHECK(calls.at(1).messages == 2);
  filter.limit = 1;
  CHECK(store::load_unfinished_calls(database.connection, filter).size() == 1);
  filter.oldest = test::wall_at(150);
  CHECK(store::load_unfinished_calls(database.connection, filter).empty());
}
