// Notices that the wall clock was set while the program runs (R12): calling hours, the age of lists
// and of consents all rest on it. Pure: both clocks are arguments.
#pragma once

#include <chrono>
#include <optional>

#include "bridge/core/types.hpp"

namespace tandem::dial {

class ClockWatch {
 public:
  static constexpr std::chrono::seconds jump_min{60};
  static constexpr std::chrono::seconds quiet_time{60};

  /// Call about once a second. True when the wall clock went another way than the steady one by
  /// jump_min or more since it was last steady: that is a jump to be reported.
  bool observe(core::TimePoint now, core::WallTime wall);

  /// False before the first observation, and for quiet_time after a jump.
  [[nodiscard]] bool is_steady(core::TimePoint now) const noexcept;

 private:
  std::optional<core::TimePoint> reference_now_;
  core::WallTime reference_wall_{};
  std::optional<core::TimePoint> jumped_;
};

}  // namespace tandem::dial
