// Two-stage barge-in. Our own ears notice within some 80 ms that the caller speaks while the agent
// is heard: the playout is held. The agent (which hears words, not levels) gives the verdict:
// confirmed, or, when none comes in time, the playout goes on from the held frame and nothing of it
// is lost. So a cut-in stops the agent at once, and a cough or an "uh-huh" costs half a second.
//
// This class decides; holding, clearing and resuming are bridge/call/playout and call.cpp. Times of
// verdicts: Hume EVI waits for `min_interruption_ms` of speech (800 by default) before it yields.
#pragma once

#include <optional>
#include <string_view>

#include "bridge/call/patience.hpp"
#include "bridge/core/types.hpp"

namespace tandem::call {

class BargeIn {
 public:
  explicit BargeIn(const Patience& patience = {}) noexcept : patience_(patience) {}

  /// The caller began to speak at `began`, known `now`. `may_hold`: agent audio is being heard, and
  /// it may be interrupted. True: hold the playout now.
  bool caller_started(core::TimePoint began, core::TimePoint now, bool may_hold) noexcept;
  /// The caller fell silent; the last loud moment was `last_loud`.
  void caller_stopped(core::TimePoint last_loud) noexcept;
  /// The agent gave its verdict, or something else cut it off. Returns how long after the caller
  /// began to speak the agent was silent: at the hold when there was one, else now.
  core::Duration confirm(core::TimePoint now) noexcept;
  /// True once when the hold is over without a verdict: resume the playout.
  bool advance(core::TimePoint now) noexcept;
  /// A hold that has lost its object: the stream broke, the call closes.
  void cancel() noexcept;

  [[nodiscard]] bool is_holding() const noexcept { return held_at_.has_value(); }
  /// When advance() may answer true; empty while nothing is held.
  [[nodiscard]] std::optional<core::TimePoint> deadline() const noexcept;

 private:
  Patience patience_;
  std::optional<core::TimePoint> speech_began_;  // of the speech that goes on now
  std::optional<core::TimePoint> held_at_;
  std::optional<core::TimePoint> last_loud_;  // set when the held speech has ended
  int rejections_ = 0;                        // in a row
  core::TimePoint no_hold_before_{};
};

/// Words that say "go on, I am listening" (English). An agent is not cut off by these alone.
bool is_backchannel(std::string_view text) noexcept;
/// At least two words.
bool has_two_words(std::string_view text) noexcept;

}  // namespace tandem::call
