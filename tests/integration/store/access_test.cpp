// Who may read the record: nobody but the owner of its tables.
#include "store/batch_rows.hpp"
#include "store/migrate.hpp"
#include "store/postgres.hpp"
#include "store/report_days.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using test::PostgresCluster;

namespace {

std::vector<std::string> names_of(store::Connection& db, const std::string& kinds) {
  const store::Rows rows = db.run(
      "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
      "where n.nspname = 'bridge' and c.relkind in (" +
      kinds + ") order by 1");
  std::vector<std::string> names;
  for (int row = 0; row < rows.size(); ++row) names.emplace_back(rows.text(row, 0));
  return names;
}

/// A database with a call in it, and an ordinary role of the name.
void prepare(store::Connection& db, const std::string& role) {
  store::migrate(db);
  store::Transaction transaction(db);
  REQUIRE(store::write_records(db, test::scripted_call(1, 2)).empty());
  transaction.commit();
  store::write_report_days(db, 10'000);
  db.script("create role " + role);
}

}  // namespace

TEST_CASE("an ordinary role is not even let into the schema") {
  store::Connection db(PostgresCluster::shared().create_database());
  prepare(db, "passer_by");
  REQUIRE(test::number_from(db, "select count(*) from bridge.call_summary") == 1);
  db.script("set role passer_by");
  for (const char* relation : {"calls", "call_search", "call_summary", "calls_with_outcome"}) {
    CHECK_THROWS_AS(db.run(std::string("select 1 from bridge.") + relation), store::PostgresError);
  }
}

TEST_CASE("a role that was granted everything by mistake sees no row of any table or view") {
  store::Connection db(PostgresCluster::shared().create_database());
  prepare(db, "anonymous_reader");
  db.script(
      "grant usage on schema bridge to anonymous_reader;"
      "grant select on all tables in schema bridge to anonymous_reader");
  const auto relations = names_of(db, "'r', 'p', 'v', 'm'");
  REQUIRE(relations.size() >= 20);
  for (const char* filled : {"calls", "transcriptions", "call_search", "calls_with_outcome"}) {
    REQUIRE(test::number_from(db, std::string("select count(*) from bridge.") + filled) > 0);
  }
  db.script("set role anonymous_reader");
  for (const auto& relation : relations) {
    INFO(relation);
    CHECK(test::number_from(db, "select count(*) from bridge." + relation) == 0);
  }
}

TEST_CASE("views and summaries say the same of a call as its tables") {
  store::Connection db(PostgresCluster::shared().create_database());
  prepare(db, "another_reader");
  db.run("update bridge.booking_analysis set state = 'done', outcome = 'booked'");
  const store::Rows summary = db.run(
      "select total_messages, user_messages, assistant_messages, outcome, analysis_state "
      "from bridge.call_summary");
  REQUIRE(summary.size() == 1);
  CHECK(summary.integer(0, 0) == 4);
  CHECK(summary.integer(0, 1) == 2);
  CHECK(summary.integer(0, 2) == 2);
  CHECK(summary.text(0, 3) == "booked");
  CHECK(summary.text(0, 4) == "done");
  const store::Rows call = db.run(
      "select outcome, outcome_label, total_messages, interruptions from "
      "bridge.calls_with_outcome");
  REQUIRE(call.size() == 1);
  CHECK(call.text(0, 0) == "booked");
  CHECK(call.text(0, 1) == "booked");
  CHECK(call.integer(0, 2) == 4);
  CHECK(call.integer(0, 3) == 1);
}
