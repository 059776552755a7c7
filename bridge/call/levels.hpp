// How loud both tracks of a call were over its time: for the timeline of the call page and the
// meters of the live one. One whole dBFS value per step of limits::level_step and track, the
// loudest message that began in it; -99 is silence. Bounded: what was not taken in time is
// forgotten.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "bridge/call/call_io.hpp"
#include "bridge/core/limits.hpp"
#include "bridge/core/types.hpp"

namespace tandem::call {

class LevelTimeline {
 public:
  LevelTimeline() noexcept;

  /// Audio of this level (dBFS) was heard from `at` on.
  void add(Track track, core::MediaOffset at, float dbfs) noexcept;
  /// What the agent's track was to play from `at` on is not heard.
  void cut_agent(core::MediaOffset at) noexcept;

  /// The event of the next window of limits::level_window that is over at `now`, as JSON; nothing
  /// when none is.
  std::optional<std::string> take_window(core::MediaOffset now);
  /// The event of what is left at the end of the call; nothing when that is nothing.
  std::optional<std::string> take_rest(core::MediaOffset now);

  /// The loudest of the last second before `now`.
  [[nodiscard]] float last_second(Track track, core::MediaOffset now) const noexcept;

 private:
  static constexpr std::int64_t window_steps = limits::level_window / limits::level_step;
  static constexpr std::int64_t second_steps = std::chrono::seconds(1) / limits::level_step;
  /// A window, the second before it, and what is sent ahead of the time at which it is heard.
  static constexpr std::int64_t ring_steps = window_steps + second_steps + 40;
  using Ring = std::array<std::int8_t, static_cast<std::size_t>(ring_steps)>;

  [[nodiscard]] static std::size_t slot(std::int64_t step) noexcept;
  [[nodiscard]] const Ring& ring(Track track) const noexcept {
    return rings_[static_cast<std::size_t>(track)];
  }
  std::string take(std::int64_t steps);

  std::array<Ring, 2> rings_;
  std::int64_t next_ = 0;  // first step that was not taken
};

}  // namespace tandem::call
