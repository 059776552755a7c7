// How long a call waits before it acts, as far as an operator may choose (GET and POST
// /latency/config; web/latency_settings.hpp has the bounds). The defaults, and why they are what
// they are, stand in core/limits. Fixed for the life of a call.
#pragma once

#include <chrono>

#include "bridge/core/limits.hpp"

namespace tandem::call {

struct Patience {
  using Milliseconds = std::chrono::milliseconds;

  // A barge-in (bridge/call/barge_in).
  Milliseconds hold_unplayed_min{limits::hold_unplayed_min};   ///< less left to play: no hold
  Milliseconds hold_max{limits::barge_in_verdict_max};         ///< a hold waits for its verdict
  Milliseconds quiet_release{limits::barge_in_quiet_release};  ///< or until that long a silence

  // An agent that owes an answer (bridge/call/dead_air), rising; and one that is away.
  Milliseconds freeze_nudge{limits::freeze_nudge_after};
  Milliseconds freeze_resume{limits::freeze_resume_after};
  Milliseconds freeze_give_up{limits::freeze_give_up_after};
  Milliseconds one_moment{limits::one_moment_after};
};

}  // namespace tandem::call
