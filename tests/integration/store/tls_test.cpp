// The certificate of the database is not what the settings ask for (fault P17).
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <sstream>

#include "store/importer.hpp"
#include "store/migrate.hpp"
#include "tests/integration/net/certificates.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using test::all_imported;
using test::append_all;
using test::number_from;
using test::PostgresCluster;

namespace {

int free_port() {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  const tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  return acceptor.local_endpoint().port();
}

/// A server with TLS on a port of 127.0.0.1 that would take plain text as well, its database with
/// the schema, and a way in for the test that needs no TLS.
struct TlsDatabase {
  TlsDatabase() : port(free_port()) {
    cluster.listen(port);
    show(right);
    admin.emplace(cluster.create_database());
    store::migrate(*admin);
  }

  void show(const test::Identity& identity) const {
    cluster.show_certificate(identity.certificate, identity.key);
  }

  [[nodiscard]] core::Secret url(const std::string& mode) const {
    return core::Secret(
        fmt::format("postgresql://tandem@127.0.0.1:{}/test_1?sslmode={}&sslrootcert={}", port, mode,
                    authority.file()));
  }

  void end_connections() {
    admin->run("select pg_terminate_backend(pid) from pg_stat_activity where client_port > 0");
  }

  /// Logins over TCP so far, with TLS or without.
  [[nodiscard]] int logins(bool with_tls) const {
    std::istringstream lines(cluster.log_text());
    int count = 0;
    for (std::string line; std::getline(lines, line);) {
      const bool is_login =
          line.starts_with("127.0.0.1") && line.find("connection authorized") != std::string::npos;
      count += is_login && (line.find("SSL enabled") != std::string::npos) == with_tls;
    }
    return count;
  }

  const test::Authority authority;
  const test::Identity right = authority.issue("IP:127.0.0.1");
  const int port;
  PostgresCluster cluster;
  std::optional<store::Connection> admin;
};

class Notices {
 public:
  [[nodiscard]] store::NoticeSink sink() {
    return [this](const store::Notice& notice) {
      const std::lock_guard lock(mutex_);
      notices_.push_back(notice);
    };
  }
  [[nodiscard]] bool has_alarm(std::string_view code) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(notices_.begin(), notices_.end(), [&](const store::Notice& notice) {
      return notice.severity == store::Severity::alarm && notice.code == code;
    });
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    notices_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<store::Notice> notices_;
};

}  // namespace

TEST_CASE("P17: a certificate that is not right is an alarm; records wait, none in plain text") {
  TlsDatabase database;
  const test::TemporaryDirectory directory;
  store::Spool spool(test::spool_settings(directory.path()));
  Notices notices;
  auto settings = test::importer_settings(database.url("verify-full"));
  settings.notices = notices.sink();
  const store::Importer importer(spool, std::move(settings));
  append_all(spool, test::scripted_call(1, 1));
  REQUIRE(all_imported(spool));
  CHECK(number_from(*database.admin,
                    "select count(*) from pg_stat_ssl join pg_stat_activity using (pid) "
                    "where ssl and client_port > 0") == 1);

  const test::Authority other;
  int call = 1;
  for (const auto& wrong :
       {other.issue("IP:127.0.0.1"), database.authority.issue("IP:127.0.0.1", true),
        database.authority.issue("DNS:db.example")}) {
    INFO("wrong certificate " << call);
    database.show(wrong);
    notices.forget();
    const int logins = database.logins(true);
    database.end_connections();
    append_all(spool, test::scripted_call(++call, 1));
    CHECK(test::eventually([&] { return notices.has_alarm("database_untrusted"); }));
    CHECK(test::eventually([&] { return spool.counters().backlog > 0; }));
    CHECK(importer.counters().last_failure ==
          "database connection failed: TLS: the certificate was refused");
    CHECK(database.logins(true) == logins);
    CHECK(number_from(*database.admin, "select count(*) from bridge.calls") == call - 1);

    database.show(database.right);
    REQUIRE(all_imported(spool));
    CHECK(number_from(*database.admin, "select count(*) from bridge.calls") == call);
  }
  CHECK(importer.counters().dead_letters == 0);
  CHECK(database.logins(false) == 0);

  // what was looked for can be seen: without TLS this server is just as open
  { store::Connection plain(database.url("disable")); }
  CHECK(test::eventually([&] { return database.logins(false) == 1; }));
}

TEST_CASE("P17: a server without TLS where it is asked for gets nothing and is an alarm") {
  TlsDatabase database;
  database.admin->script("alter system set ssl = off");
  database.cluster.let_in_only("host all all 127.0.0.1/32 trust");  // reads the settings again
  const test::TemporaryDirectory directory;
  store::Spool spool(test::spool_settings(directory.path()));
  Notices notices;
  auto settings = test::importer_settings(database.url("verify-full"));
  settings.notices = notices.sink();
  const store::Importer importer(spool, std::move(settings));
  append_all(spool, test::scripted_call(1, 1));
  CHECK(test::eventually([&] { return notices.has_alarm("database_untrusted"); }));
  CHECK(importer.counters().last_failure ==
        "database connection failed: TLS could not be agreed on");
  CHECK(database.logins(false) == 0);
  database.show(database.right);
  REQUIRE(all_imported(spool));
}
