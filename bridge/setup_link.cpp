#include "bridge/setup_link.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>

#include "bridge/random_id.hpp"
#include "store/api_tokens.hpp"
#include "store/users.hpp"

namespace tandem {

using namespace std::chrono_literals;

SetupLink::SetupLink(net::asio::io_context& control, store::QueryThread& queries, ops::Log& log)
    : control_(control), queries_(queries), log_(log), again_(control) {}

void SetupLink::offer(std::uint16_t port) {
  const std::string secret = random_hex_128() + random_hex_128();
  const auto answer = [this, secret, port](store::QueryResult<bool> result) {
    net::asio::post(control_, [this, secret, port, result = std::move(result)] {
      const auto* const is_open = std::get_if<bool>(&result);
      if (is_open == nullptr) return again_.arm_after(5s, [this, port] { offer(port); });
      if (*is_open) tell(secret, port);
    });
  };
  const bool is_queued = queries_.post<bool>(
      [secret](store::Connection& connection) {
        return store::open_setup(connection, store::digest(secret), valid_for);
      },
      answer);
  if (!is_queued) again_.arm_after(5s, [this, port] { offer(port); });
}

void SetupLink::tell(const std::string& secret, std::uint16_t port) {
  log_.warn("no_users_yet",
            {{"setup_link", fmt::format("http://localhost:{}/setup#{}", port, secret)},
             {"valid_hours", valid_for.count()}});
}

}  // namespace tandem
