#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <fstream>

#include "store/postgres.hpp"

namespace tandem::store {

namespace {

struct Host {
  std::string name;
  std::string port;
};

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (auto comma = list.find(','); comma != std::string_view::npos; comma = list.find(',')) {
    parts.emplace_back(list.substr(0, comma));
    list.remove_prefix(comma + 1);
  }
  parts.emplace_back(list);
  return parts;
}

/// The hosts of an address in order, ports beside them; one without a name when the address needs
/// no taking apart.
std::vector<Host> hosts_of(const std::string& url) {
  struct Free {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
  };
  const std::unique_ptr<PQconninfoOption, Free> options(PQconninfoParse(url.c_str(), nullptr));
  std::vector<std::string> names, ports;
  for (auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "host") names = split(option->val);
    if (keyword == "port") ports = split(option->val);
    if (keyword == "hostaddr") return std::vector<Host>(1);
  }
  if (names.size() < 2) return std::vector<Host>(1);
  std::vector<Host> hosts;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::size_t port = std::min(i, ports.size() - 1);
    hosts.push_back({names[i], ports.empty() ? "" : ports[port]});
  }
  return hosts;
}

}  // namespace

DatabaseUrl database_address(core::Secret otherwise, std::string file) {
  return [otherwise = std::move(otherwise), file = std::move(file)] {
    std::string line;
    if (!file.empty()) std::getline(std::ifstream(file), line);
    while (line.ends_with('\r') || line.ends_with(' ')) line.pop_back();
    return line.empty() ? otherwise : core::Secret(line);
  };
}

void Connection::Finish::operator()(pg_conn* connection) const noexcept { PQfinish(connection); }

Connection::Connection(const core::Secret& url, const Interrupt* interrupt,
                       std::chrono::milliseconds timeout)
    : url_(url), interrupt_(interrupt) {
  // libpq would try the hosts by itself, but asynchronously it knows no time limit per host: one
  // that swallows our packets would hide all that come after it
  const auto hosts = hosts_of(url.expose());
  for (std::size_t i = 0;; ++i) {
    try {
      connect(hosts[i].name, hosts[i].port, std::chrono::steady_clock::now() + timeout);
      return;
    } catch (const PostgresError& error) {
      if (error.kind() == SqlErrorClass::interrupted || i + 1 == hosts.size()) throw;
    }
  }
}

void Connection::connect(const std::string& host, const std::string& port, Deadline deadline) {
  // what the URL says about anything before dbname wins over ours, host and port win over the URL
  constexpr std::array<const char*, 12> keys = {"client_encoding",
                                                "application_name",
                                                "keepalives",
                                                "keepalives_idle",
                                                "keepalives_interval",
                                                "keepalives_count",
                                                "tcp_user_timeout",
                                                "target_session_attrs",
                                                "dbname",
                                                "host",
                                                "port",
                                                nullptr};
  const std::array<const char*, 12> values = {"UTF8",       "tandem",     "1",
                                              "5",          "2",          "3",
                                              "3000",       "read-write", url_.expose().c_str(),
                                              host.c_str(), port.c_str(), nullptr};
  broken_ = false;
  connection_.reset(PQconnectStartParams(keys.data(), values.data(), 1));
  if (!connection_) throw std::bad_alloc();
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) broken("connect");
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;) {
    if (state == PGRES_POLLING_FAILED) broken("connect");
    if (!is_ready(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline)) {
      broken_ = true;
      throw PostgresError(SqlErrorClass::unavailable, "", "connect: no answer", "no answer");
    }
    state = PQconnectPoll(connection_.get());
  }
  PQsetnonblocking(connection_.get(), 1);
}

/// Asks on a socket of its own, for at most 2 s (libpq's least), the host that we are connected to.
bool Connection::server_is_there() const {
  constexpr std::array<const char*, 5> keys = {"dbname", "host", "port", "connect_timeout",
                                               nullptr};
  const std::array<const char*, 5> values = {url_.expose().c_str(), PQhost(connection_.get()),
                                             PQport(connection_.get()), "2", nullptr};
  return PQpingParams(keys.data(), values.data(), 1) != PQPING_NO_RESPONSE;
}

}  // namespace tandem::store
