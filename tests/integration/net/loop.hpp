// One io_context per test, and a bound on how long a test may take.
#pragma once

#include <boost/asio/redirect_error.hpp>
#include <chrono>
#include <exception>
#include <string>

#include "bridge/net/task.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Runs `task` to its end on `context`. Fails the test when that takes longer than 30 s.
inline void run(asio::io_context& context, net::Task<void> task) {
  std::exception_ptr failure;
  net::TaskGroup group(context, [&](const std::exception_ptr& thrown) {
    failure = thrown;
    context.stop();
  });
  group.spawn(std::move(task));
  const auto until = std::chrono::steady_clock::now() + 30s;
  context.restart();
  while (group.size() > 0 && !failure && std::chrono::steady_clock::now() < until) {
    context.run_one_until(until);
  }
  if (failure) std::rethrow_exception(failure);
  REQUIRE(group.size() == 0);
}

inline net::Task<void> pause_for(asio::io_context& context,
                                 std::chrono::steady_clock::duration delay) {
  net::Timer timer(context, std::chrono::steady_clock::now() + delay);
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(net::use_task, ignored));
}

/// Milliseconds since it was made.
class Stopwatch {
 public:
  [[nodiscard]] long ms() const {
    return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                 std::chrono::steady_clock::now() - started_)
                                 .count());
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace tandem::test
