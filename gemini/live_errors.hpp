// What closes and refusals of Gemini Live mean for a call: the policy, as tables. The API has no
// error message; all it says is a close code and a reason of at most 123 bytes, and 1008 covers
// everything from a wrong key to a passing fault of the server. So the words of the reason decide,
// never the code alone.
#pragma once

#include <cstdint>
#include <string_view>

#include "bridge/call/voice.hpp"

namespace tandem::gemini {

/// How far the connection that closed had come.
struct LiveProgress {
  bool was_ready = false;   ///< setupComplete came
  bool was_resume = false;  ///< it named a handle
  int resumes = 0;          ///< attempts in a row that named one, this one included
  bool was_warned = false;  ///< goAway came
  bool hangs_up = false;    ///< the agent had asked to end the call
};

call::VoiceVerdict verdict_on_live_close(std::uint16_t code, std::string_view reason,
                                         const LiveProgress& progress);

/// 0: no HTTP answer at all.
call::VoiceVerdict verdict_on_live_refusal(int status);

}  // namespace tandem::gemini
