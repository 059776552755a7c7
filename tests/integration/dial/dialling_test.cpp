// store/dialling and store/do_not_call against a real PostgreSQL. The database's clock says Tuesday
// noon in New York, whatever the time is.
#include "store/dialling.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "bridge/dial/calling_hours.hpp"
#include "store/batch_rows.hpp"
#include "store/dial_intents.hpp"
#include "store/do_not_call.hpp"
#include "store/migrate.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/dial/good_world.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

const auto noon = dial::test::wall(2026, 12, 1, 17);
const core::PhoneNumber ours("+12125550100");
const core::PhoneNumber callee("+12125550123");

std::int64_t digits_of(const core::PhoneNumber& number) {
  return std::stoll(number.expose().substr(1));
}

/// One node of several on the same database.
struct Node {
  explicit Node(const core::Secret& url) : connection(url) {
    connection.script("set search_path = noon, pg_catalog");
    context.now = noon;
    context.clock_is_steady = true;
    context.owned_numbers = {ours};
    context.policy.rules_reviewed = std::chrono::floor<std::chrono::days>(noon);
    context.node = "node-a";
  }

  store::DialAnswer request(const core::PhoneNumber& to, const std::string& key, int call = 1,
                            dial::Purpose purpose = dial::Purpose::telemarketing) {
    store::Transaction transaction(connection);
    auto answer = store::request_call(
        connection, {key, test::call_id(call), {to, ours, purpose}, "hello", "a-person"}, context);
    transaction.commit();
    return answer;
  }

  std::optional<store::ClaimedIntent> claim() {
    store::Transaction transaction(connection);
    auto claimed = store::claim_intent(connection, context);
    transaction.commit();
    return claimed;
  }

  store::Connection connection;
  store::DialContext context;
};

struct Database {
  core::Secret url = test::PostgresCluster::shared().create_database();
  Database() {
    store::Connection connection(url);
    store::migrate(connection);
    connection.script(
        "create schema noon; create function noon.clock_timestamp() returns timestamptz "
        "language sql as $$ select timestamptz '2026-12-01 17:00:00Z' $$");
  }

  [[nodiscard]] Node node() const { return Node(url); }

  void consent(const core::PhoneNumber& to, const std::string& purpose = "telemarketing") {
    store::Connection connection(url);
    store::ConsentEntry entry;
    entry.number = to;
    entry.purpose = purpose;
    entry.seller = "Example Diner";
    entry.is_written = true;
    entry.wording = "You may call me about offers.";
    entry.channel = "web form";
    entry.evidence_kind = "ip";
    entry.evidence = "192.0.2.7";
    entry.evidence_sha256 = std::string(64, 'a');
    entry.captured_at = noon - 240h;
    store::add_consent(connection, entry, {});
  }

  void registry(int numbers, core::WallTime date = noon - 48h, bool accepts_loss = false) {
    store::Connection connection(url);
    std::stringstream file;
    for (int i = 0; i < numbers; ++i) file << 2015550000 + i << '\n';
    store::RegistryImport import;
    import.data_date = date;
    import.accepts_loss = accepts_loss;
    REQUIRE(store::import_registry(connection, store::read_registry(file), import));
  }

  /// Everything that a call to `callee` needs.
  Database& ready() {
    consent(callee);
    registry(100);
    return *this;
  }

  std::int64_t count(const std::string& statement) const {
    store::Connection connection(url);
    return test::number_from(connection, statement);
  }

  void run(const std::string& statement) const { store::Connection(url).script(statement); }

  void write(const std::vector<core::Record>& records) const {
    store::Connection connection(url);
    store::Transaction transaction(connection);
    REQUIRE(store::write_records(connection, records).empty());
    transaction.commit();
  }
};

core::Record opt_out(int call) {
  return test::make_record(call, 9, core::CallEvent{0, "opt_out", "{}"});
}

core::Record started(int call, const core::PhoneNumber& from) {
  core::CallStarted body;
  body.from = from;
  body.to = ours;
  return test::make_record(call, 1, body);
}

}  // namespace

