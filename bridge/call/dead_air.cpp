#include "bridge/call/dead_air.hpp"

#include <algorithm>
#include <utility>

#include "bridge/core/limits.hpp"

namespace tandem::call {

std::string_view to_string(Silence silence) noexcept {
  constexpr std::array<std::string_view, silence_count> names = {
      "none", "caller_thinking", "agent_thinking", "agent_frozen", "line_dead"};
  return names[static_cast<std::size_t>(silence)];
}

std::string_view to_string(FreezeStep step) noexcept {
  constexpr std::array<std::string_view, 4> names = {"none", "nudge", "resume", "give_up"};
  return names[static_cast<std::size_t>(step)];
}

// A caller who goes on after a breath restarts the clock; one who says "hello?" into a long silence
// does not, or a frozen agent would never be found out.
bool DeadAir::is_same_breath(core::TimePoint now) const noexcept {
  return taken_ == FreezeStep::none && owed_since_ && now - *owed_since_ < limits::breath_max;
}

void DeadAir::caller_words(core::TimePoint now) noexcept {
  if (!owed_since_ || is_same_breath(now)) owed_since_ = now;
}

void DeadAir::caller_started(core::TimePoint now) noexcept { goes_on_ = is_same_breath(now); }

void DeadAir::caller_stopped(core::TimePoint now, core::Duration length) noexcept {
  const bool goes_on = std::exchange(goes_on_, false);
  if (goes_on && owed_since_) {
    owed_since_ = now;
  } else if (length >= limits::speech_that_wants_answer) {
    caller_words(now);
  }
}

void DeadAir::agent_acts() noexcept {
  owed_since_.reset();
  taken_ = FreezeStep::none;
}

Silence DeadAir::classify(core::TimePoint now, const Scene& scene) const noexcept {
  if (scene.caller_speaks || scene.agent_is_heard) return Silence::none;
  if (now - scene.carrier_heard_at >= limits::line_dead_after) return Silence::line_dead;
  if (scene.agent_is_away) return Silence::agent_thinking;
  if (!owed_since_) return Silence::caller_thinking;
  return now - *owed_since_ >= patience_.freeze_nudge ? Silence::agent_frozen
                                                      : Silence::agent_thinking;
}

FreezeStep DeadAir::advance(core::TimePoint now, const Scene& scene) noexcept {
  if (accounted_until_) totals_[static_cast<std::size_t>(silence_)] += now - *accounted_until_;
  accounted_until_ = now;
  silence_ = classify(now, scene);
  if (!owed_since_) return FreezeStep::none;
  if (scene.is_held) {  // nobody may answer now, so nobody is late
    owed_since_ = now;
    taken_ = FreezeStep::none;
    return FreezeStep::none;
  }
  // While the caller speaks the agent is right to listen, and while audio plays it has answered.
  if (scene.caller_speaks || scene.agent_is_heard) return FreezeStep::none;
  const auto step = next_step(scene.agent_is_away);
  if (step == FreezeStep::none || now < due_at(step)) return FreezeStep::none;
  taken_ = step;
  taken_at_ = now;
  return step;
}

/// One after the other. While the agent is away its return is being worked on, and only patience
/// can end.
FreezeStep DeadAir::next_step(bool agent_is_away) const noexcept {
  if (taken_ == FreezeStep::give_up) return FreezeStep::none;
  if (agent_is_away) return FreezeStep::give_up;
  return static_cast<FreezeStep>(static_cast<int>(taken_) + 1);
}

/// Counted from when the answer was owed; a ladder that is climbed late, because a stall hid the
/// silence, is climbed at the usual pace.
core::TimePoint DeadAir::due_at(FreezeStep step) const noexcept {
  switch (step) {
    case FreezeStep::nudge:
      return *owed_since_ + patience_.freeze_nudge;
    case FreezeStep::resume:
      return std::max(*owed_since_ + patience_.freeze_resume,
                      taken_at_ + (patience_.freeze_resume - patience_.freeze_nudge));
    default:
      break;
  }
  const auto latest = *owed_since_ + patience_.freeze_give_up;
  if (taken_ != FreezeStep::resume) return latest;
  return std::max(latest, taken_at_ + (patience_.freeze_give_up - patience_.freeze_resume));
}

std::optional<core::TimePoint> DeadAir::deadline() const noexcept {
  if (!owed_since_ || taken_ == FreezeStep::give_up) return std::nullopt;
  return std::min(due_at(next_step(false)), due_at(FreezeStep::give_up));
}

std::chrono::milliseconds DeadAir::total(Silence kind) const noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      totals_[static_cast<std::size_t>(kind)]);
}

}  // namespace tandem::call
