// Dead air: which of four silences is it, and what to do about an agent that froze with its socket
// open (the top complaint of this field).
//
//   caller thinking   nobody speaks, and the agent was the last to speak
//   agent thinking    the caller spoke last; an answer is owed, not for long yet
//   agent frozen      an answer is owed for longer than any agent thinks
//   line dead         the carrier delivers no audio at all
//
// The ladder of a freeze: ask the agent again (a healthy one always answers that, so it is a probe
// as much as a nudge), resume the chat on a new socket, give up. Decides only; acting is
// call_voice.cpp.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "bridge/call/patience.hpp"
#include "bridge/core/types.hpp"

namespace tandem::call {

enum class Silence : std::uint8_t {
  none,
  caller_thinking,
  agent_thinking,
  agent_frozen,
  line_dead
};
inline constexpr std::size_t silence_count = 5;
std::string_view to_string(Silence silence) noexcept;

enum class FreezeStep : std::uint8_t { none, nudge, resume, give_up };
std::string_view to_string(FreezeStep step) noexcept;

class DeadAir {
 public:
  explicit DeadAir(const Patience& patience = {}) noexcept : patience_(patience) {}

  /// What is the case right now.
  struct Scene {
    bool caller_speaks = false;
    bool agent_is_heard = false;  ///< its audio plays, or waits to be played
    bool agent_is_away = false;   ///< the voice leg is not ready
    bool is_held = false;         ///< an operator paused the agent, or the stream is away
    core::TimePoint carrier_heard_at{};
  };

  /// The caller stopped speaking after `length` of speech. Short noises oblige nobody.
  void caller_stopped(core::TimePoint now, core::Duration length) noexcept;
  /// The agent's provider heard words of the caller: an answer is owed.
  void caller_words(core::TimePoint now) noexcept;
  /// The caller speaks again: the agent may well be listening.
  void caller_started(core::TimePoint now) noexcept;
  /// The agent speaks, or works on a tool call.
  void agent_acts() noexcept;
  /// The agent was cut off mid-sentence by the loss of its session: it owes the rest.
  void agent_was_cut(core::TimePoint now) noexcept { caller_words(now); }

  /// Accounts for the time since the last call and says which step is due now, each once per
  /// freeze.
  FreezeStep advance(core::TimePoint now, const Scene& scene) noexcept;
  /// When advance() has a step to take; empty while no answer is owed.
  [[nodiscard]] std::optional<core::TimePoint> deadline() const noexcept;

  [[nodiscard]] bool owes_answer() const noexcept { return owed_since_.has_value(); }
  [[nodiscard]] Silence silence() const noexcept { return silence_; }
  [[nodiscard]] std::chrono::milliseconds total(Silence kind) const noexcept;

 private:
  [[nodiscard]] bool is_same_breath(core::TimePoint now) const noexcept;
  [[nodiscard]] FreezeStep next_step(bool agent_is_away) const noexcept;
  [[nodiscard]] core::TimePoint due_at(FreezeStep step) const noexcept;
  [[nodiscard]] Silence classify(core::TimePoint now, const Scene& scene) const noexcept;

  Patience patience_;
  std::optional<core::TimePoint> owed_since_;
  bool goes_on_ = false;  // what the caller says now belongs to what is owed an answer already
  FreezeStep taken_ = FreezeStep::none;
  core::TimePoint taken_at_{};
  Silence silence_ = Silence::none;
  std::optional<core::TimePoint> accounted_until_;
  std::array<core::Duration, silence_count> totals_{};
};

}  // namespace tandem::call
