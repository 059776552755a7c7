// Puts the words of a Gemini Live session into order. The provider sends what caller and agent say
// as deltas without ids, and those of the caller before, during or after the reply that they
// caused; the call wants whole entries, each once, cause before effect.
//
//   caller  final when a turn is over, when a tool is called, and when the reply has begun and no
//           delta came for one second; interim after every delta
//   agent   final when its generation is complete or cut. If the words that caused the reply are
//           missing or still coming then, it waits for them: until they are final, or until the
//           turn is over
//
// There is no clock here: `at` is the position in the caller audio that was sent, which runs at
// real time, and rules of time are applied when something arrives. Words that no later message
// settles stay interim; abandon() makes them final.
//
// Used by gemini/live_provider only. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/call/voice.hpp"

namespace tandem::gemini {

class LiveTranscript {
 public:
  using Position = std::chrono::milliseconds;

  /// The next reply answers a text of ours: no words of the caller are to be waited for.
  void prompted() noexcept { prompted_ = true; }
  /// Words the caller "said" by other means than speech.
  void caller_typed(std::string_view text);

  void caller_said(std::string_view delta, Position at);
  /// What the caller may be saying just now; replaces the last such text.
  void caller_may_say(std::string_view text);
  /// The first output of a reply.
  void reply_began() noexcept;
  /// Words of the agent, spoken by `utterance`.
  void agent_said(std::string_view delta, std::string_view utterance);

  /// Applies the rule of one second.
  void time_passed(Position at);
  void tool_called();
  /// The agent's words are complete. Words that come after all belong to no utterance.
  void agent_finished(Position at);
  /// ... and yet more output came in the same turn.
  void agent_goes_on() noexcept { agent_is_complete_ = false; }
  /// The agent's words end here: interrupted.
  void agent_cut();
  /// The server ended a turn that was not cut, with or without a reply.
  void turn_over();
  /// The connection is gone: what is unsettled is final. Returns these lines.
  std::vector<call::SpokenLine> abandon();

  /// The agent's words are complete, but still wait for those of the caller.
  [[nodiscard]] bool is_waiting() const noexcept { return waits_; }

  /// The final words since the last saved(), the oldest forgotten beyond a bound.
  [[nodiscard]] const std::vector<call::SpokenLine>& unsaved() const noexcept { return unsaved_; }
  /// The server can continue from here.
  void saved() noexcept { unsaved_.clear(); }

  /// Moves what was settled since the last call to the end of `events`, in order.
  void take(std::vector<call::VoiceEvent>& events);

 private:
  struct Words {
    std::string text;
    std::string utterance;
  };
  void keep(core::Speaker speaker, std::string_view text);
  void settle_caller();
  void settle_agent();
  void settle_waiting();
  void add(core::Speaker speaker, std::string_view text, std::string_view utterance, bool is_final);

  std::vector<call::VoiceEvent> settled_;
  std::vector<call::SpokenLine> unsaved_;

  std::string caller_;  // since their last final
  Position caller_at_{0};
  bool caller_is_cause_ = false;  // they precede the running reply

  Words agent_;    // since their last final
  Words waiting_;  // complete, but what caused them is not known yet
  bool waits_ = false;
  bool agent_is_complete_ = false;

  bool reply_runs_ = false;
  bool reply_has_cause_ = false;
  bool prompted_ = false;
};

}  // namespace tandem::gemini
