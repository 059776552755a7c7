// Stamps and histograms: where did the time go, per frame and per turn (contract, section 6).
//
// Pure arithmetic over TimePoints that the runner took. Not a metrics library: ops/metrics exports
// what is worth it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "bridge/core/record.hpp"
#include "bridge/core/timings.hpp"
#include "bridge/core/types.hpp"

namespace tandem::call {

/// The times of one call, in the buckets of core/timings. About 5 KB; adding is a few instructions.
class Histogram {
 public:
  void add(core::Duration duration) noexcept;
  /// Smallest bucket middle with at least `share` (0 to 1) of all values at or below it; 0 when
  /// empty.
  [[nodiscard]] std::int64_t quantile_us(double share) const noexcept;
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  [[nodiscard]] core::Percentiles percentiles() const noexcept;

 private:
  std::array<std::uint32_t, core::log_linear::bucket_count> buckets_{};
  std::int64_t count_ = 0;
  std::int64_t max_us_ = 0;
};

/// The stamps of one turn. Each is set once, in whatever order things happen; the turn is complete
/// when the agent's answer becomes audible.
class TurnClock {
 public:
  /// The caller fell silent at `at` (the last moment of speech, not when we became sure). Starts a
  /// new turn. `agent_speaks`: the agent is still making words of before. What follows is the rest
  /// of them and no answer, unless it turns out that it was cut off.
  void caller_stopped(core::TimePoint at, core::TimePoint last_audio_sent,
                      bool agent_speaks = false) noexcept;
  void agent_was_cut_off() noexcept { agent_speaks_ = false; }
  void text_final(core::TimePoint at) noexcept;
  void voice_first_audio(core::TimePoint at) noexcept;
  /// The first audio of the answer left for the carrier and will be audible at `audible_at`.
  /// Returns the turn when a caller stop began one, and forgets it.
  std::optional<core::TurnLatency> carrier_first_audio(core::TimePoint at,
                                                       core::TimePoint audible_at) noexcept;
  /// The caller speaks again before an answer came: the stamps so far mean nothing.
  void reset() noexcept { stopped_ = last_audio_sent_ = text_final_ = first_audio_ = std::nullopt; }
  [[nodiscard]] bool waiting_for_answer() const noexcept { return stopped_ && !agent_speaks_; }

 private:
  bool agent_speaks_ = false;
  std::optional<core::TimePoint> stopped_, last_audio_sent_, text_final_, first_audio_;
  std::optional<core::TimePoint>
      latest_text_;  // may come before we are sure that the caller stopped
};

}  // namespace tandem::call
