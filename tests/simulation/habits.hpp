// In what the services of voice agents differ beyond the words on the wire.
#pragma once

namespace tandem::simulation {

struct Habits {
  bool waits_for_opening = false;  ///< is ready only after the client's first message
  bool greets_by_itself = true;
  bool can_be_paused = true;  ///< else it speaks on, and what it says is dropped on our side
  /// Tells of the end of a turn that was interrupted, and names no utterance: a turn is one.
  bool counts_turns = false;
  /// Says when the caller begins and stops to speak, falls silent at once and always answers; makes
  /// one answer at a time, and also when it is asked for one.
  bool reports_speech = false;
  bool big_is_final = false;  ///< a close with 1009 is taken for a refusal
  bool writes_late = false;   ///< the caller's words may come after the answer has begun
  bool keeps_samples = true;  ///< what it hears is what the caller's frames held, sample by sample
};

}  // namespace tandem::simulation
