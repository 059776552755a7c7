#include "bridge/dial/clock_watch.hpp"

namespace tandem::dial {

bool ClockWatch::observe(core::TimePoint now, core::WallTime wall) {
  if (!reference_now_) {
    reference_now_ = now;
    reference_wall_ = wall;
    return false;
  }
  // Against the first observation, not the last: many small steps are a jump as well. A clock that
  // is disciplined drifts far less than a minute between two jumps.
  const auto steady_passed = now - *reference_now_;
  const auto wall_passed = wall - reference_wall_;
  const bool has_jumped = std::chrono::abs(wall_passed - steady_passed) >= jump_min;
  if (!has_jumped) return false;
  reference_now_ = now;
  reference_wall_ = wall;
  jumped_ = now;
  return true;
}

bool ClockWatch::is_steady(core::TimePoint now) const noexcept {
  return reference_now_ && (!jumped_ || now - *jumped_ >= quiet_time);
}

}  // namespace tandem::dial
