// What was said and how much of it was heard, in order: numbers the transcript, settles the heard
// part of each utterance, and retells the conversation to a session that cannot remember it.
// Bounded: the oldest lines are forgotten here (never in the record).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/call/playout.hpp"
#include "bridge/call/voice.hpp"
#include "bridge/core/record.hpp"

namespace tandem::call {

/// The part of a text that was spoken when this share (0 to 1) of its sound had been heard, cut
/// after a whole word: speech is not that even, so it is an estimate. A view into `text`.
std::string_view heard_part(std::string_view text, double share) noexcept;

class Conversation {
 public:
  /// The next transcript entry. `utterance` names the audio that speaks it; empty for the caller.
  core::TranscriptEntry add(core::Speaker speaker, std::string_view text,
                            std::string_view event_type, std::string_view utterance);
  /// What is known about the playback of an utterance whose text may come before or after. A record
  /// once both are known.
  std::optional<core::TranscriptHeard> settle(const Heard& heard);
  /// The same for an entry whose audio was settled before its text came.
  std::optional<core::TranscriptHeard> heard_already(std::string_view utterance) const;
  /// Entries whose audio never came: said, but not a millisecond was heard.
  [[nodiscard]] std::vector<core::TranscriptHeard> never_heard() const;

  /// The last lines, oldest first; the agent's cut where the caller stopped hearing it.
  [[nodiscard]] std::vector<SpokenLine> lines() const;
  /// For a person who takes the call over: the caller's last words, at most `characters` bytes.
  [[nodiscard]] std::string last_words(std::size_t bytes_max) const;

  void begin_with(std::vector<SpokenLine> earlier);
  /// Of the entry that this utterance speaks; of the last one for the caller's words, which have
  /// none. Nothing when it has no text so far.
  [[nodiscard]] std::optional<std::int32_t> seq_of(core::Speaker speaker,
                                                   std::string_view utterance) const;
  [[nodiscard]] std::int32_t entries() const noexcept { return next_seq_; }
  [[nodiscard]] bool is_empty() const noexcept { return lines_.empty(); }

 private:
  struct Line {
    core::Speaker speaker = core::Speaker::user;
    std::string text;
    std::string utterance;  // assistant only
    std::int32_t seq = -1;  // -1: audio without text so far, or a line of an earlier process
    std::int32_t audio_ms = 0;
    std::int32_t heard_ms = 0;
    bool was_cut = false;
    bool is_settled = false;
  };
  Line* find(std::string_view utterance);
  void forget_old();
  static core::TranscriptHeard record_of(const Line& line);

  std::deque<Line> lines_;
  std::int32_t next_seq_ = 0;
};

}  // namespace tandem::call
