#include "bridge/net/timer_wheel.hpp"

#include <algorithm>

namespace tandem::net {

void TimerWheel::Link::unlink() noexcept {
  previous->next = next;
  next->previous = previous;
  previous = next = this;
}

void TimerWheel::Link::insert_before(Link& position) noexcept {
  previous = position.previous;
  next = &position;
  previous->next = this;
  position.previous = this;
}

TimerWheel::TimerWheel(core::TimePoint start) : start_(start) {}

TimerWheel::~TimerWheel() {
  for (Link& slot : slots_) {
    while (slot.linked()) cancel(static_cast<Timer&>(*slot.next));
  }
}

TimerWheel::Timer::~Timer() {
  if (wheel_ != nullptr) wheel_->cancel(*this);
}

std::int64_t TimerWheel::tick_at_or_after(core::TimePoint time) const noexcept {
  if (time <= start_) return 0;
  const core::Duration since = time - start_;
  const auto whole = since / core::Duration(tick);
  return whole + (core::Duration(tick) * whole < since ? 1 : 0);
}

void TimerWheel::arm(Timer& timer, core::TimePoint deadline) {
  cancel(timer);
  timer.wheel_ = this;
  timer.deadline_ = deadline;
  timer.due_tick_ = std::max(tick_at_or_after(deadline), current_ + 1);
  timer.insert_before(slots_[static_cast<std::size_t>(timer.due_tick_) % slot_count]);
  ++armed_;
}

void TimerWheel::cancel(Timer& timer) noexcept {
  if (timer.wheel_ != this) return;
  timer.unlink();
  timer.wheel_ = nullptr;
  --armed_;
}

std::size_t TimerWheel::advance(core::TimePoint now) {
  if (now < start_) return 0;
  const std::int64_t target = (now - start_) / core::Duration(tick);
  std::size_t fired = 0;
  while (current_ < target) {
    if (armed_ == 0) {
      current_ = target;
      break;
    }
    ++current_;
    fired += fire_slot(now);
  }
  return fired;
}

// What is due moves to a list of its own first, so that a callback can arm, cancel or destroy any
// timer, those that are due with it included, without disturbing the walk.
std::size_t TimerWheel::fire_slot(core::TimePoint now) {
  Link& slot = slots_[static_cast<std::size_t>(current_) % slot_count];
  Link due;
  for (Link* link = slot.next; link != &slot;) {
    Link* const following = link->next;
    if (static_cast<Timer*>(link)->due_tick_ <= current_) {
      link->unlink();
      link->insert_before(due);
    }
    link = following;
  }
  std::size_t fired = 0;
  for (; due.linked(); ++fired) {
    Timer& timer = static_cast<Timer&>(*due.next);
    cancel(timer);
    timer.on_due_(now);
  }
  return fired;
}

core::TimePoint TimerWheel::next_tick() const noexcept { return start_ + tick * (current_ + 1); }

}  // namespace tandem::net
