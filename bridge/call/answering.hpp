// Who picked up the call that we placed, and what follows from it. The carrier's detection comes
// seconds after the answer and may be wrong: a talk that clearly has a person in it is not cut off
// by it (O06).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bridge/call/call_io.hpp"
#include "bridge/core/limits.hpp"

namespace tandem::call {

/// True for words that only machines say: "leave a message after the tone". For a person's line it
/// is a guess, and costs nothing but patience.
[[nodiscard]] bool sounds_recorded(std::string_view text);

class Answering {
 public:
  enum class Step : std::uint8_t { talk, hang_up, leave_message };

  /// `has_message`: there is something to say to a machine.
  Answering(AnsweredPolicy policy, bool has_message) noexcept;

  /// Agent audio left for the other side.
  void agent_was_heard() noexcept { agent_spoke_ = true; }
  /// The other side's final words.
  void caller_said(std::string_view text);

  /// The carrier's verdict. Nothing when it says what it said before.
  std::optional<Step> judge(AnsweredBy by) noexcept;
  /// Somebody on the line answers what the agent says.
  [[nodiscard]] bool has_person() const noexcept { return turns_ >= limits::person_turns; }

 private:
  AnsweredPolicy policy_;
  std::optional<AnsweredBy> verdict_;
  bool agent_spoke_ = false;  // since the other side's last turn
  int turns_ = 0;
};

[[nodiscard]] std::string_view to_string(Answering::Step step) noexcept;

}  // namespace tandem::call
