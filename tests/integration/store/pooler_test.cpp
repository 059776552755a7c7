// Everything that the store does, through a real PgBouncer in transaction mode (faults P13 to P15).
#include <arpa/inet.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "store/importer.hpp"
#include "store/jobs.hpp"
#include "store/migrate.hpp"
#include "store/query_thread.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using test::number_from;

namespace {

int free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound = ::bind(probe, any, length) == 0 && ::getsockname(probe, any, &length) == 0;
  ::close(probe);
  if (!is_bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

/// PgBouncer in transaction mode with two server connections for everybody, on a loopback port.
class Pooler {
 public:
  explicit Pooler(const test::PostgresCluster& cluster) : port_(free_port()) {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms::all);
    const std::string settings = directory_.path() + "/pgbouncer.ini";
    std::ofstream(settings) << fmt::format(
        "[databases]\n* = host={} user=tandem\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        "listen_port = {}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
        "default_pool_size = 2\nlogfile = {}/log\n",
        cluster.directory(), port_, directory_.path());
    process_ = ::fork();
    if (process_ == 0) {
      // it refuses to be root, and becomes the user whom Debian's package made
      const char* const user = ::geteuid() == 0 ? "postgres" : nullptr;
      ::close(STDERR_FILENO);
      if (user != nullptr) {
        ::execl("/usr/sbin/pgbouncer", "pgbouncer", "-q", "-u", user, settings.c_str(), nullptr);
      }
      ::execl("/usr/sbin/pgbouncer", "pgbouncer", "-q", settings.c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~Pooler() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  Pooler(const Pooler&) = delete;
  Pooler& operator=(const Pooler&) = delete;

  /// Waits until it answers.
  core::Secret url(const std::string& database) const {
    const core::Secret url(
        fmt::format("host=127.0.0.1 port={} user=tandem dbname={}", port_, database));
    REQUIRE(test::eventually([&] {
      try {
        store::Connection connection(url);
        return true;
      } catch (const store::PostgresError&) {
        return false;
      }
    }));
    return url;
  }

 private:
  test::TemporaryDirectory directory_;
  int port_;
  pid_t process_ = -1;
};

}  // namespace

TEST_CASE(
    "P13, P14, P15: migrating, importing, asking and working go through a transaction pooler") {
  auto& cluster = test::PostgresCluster::shared();
  const std::string direct = cluster.create_database().expose();
  const std::string name = direct.substr(direct.rfind('=') + 1);
  const Pooler pooler(cluster);
  const core::Secret url = pooler.url(name);
  store::Connection db(url);
  CHECK(store::migrate(db).version == store::schema_version_needed());

  const test::TemporaryDirectory directory;
  store::Spool spool(test::spool_settings(directory.path()));
  store::Importer importer(spool, test::importer_settings(url));
  store::QueryThread queries({.database = [url] { return url; }});
  constexpr int calls = 50;
  for (int call = 0; call < calls; ++call) {
    for (const auto& record : test::scripted_call(call, 3)) REQUIRE(spool.append(record));
    // questions in between, so that statements of several clients meet on the two connections
    std::promise<std::int64_t> answer;
    REQUIRE(queries.post<std::int64_t>(
        [](store::Connection& connection) {
          return number_from(connection, "select count(*) from bridge.calls");
        },
        [&](store::QueryResult<std::int64_t> result) {
          answer.set_value(std::holds_alternative<std::int64_t>(result) ? 1 : 0);
        }));
    CHECK(answer.get_future().get() == 1);
  }
  REQUIRE(test::eventually([&] { return spool.counters().backlog == 0; }));
  CHECK(importer.counters().failures == 0);
  CHECK(number_from(db, "select count(*) from bridge.transcriptions") == 6 * calls);

  int worked = 0;
  while (const auto job = store::claim_job(db, "analyse", "pooled", 60s)) {
    store::Transaction transaction(db);
    CHECK(store::end_claim(db, *job, {.state = "done"}));
    transaction.commit();
    ++worked;
  }
  CHECK(worked == calls);
  // limits were set for a transaction each: nobody finds another one's on a server connection
  store::Connection next(url);
  CHECK(std::string(next.run("show statement_timeout").text(0, 0)) == "0");
  CHECK(std::string(next.run("show lock_timeout").text(0, 0)) == "0");
}
