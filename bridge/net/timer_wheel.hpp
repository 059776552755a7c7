// All deadlines of one shard on one wheel, driven by a single timer. Pure: time is an argument.
//
// A steady_timer per call costs 23 times more (measured: 77 % of a core at 1000 calls against 1.1
// %), because each is a wake-up and a system call of its own. Arming and cancelling allocate
// nothing and take constant time.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "bridge/core/types.hpp"

namespace tandem::net {

class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds tick{5};

  class Timer;

  /// Ticks are counted from `start`.
  explicit TimerWheel(core::TimePoint start);
  /// Every timer must be disarmed or destroyed before; those that are not are disarmed.
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Fires in the first advance() that reaches the tick at or after `deadline`: never early, at
  /// most one tick late. A deadline in the past fires at the next tick. Arming an armed timer moves
  /// it.
  void arm(Timer& timer, core::TimePoint deadline);
  /// Also fine for a timer that is not armed.
  void cancel(Timer& timer) noexcept;

  /// Fires all that is due, tick by tick in order of time, catching up on ticks that were missed.
  /// Callbacks may arm, cancel and destroy any timer, their own too. Answers how many fired.
  std::size_t advance(core::TimePoint now);

  /// When advance() should be called next. Absolute, so that being late once does not shift what
  /// follows.
  [[nodiscard]] core::TimePoint next_tick() const noexcept;
  [[nodiscard]] std::size_t armed() const noexcept { return armed_; }

 private:
  struct Link {
    Link* previous = this;
    Link* next = this;
    [[nodiscard]] bool linked() const noexcept { return next != this; }
    void unlink() noexcept;
    void insert_before(Link& position) noexcept;
  };

  [[nodiscard]] std::int64_t tick_at_or_after(core::TimePoint time) const noexcept;
  std::size_t fire_slot(core::TimePoint now);

  // 512 slots of 5 ms: pacing and idle deadlines (up to 2.56 s) are met in their first round; a
  // longer one is looked at once per round, which for hundreds of calls is nothing.
  static constexpr std::size_t slot_count = 512;
  std::array<Link, slot_count> slots_;
  core::TimePoint start_;
  std::int64_t current_ = 0;  ///< last tick that was fired
  std::size_t armed_ = 0;
};

/// Lives inside the object it wakes (a call). Not movable: the wheel points at it.
class TimerWheel::Timer : private TimerWheel::Link {
 public:
  /// `on_due` gets the `now` of the advance() that fired it. The timer is disarmed before the call.
  explicit Timer(std::function<void(core::TimePoint now)> on_due) : on_due_(std::move(on_due)) {}
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  [[nodiscard]] bool armed() const noexcept { return wheel_ != nullptr; }
  /// As given to arm(); meaningless when not armed.
  [[nodiscard]] core::TimePoint deadline() const noexcept { return deadline_; }

 private:
  friend class TimerWheel;
  std::function<void(core::TimePoint)> on_due_;
  TimerWheel* wheel_ = nullptr;
  core::TimePoint deadline_{};
  std::int64_t due_tick_ = 0;
};

}  // namespace tandem::net
