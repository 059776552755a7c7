// The function calls of one Gemini Live connection: which are new, which are repetitions, which
// still want an answer. Models call the same function two to five times for one wish of the caller;
// the call must hear of it once, and the model must get an answer for every id.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>

#include "gemini/live_messages.hpp"

namespace tandem::gemini {

class LiveTools {
 public:
  enum class Kind : std::uint8_t {
    fresh,
    same_id,  ///< the message came twice: nothing to do
    repeat,   ///< the same function with the same arguments: answer it, do not carry it out
  };
  /// `at`: position in the caller audio.
  Kind add(const LiveFunctionCall& call, std::chrono::milliseconds at);

  /// True when the call was waiting for an answer: from now on it is not.
  bool answer(std::string_view id);
  /// The same, and the call counts as never made: the model may well make it again.
  bool cancel(std::string_view id);
  void clear() noexcept { calls_.clear(); }

 private:
  struct Call {
    LiveFunctionCall function;
    std::chrono::milliseconds at{0};
    bool waits = true;
  };
  std::deque<Call> calls_;  ///< the latest
};

}  // namespace tandem::gemini
