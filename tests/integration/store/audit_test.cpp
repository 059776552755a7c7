#include "store/audit.hpp"

#include <thread>
#include <vector>

#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using test::migrated_database;

TEST_CASE("audit entries of writers at the same time form one chain, and a change breaks it") {
  const core::Secret url = migrated_database();
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&url, writer] {
      store::Connection db(url);
      for (int i = 0; i < 25; ++i)
        store::audit(db, {"writer" + std::to_string(writer), "tried", std::to_string(i)});
    });
  }
  for (auto& writer : writers) writer.join();
  store::Connection db(url);
  CHECK(store::check_audit(db).entries == 100);
  CHECK_FALSE(store::check_audit(db).first_wrong);
  CHECK_THROWS_AS(db.run("update bridge.audit_log set actor = 'x'"), store::PostgresError);
  db.run("alter table bridge.audit_log disable trigger user");
  db.run("update bridge.audit_log set actor = 'somebody else' where id = 42");
  CHECK(store::check_audit(db).first_wrong == 42);
  db.run("update bridge.audit_log set actor = actor where id = 42");
  db.run("delete from bridge.audit_log where id = 41");
  CHECK(store::check_audit(db).first_wrong == 42);
}

TEST_CASE("the audit log is read newest first, page by page, by who and by what") {
  store::Connection db(migrated_database());
  for (int i = 0; i < 7; ++i)
    store::audit(db, {i % 2 == 0 ? "ann" : "bob", i == 6 ? "ended" : "tried", std::to_string(i)});
  const auto first = store::list_audit(db, {.actor = "ann", .limit = 3});
  REQUIRE(first.rows.size() == 3);
  CHECK(first.rows[0].subject == "6");
  CHECK(first.rows[0].detail_json == "{}");
  REQUIRE(first.next);
  const auto second = store::list_audit(db, {.actor = "ann", .before = first.next, .limit = 3});
  REQUIRE(second.rows.size() == 1);
  CHECK(second.rows[0].subject == "0");
  CHECK_FALSE(second.next);
  CHECK(store::list_audit(db, {.action = "ended"}).rows.size() == 1);
  CHECK(store::list_audit(db, {.actor = "bob", .action = "ended"}).rows.empty());
}
