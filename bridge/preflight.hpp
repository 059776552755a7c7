// What `tandem check` asks a voice provider before any call does, and what its answer means: is it
// there, is the key accepted, does it have the model; and what it says of the review of the calling
// hours. Pure: check.cpp sends the request and reads the clock.
//
// An answer here proves no more than that. Whether a session opens is known only when one was
// opened, and that costs money.
#pragma once

#include <string>

#include "bridge/config.hpp"
#include "bridge/core/http.hpp"

namespace tandem {

struct PreflightResult {
  bool is_ready = false;
  bool is_worth_a_warning = false;  ///< ready, but not for long, or not as it was asked for
  std::string detail;               ///< for people; with the remedy when not ready; never a key
};

/// The cheapest question that needs host, key and model (or stored configuration) to be right.
core::OutgoingRequest preflight_request(const Config& config, VoiceProviderName provider);

PreflightResult judge_preflight(const Config& config, VoiceProviderName provider,
                                const core::OutgoingResponse& answer);

/// Whether somebody compared the calling hours with the law lately enough for calls to be placed.
/// Ready without asking when there is no number of ours: then none is placed.
PreflightResult judge_hours_review(const Config& config, core::WallTime now);

}  // namespace tandem