TEST_CASE("an allowed call is queued with its decision; a refused one leaves only its reasons") {
  Database database;
  database.ready();
  auto node = database.node();
  const auto answer = node.request(callee, "key-1");
  CHECK(answer.refusals == Names{});
  CHECK(answer.call_id == test::call_id(1));
  const auto refused = node.request(core::PhoneNumber("+12125550177"), "key-2", 2);
  CHECK(refused.refusals == Names{"consent_missing"});
  CHECK(refused.call_id.empty());
  CHECK(database.count("select count(*) from bridge.dial_intents") == 1);
  CHECK(database.count("select count(*) from bridge.dial_decisions where allowed") == 1);
  CHECK(database.count("select count(*) from bridge.dial_decisions where refusals = "
                       "'[\"consent_missing\"]'") == 1);
}

TEST_CASE("a double click gives one call, and a key is not for two numbers") {
  Database database;
  database.ready();
  auto node = database.node();
  auto other = database.node();
  node.request(callee, "key-1", 1);
  const auto again = other.request(callee, "key-1", 2);
  CHECK(again.is_repeat);
  CHECK(again.call_id == test::call_id(1));
  CHECK(other.request(core::PhoneNumber("+12125550177"), "key-1", 3).is_conflict);
  CHECK(other.request(callee, "key-1", 3, dial::Purpose::informational).is_conflict);
  CHECK(database.count("select count(*) from bridge.dial_intents") == 1);
  CHECK(node.request(callee, "key-9", 4).refusals == Names{"already_being_called"});
  CHECK(other.request(callee, "key-9", 5).refusals == Names{"already_being_called"});
}

