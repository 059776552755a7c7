#include "bridge/net/deadline.hpp"

namespace tandem::net {

Deadline::Deadline(asio::io_context& context)
    : timer_(context), state_(std::make_shared<State>()) {}

void Deadline::arm(core::TimePoint at, std::function<void()> on_expiry) {
  state_->on_expiry = std::move(on_expiry);
  state_->expired = false;
  timer_.expires_at(at);
  // cancel() cannot take back an expiry that is already queued, hence the generation
  timer_.async_wait([state = state_, generation = ++state_->generation](auto) {
    if (state->generation != generation) return;
    state->expired = true;
    const auto action = std::move(state->on_expiry);
    action();
  });
}

void Deadline::arm_after(core::Duration delay, std::function<void()> on_expiry) {
  arm(std::chrono::steady_clock::now() + delay, std::move(on_expiry));
}

void Deadline::disarm() {
  ++state_->generation;
  state_->on_expiry = nullptr;
  timer_.cancel();
}

}  // namespace tandem::net
