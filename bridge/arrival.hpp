// One value that another thread will bring, awaited on an io_context for a limited time. The value
// may come after nobody waits any more: share it (std::shared_ptr) with who brings it.
#pragma once

#include <boost/asio/redirect_error.hpp>
#include <optional>

#include "bridge/clock.hpp"
#include "bridge/core/types.hpp"
#include "bridge/net/task.hpp"

namespace tandem {

template <class T>
class Arrival {
 public:
  explicit Arrival(net::asio::io_context& context) : timer_(context) {}

  /// On the io_context's thread: post it there. The first value stays.
  void bring(T value) {
    if (!value_) value_ = std::move(value);
    timer_.cancel();
  }

  /// The value, or nothing when it did not come in time. Once.
  net::Task<std::optional<T>> wait(core::Duration patience) {
    if (!value_) {
      timer_.expires_after(patience);
      boost::system::error_code ignored;
      co_await timer_.async_wait(net::asio::redirect_error(net::use_task, ignored));
    }
    co_return std::move(value_);
  }

 private:
  net::Timer timer_;
  std::optional<T> value_;
};

inline net::Task<void> pause(net::asio::io_context& context, core::Duration duration) {
  net::Timer timer(context);
  timer.expires_after(duration);
  boost::system::error_code ignored;
  co_await timer.async_wait(net::asio::redirect_error(net::use_task, ignored));
}

/// Returns after `duration`, or soon after `stopping` became true: in slices, so that nothing has
/// to be cancelled.
inline net::Task<void> pause_unless(net::asio::io_context& context, const bool& stopping,
                                    core::Duration duration) {
  constexpr core::Duration slice = std::chrono::milliseconds(100);
  const auto until = clock_now() + duration;
  while (!stopping && clock_now() < until) {
    co_await pause(context, std::min(slice, until - clock_now()));
  }
}

}  // namespace tandem