TEST_CASE("O02: two nodes with the same thousand contacts dial each of them once") {
  Database database;
  database.registry(10);
  database.run(
      "insert into bridge.consent (phone_number, purpose, seller, written, wording, channel, "
      "evidence, captured_at) select '+1' || area || '55501' || lpad(line::text, 2, '0'), "
      "'telemarketing', 'x', true, 'x', 'x', '{\"ip\":\"x\",\"sha256\":\"x\"}', '2026-11-01' "
      "from unnest(array[212,201,202,404,412,617,703,704,802,803]) area, "
      "generate_series(0, 99) line");
  std::map<std::string, int> dialled;
  std::mutex mutex;
  const auto run = [&](int number) {
    Node node(database.url);
    node.context.policy.running_max = node.context.policy.calls_today_max = 10'000;
    int contact = 0;
    for (const int area : {212, 201, 202, 404, 412, 617, 703, 704, 802, 803}) {
      for (int line = 100; line < 200; ++line) {
        const auto to = "+1" + std::to_string(area) + "5550" + std::to_string(line);
        node.request(core::PhoneNumber(to), "contact-" + to, number * 10'000 + ++contact);
      }
    }
    while (const auto claimed = node.claim()) {
      const std::lock_guard lock(mutex);
      if (claimed->refusals.empty()) ++dialled[claimed->intention.to.expose()];
    }
  };
  std::thread first(run, 1);
  std::thread second(run, 2);
  first.join();
  second.join();
  CHECK(dialled.size() == 999);  // one of them is our own number
  CHECK(std::all_of(dialled.begin(), dialled.end(), [](const auto& d) { return d.second == 1; }));
}

TEST_CASE("O03: who is killed after the claim leaves an intent that nobody dials again") {
  Database database;
  database.ready();
  auto node = database.node();
  node.request(callee, "key-1");
  {  // killed before the commit: as if nothing had happened
    Node victim(database.url);
    store::Transaction transaction(victim.connection);
    REQUIRE(store::claim_intent(victim.connection, victim.context));
  }
  const auto claimed = node.claim();  // killed after it: only the carrier knows
  REQUIRE(claimed);
  CHECK(claimed->refusals == Names{});
  CHECK_FALSE(node.claim());
  const auto open = store::survey_intents(node.connection).calls;
  REQUIRE(open.size() == 1);
  CHECK(open[0].standing.id == test::call_id(1));
  CHECK(open[0].standing.state == dial::IntentState::placing);
  CHECK(open[0].standing.to == callee);
  CHECK(node.request(callee, "key-2", 2).refusals == Names{"already_being_called"});
}

TEST_CASE("O01: an unknown outcome is resolved by what the carrier says, in any order, once") {
  Database database;
  database.ready();
  auto node = database.node();
  const auto id = test::call_id(1);
  const core::CarrierCallId sid("CA-1");
  node.request(callee, "key-1");
  CHECK_FALSE(store::note_unknown(node.connection, id));  // nobody dialled it
  REQUIRE(node.claim());
  CHECK(store::note_unknown(node.connection, id));
  CHECK_FALSE(node.claim());
  CHECK(store::survey_intents(node.connection).calls.size() == 1);
  CHECK(store::note_placed(node.connection, id, sid));
  CHECK_FALSE(store::note_placed(node.connection, id, sid));
  CHECK_FALSE(store::note_unknown(node.connection, id));
  CHECK_FALSE(store::note_failed(node.connection, id, 500));
  CHECK(store::note_ended(node.connection, id));
  CHECK_FALSE(store::note_ended(node.connection, id));
  CHECK(store::survey_intents(node.connection).calls.empty());
}

TEST_CASE("O05: an opt-out is on the list with its import, ends consents, and unqueues the call") {
  for (const bool event_comes_first : {false, true}) {
    Database database;
    database.ready();
    auto node = database.node();
    node.request(callee, "key-1");
    if (event_comes_first) {
      database.write({opt_out(7)});
      database.write({started(7, callee)});
    } else {
      database.write({started(7, callee), opt_out(7)});
    }
    const auto claimed = node.claim();
    REQUIRE(claimed);
    CHECK(claimed->refusals == Names{"consent_revoked", "on_internal_list"});
    CHECK(database.count("select count(*) from bridge.dnc_numbers where source = 'opt_out'") == 1);
    CHECK(database.count("select count(*) from bridge.dial_intents where state = 'refused'") == 1);
    CHECK_FALSE(node.claim());
    database.write({opt_out(7)});  // read again from the spool: nothing new, nothing broken
    CHECK(database.count("select count(*) from bridge.dnc_numbers") == 1);
  }
}

TEST_CASE("who is put on the list by hand has no consent left that could be used later") {
  Database database;
  database.ready();
  auto node = database.node();
  store::DoNotCallEntry entry{callee, "wrote a letter", "operator", "a-person", {}};
  CHECK(store::add_do_not_call(node.connection, entry, {}).any());
  CHECK_FALSE(store::add_do_not_call(node.connection, entry, {}).any());
  CHECK(store::list_do_not_call(node.connection, 10).at(0).number == callee);
  CHECK(store::remove_do_not_call(node.connection, callee, {}).any());
  CHECK_FALSE(store::remove_do_not_call(node.connection, callee, {}).any());
  CHECK(node.request(callee, "key-1").refusals == Names{"consent_revoked"});
}

TEST_CASE("O07: a consent that is deleted before the intent is written forbids the call") {
  Database database;
  database.ready();
  auto node = database.node();
  node.request(callee, "key-1");
  database.run("delete from bridge.consent");
  CHECK(node.claim()->refusals == Names{"consent_missing"});
}

TEST_CASE("O07: a consent cannot be deleted while the intent that rests on it is being written") {
  Database database;
  database.ready();
  auto node = database.node();
  store::Transaction transaction(node.connection);
  REQUIRE(store::request_call(node.connection,
                              {"key-1", test::call_id(1), {callee, ours, {}}, "", ""}, node.context)
              .refusals.empty());
  store::Connection other(database.url);
  try {
    store::Transaction deletion(other, {.lock_timeout = 50ms});
    other.run("delete from bridge.consent");
    FAIL("the row was not locked");
  } catch (const store::PostgresError& error) {
    CHECK(error.sqlstate() == "55P03");
  }
  transaction.commit();
}

TEST_CASE("O04: a registry that is missing, empty, half loaded, old or shrunk blocks dialling") {
  Database database;
  database.consent(callee);
  auto node = database.node();
  int key = 0;
  const auto refusals = [&] {
    ++key;
    return node.request(callee, "key-" + std::to_string(key), key).refusals;
  };
  CHECK(refusals() == Names{"national_list_missing"});
  database.registry(0);
  CHECK(refusals() == Names{"national_list_empty"});
  database.registry(100, noon - 31 * 24h - 1s);
  CHECK(refusals() == Names{"national_list_stale"});
  database.registry(94);
  CHECK(refusals() == Names{"national_list_shrunk"});
  database.run(
      "insert into bridge.dnc_imports (data_date, rows_expected, file_sha256) "
      "values ('2026-12-01', 100, 'x'); insert into bridge.dnc_imported "
      "select max(id), 2 from bridge.dnc_imports");
  CHECK(refusals() == Names{"national_list_incomplete"});
  database.registry(50, noon, true);
  CHECK(refusals() == Names{});
}

TEST_CASE("a number on the registry is refused; only the newest import is kept") {
  Database database;
  database.consent(callee);
  database.registry(100);
  auto node = database.node();
  std::stringstream file(std::to_string(digits_of(callee) - 10'000'000'000) + "\r\n212,5550124\n");
  store::RegistryImport import;
  import.data_date = noon;
  import.accepts_loss = true;
  const auto list = store::read_registry(file);
  CHECK(list.wrong_line == 0);
  CHECK(store::import_registry(node.connection, list, import));
  CHECK(database.count("select count(*) from bridge.dnc_imported") == 2);
  CHECK(node.request(callee, "key-1").refusals == Names{"on_national_list"});
}

TEST_CASE("a file that is no list of numbers is known before anything is changed") {
  std::stringstream file("2125550123\n2125550124\n21255\n");
  const auto list = store::read_registry(file);
  CHECK(list.wrong_line == 3);
  CHECK(list.lines == 3);
  CHECK(list.digits.size() == 2);
  CHECK(list.sha256.size() == 64);
  std::stringstream words("telephone\n");
  CHECK(store::read_registry(words).wrong_line == 1);
}

TEST_CASE("O08: the switch stops every node at once and refuses what is queued") {
  Database database;
  database.ready();
  auto node = database.node();
  auto other = database.node();
  node.request(callee, "key-1");
  CHECK(store::set_dial_switch(other.connection, true, "runaway", "a-person") == 1);
  CHECK_FALSE(node.claim());
  CHECK(node.request(callee, "key-2", 2).refusals == Names{"dialling_stopped"});
  store::set_dial_switch(other.connection, false, "", "a-person");
  CHECK(node.request(callee, "key-3", 3).refusals == Names{});
}

TEST_CASE("O08: no more calls run at once than may, and the others wait in their order") {
  Database database;
  database.ready();
  database.consent(core::PhoneNumber("+12125550124"));
  auto node = database.node();
  node.request(callee, "key-1", 1);
  node.request(core::PhoneNumber("+12125550124"), "key-2", 2);
  node.context.policy.running_max = 1;
  CHECK(node.claim()->call_id == test::call_id(1));
  CHECK_FALSE(node.claim());
  REQUIRE(store::note_ended(node.connection, test::call_id(1)));
  CHECK(node.claim()->call_id == test::call_id(2));
}

TEST_CASE("calls that were placed count for a day and a week") {
  Database database;
  database.ready();
  auto node = database.node();
  for (int call = 1; call <= 3; ++call) {
    CHECK(node.request(callee, "key-" + std::to_string(call), call).refusals == Names{});
    REQUIRE(node.claim());
    REQUIRE(store::note_ended(node.connection, test::call_id(call)));
  }
  CHECK(node.request(callee, "key-4", 4).refusals == Names{"too_many_calls_in_a_day"});
  database.run("update bridge.dial_intents set placing_at = placing_at - interval '2 days'");
  CHECK(node.request(callee, "key-5", 5).refusals == Names{});
}

TEST_CASE("an erased person on the list is only a hash, and still is not called") {
  Database database;
  database.ready();
  auto node = database.node();
  const store::PhoneHasher hasher(core::Secret(std::string(64, 'k')));
  node.connection.run("insert into bridge.dnc_numbers (phone_hash) values (decode($1, 'hex'))",
                      store::Parameters().add(hasher.hash(callee)));
  CHECK(node.request(callee, "key-1").refusals == Names{"internal_list_unknown"});
  node.context.hasher = &hasher;
  CHECK(node.request(callee, "key-2").refusals == Names{"on_internal_list"});
}

TEST_CASE("what is left of an erased person's consent allows no call, a new one does") {
  Database database;
  database.ready();
  auto node = database.node();
  const store::PhoneHasher hasher(core::Secret(std::string(64, 'k')));
  node.context.hasher = &hasher;
  node.connection.run(
      "update bridge.consent set phone_number = null, phone_hash = decode($1, 'hex')",
      store::Parameters().add(hasher.hash(callee)));
  CHECK(node.request(callee, "key-1").refusals == Names{"consent_revoked"});
  database.consent(callee);
  database.run(
      "update bridge.consent set captured_at = captured_at + interval '1 day' "
      "where phone_number is not null");
  CHECK(node.request(callee, "key-2").refusals == Names{});
}

TEST_CASE("R12: a node whose clock is not the database's does not dial") {
  Database database;
  database.ready();
  auto node = database.node();
  node.context.now = noon + 60s;
  CHECK(node.request(callee, "key-1").refusals == Names{"clock_unsteady"});
}
