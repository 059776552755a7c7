#include "store/migrate.hpp"

#include <atomic>
#include <thread>

#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using test::PostgresCluster;

TEST_CASE("migrating an empty database applies every version, a second time none") {
  store::Connection connection(PostgresCluster::shared().create_database());
  CHECK(store::schema_version(connection) == 0);
  const auto first = store::migrate(connection);
  CHECK(first.applied.size() == store::migrations().size());
  CHECK(first.version == store::schema_version_needed());
  const auto second = store::migrate(connection);
  CHECK(second.applied.empty());
  CHECK(second.version == first.version);
}

TEST_CASE("eight nodes that migrate at once apply every version exactly once") {
  const core::Secret url = PostgresCluster::shared().create_database();
  std::vector<std::thread> nodes;
  std::atomic<std::size_t> applied{0};
  std::atomic<int> failed{0};
  for (int i = 0; i < 8; ++i) {
    nodes.emplace_back([&] {
      try {
        store::Connection connection(url);
        applied += store::migrate(connection).applied.size();
      } catch (const std::exception&) {
        ++failed;
      }
    });
  }
  for (auto& node : nodes) node.join();
  CHECK(failed == 0);
  CHECK(applied == store::migrations().size());
}

TEST_CASE("a statement may take as long as its transaction says, whatever the connection waits") {
  store::Connection connection(PostgresCluster::shared().create_database());
  connection.set_answer_timeout(std::chrono::milliseconds(50));
  {
    store::Transaction transaction(connection, {.statement_timeout = std::chrono::seconds(5)});
    CHECK_NOTHROW(connection.run("select pg_sleep(0.3)"));
  }
  CHECK(connection.usable());
  CHECK_THROWS_AS(connection.run("select pg_sleep(0.3)"), store::PostgresError);
}

TEST_CASE("a migration that was changed after it was applied is refused") {
  store::Connection connection(PostgresCluster::shared().create_database());
  store::migrate(connection);
  connection.run("update bridge.schema_migrations set checksum = 'other' where version = 1");
  CHECK_THROWS_AS(store::migrate(connection), store::SchemaError);
}

TEST_CASE("row level security is on for every table and no policy opens one") {
  store::Connection connection(PostgresCluster::shared().create_database());
  store::migrate(connection);
  CHECK(test::number_from(
            connection,
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = 'bridge' and c.relkind in ('r', 'p')") >= 16);
  CHECK(test::number_from(
            connection,
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = 'bridge' and c.relkind in ('r', 'p') "
            "and not c.relrowsecurity") == 0);
  CHECK(test::number_from(connection,
                          "select count(*) from pg_policies where schemaname = 'bridge'") == 0);
  CHECK(test::number_from(
            connection,
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = 'bridge' and c.relkind = 'v' "
            "and not 'security_invoker=true' = any (c.reloptions)") == 0);
}

TEST_CASE("the columns that others may read are there under the names of the contract") {
  store::Connection connection(PostgresCluster::shared().create_database());
  store::migrate(connection);
  for (const char* statement :
       {"select id, call_sid, stream_sid, direction, phone_number, from_number, to_number, status, "
        "start_time, answered_time, end_time, duration, end_reason, answered_by, provider, "
        "chat_id, "
        "chat_group_id, node, purpose from bridge.calls",
        "select call_id, seq, speaker, message, timestamp, offset_ms, event_type, heard_ms, "
        "heard_ratio, source from bridge.transcriptions",
        "select call_id, seq, event_type, event_data, timestamp, offset_ms from bridge.events",
        "select call_id, state, booking_detected, outcome, confidence_score, booking_indicators, "
        "reason, model, prompt_version, attempts, analysis_timestamp from bridge.booking_analysis",
        "select call_id, total_messages, booking_status, response_times, talk_ratio, interruptions "
        "from bridge.analytics",
        "select * from bridge.calls_with_outcome", "select * from bridge.call_summary"}) {
    CHECK(connection.run(statement).empty());
  }
}

TEST_CASE("the audit log takes rows and refuses to change or lose one") {
  store::Connection connection(PostgresCluster::shared().create_database());
  store::migrate(connection);
  connection.run("insert into bridge.audit_log (actor, action) values ('someone', 'listen')");
  CHECK_THROWS_AS(connection.run("update bridge.audit_log set actor = 'nobody'"),
                  store::PostgresError);
  CHECK_THROWS_AS(connection.run("delete from bridge.audit_log"), store::PostgresError);
  CHECK_THROWS_AS(connection.run("truncate bridge.audit_log"), store::PostgresError);
  CHECK(test::number_from(connection, "select count(*) from bridge.audit_log") == 1);
}
