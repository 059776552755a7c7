// Time is up: one action, once. The only way in which bridge/net times out: the action closes the
// socket, and whoever waits for that socket gets an error. (Racing a read against a timer loses
// data and, with Boost 1.81, memory safety.)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "bridge/core/types.hpp"
#include "bridge/net/task.hpp"

namespace tandem::net {

/// May be destroyed at any time, also while the expiry is already queued: the action is not called
/// any more then.
class Deadline {
 public:
  explicit Deadline(asio::io_context& context);
  ~Deadline() { disarm(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Replaces what was armed before, and forgets that it expired.
  void arm(core::TimePoint at, std::function<void()> on_expiry);
  void arm_after(core::Duration delay, std::function<void()> on_expiry);
  void disarm();
  /// The action of the last arm() has been called.
  [[nodiscard]] bool expired() const noexcept { return state_->expired; }

 private:
  struct State {
    std::function<void()> on_expiry;
    std::uint64_t generation = 0;
    bool expired = false;
  };
  Timer timer_;
  std::shared_ptr<State> state_;
};

}  // namespace tandem::net
