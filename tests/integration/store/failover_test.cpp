// The database moves, or changes who may come in (faults P07, P16).
#include <fstream>

#include "store/importer.hpp"
#include "store/migrate.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using test::all_imported;
using test::append_all;
using test::number_from;
using test::PostgresCluster;

TEST_CASE("P07: records follow the primary: past a standby, and to it once it is promoted") {
  PostgresCluster primary;
  store::Connection first(primary.create_database());
  store::migrate(first);
  PostgresCluster standby(&primary);
  const core::Secret url("host=" + standby.directory() + "," + primary.directory() +
                         " user=tandem dbname=test_1");
  const test::TemporaryDirectory directory;
  store::Spool spool(test::spool_settings(directory.path()));
  store::Importer importer(spool, test::importer_settings(url));
  append_all(spool, test::scripted_call(1, 2));
  REQUIRE(all_imported(spool));
  CHECK(number_from(first, "select count(*) from bridge.transcriptions") == 4);

  // the server under an open connection turns read-only: 25006
  first.script("alter system set default_transaction_read_only = on");
  first.script("select pg_reload_conf()");
  append_all(spool, test::scripted_call(2, 2));
  CHECK(test::eventually([&] { return importer.counters().failures > 0; }));
  primary.stop();  // waits until the standby has everything
  standby.promote();
  REQUIRE(all_imported(spool));
  store::Connection second(standby.url("test_1"));
  CHECK(number_from(second, "select count(*) from bridge.transcriptions") == 8);
  CHECK(number_from(second, "select count(*) from bridge.calls where status = 'completed'") == 2);
  CHECK(importer.counters().dead_letters == 0);
}

TEST_CASE("P16: a rotated password is read again from its file, without a restart") {
  PostgresCluster cluster;
  const core::Secret admin_url = cluster.create_database();
  store::Connection admin(admin_url);
  store::migrate(admin);
  admin.script("create role rotating login superuser password 'one-invented'");
  cluster.let_in_only("local all rotating scram-sha-256");
  const test::TemporaryDirectory directory;
  const std::string file = directory.path() + "/database_url";
  const auto write = [&](const std::string& password) {
    std::ofstream(file) << "host=" << cluster.directory()
                        << " user=rotating dbname=test_1 password=" << password << "\n";
  };
  write("one-invented");
  store::Spool spool(test::spool_settings(directory.path() + "/spool"));
  auto settings = test::importer_settings(admin_url);
  settings.database = store::database_address(core::Secret("host=/nonexistent"), file);
  store::Importer importer(spool, std::move(settings));
  append_all(spool, test::scripted_call(1, 1));
  REQUIRE(all_imported(spool));

  admin.script("alter role rotating password 'two-invented'");
  admin.run("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'rotating'");
  append_all(spool, test::scripted_call(2, 1));
  CHECK(test::eventually([&] {
    return importer.counters().last_failure.find("the password was refused") != std::string::npos;
  }));
  write("two-invented");
  REQUIRE(all_imported(spool));
  CHECK(number_from(admin, "select count(*) from bridge.transcriptions") == 4);
}
