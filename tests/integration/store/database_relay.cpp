#include "tests/integration/store/database_relay.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace tandem::test {

DatabaseRelay::DatabaseRelay(std::string socket_path) : socket_path_(std::move(socket_path)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, any, length) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, any, &length) != 0) {
    throw std::runtime_error("the relay cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

DatabaseRelay::~DatabaseRelay() {
  is_over_ = true;
  thread_.join();
  for (Pair& pair : pairs_) close_both(pair);
  ::close(listener_);
}

core::Secret DatabaseRelay::url(const std::string& database) const {
  return core::Secret("host=127.0.0.1 port=" + std::to_string(port_) +
                      " user=tandem dbname=" + database);
}

void DatabaseRelay::close_both(Pair& pair) {
  ::close(pair.client);
  ::close(pair.server);
  pair.client = pair.server = -1;
}

void DatabaseRelay::accept_one() {
  Pair pair;
  pair.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  pair.server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_path_.c_str(), sizeof address.sun_path - 1);
  if (::connect(pair.server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return close_both(pair);
  }
  pairs_.push_back(pair);
  connections_max_ = std::max(connections_max_.load(), static_cast<int>(pairs_.size()));
}

/// False when the pair is over.
bool DatabaseRelay::pass(Pair& pair, bool is_up) {
  std::array<char, 65536> bytes{};
  const auto got = ::read(is_up ? pair.client : pair.server, bytes.data(), bytes.size());
  if (got <= 0) return false;
  auto length = static_cast<std::size_t>(got);
  const std::string_view text(bytes.data(), length);
  if (is_up && cut_after_ >= 0 && text.find(std::string_view("COMMIT\0", 7)) != text.npos) {
    pair.bytes_left = cut_after_.exchange(-1);
  }
  bool goes_on = true;
  if (!is_up && pair.bytes_left >= 0) {
    goes_on = length < static_cast<std::size_t>(pair.bytes_left);
    length = std::min(length, static_cast<std::size_t>(pair.bytes_left));
    pair.bytes_left -= static_cast<int>(length);
  }
  const bool is_sent = ::send(is_up ? pair.server : pair.client, bytes.data(), length,
                              MSG_NOSIGNAL) == static_cast<ssize_t>(length);
  return is_sent && goes_on;
}

void DatabaseRelay::run() {
  while (!is_over_) {
    std::vector<pollfd> entries = {{listener_, POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      entries.push_back({pair.client, POLLIN, 0});
      entries.push_back({pair.server, POLLIN, 0});
    }
    if (is_silent_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    if (::poll(entries.data(), entries.size(), 20) <= 0) continue;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const bool up = entries[1 + 2 * i].revents != 0;
      const bool down = entries[2 + 2 * i].revents != 0;
      if ((down && !pass(pairs_[i], false)) || (up && !pass(pairs_[i], true))) {
        close_both(pairs_[i]);
      }
    }
    std::erase_if(pairs_, [](const Pair& pair) { return pair.client < 0; });
    if (entries[0].revents != 0) accept_one();
  }
}

}  // namespace tandem::test
