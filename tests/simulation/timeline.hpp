// The virtual clock and everything that is going to happen, in order of (time, sequence): what was
// planned first happens first among equals, so a run has exactly one order.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::simulation {

class Timeline {
 public:
  using Action = std::function<void()>;

  explicit Timeline(core::TimePoint start) : start_(start), now_(start) {}

  [[nodiscard]] core::TimePoint now() const noexcept { return now_; }
  [[nodiscard]] core::Duration elapsed() const noexcept { return now_ - start_; }

  /// A moment in the past means now.
  void at(core::TimePoint when, Action action);
  void after(core::Duration delay, Action action) { at(now_ + delay, std::move(action)); }
  /// Lets the next thing happen; false when nothing is planned any more.
  bool step();

 private:
  struct Event {
    core::TimePoint when;
    std::uint64_t sequence;
    Action action;
  };
  static bool is_later(const Event& left, const Event& right) noexcept;

  core::TimePoint start_;
  core::TimePoint now_;
  std::uint64_t planned_ = 0;
  std::vector<Event> heap_;
};

}  // namespace tandem::simulation
