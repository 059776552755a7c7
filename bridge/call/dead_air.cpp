#include "bridge/call/dead_air.hpp"

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
  return now - *owed_since_ >= limits::freeze_nudge_after ? Silence::agent_frozen
                                                          : Silence::agent_thinking;
}

FreezeStep DeadAir::advance(core::TimePoint now, const Scene& scene) noexcept {
  if (accounted_until_) totals_[static_cast<std::size_t>(silence_)] += now - *accounted_until_;
  accounted_until_ = now;
  silence_ = classify(now, scene);
  if (!owed_since_ || scene.is_held) return FreezeStep::none;
  // While the caller speaks the agent is right to listen, and while audio plays it has answered.
  if (scene.caller_speaks || scene.agent_is_heard) return FreezeStep::none;
  const auto owed = now - *owed_since_;
  const auto take = [&](FreezeStep step, core::Duration after) {
    if (taken_ >= step || owed < after) return false;
    taken_ = step;
    return true;
  };
  if (take(FreezeStep::give_up, limits::freeze_give_up_after)) return FreezeStep::give_up;
  if (scene.agent_is_away) return FreezeStep::none;  // its return is being worked on
  if (take(FreezeStep::resume, limits::freeze_resume_after)) return FreezeStep::resume;
  if (take(FreezeStep::nudge, limits::freeze_nudge_after)) return FreezeStep::nudge;
  return FreezeStep::none;
}

std::optional<core::TimePoint> DeadAir::deadline() const noexcept {
  if (!owed_since_) return std::nullopt;
  switch (taken_) {
    case FreezeStep::none:
      return *owed_since_ + limits::freeze_nudge_after;
    case FreezeStep::nudge:
      return *owed_since_ + limits::freeze_resume_after;
    case FreezeStep::resume:
      return *owed_since_ + limits::freeze_give_up_after;
    case FreezeStep::give_up:
      break;
  }
  return std::nullopt;
}

std::chrono::milliseconds DeadAir::total(Silence kind) const noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      totals_[static_cast<std::size_t>(kind)]);
}

}  // namespace tandem::call
