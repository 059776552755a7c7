// Puts what was said into the order in which it was said. The server tells the order of items when
// they enter the conversation, the agent's words while it speaks, and the caller's words whenever
// its transcriber is done: before, during or after the answer to them. So an item opens a line
// where it belongs, and a line leaves when it is done and nothing before it is outstanding.
//
// A line cannot wait for ever, and there is no clock here: after `lines_wait_max` messages that
// carry no media it stops waiting. An outstanding line of the caller is then passed over (its
// words, if they still come, follow at once where they come), one of the agent leaves with the
// words known.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/call/voice.hpp"

namespace tandem::openai {

/// About two turns of conversation: one answer is eleven such messages, one turn of the caller
/// five.
inline constexpr int lines_wait_max = 24;

class TranscriptOrder {
 public:
  /// The item exists, behind `previous` (empty or unknown: last). Again: nothing.
  void open(std::string_view item, core::Speaker speaker, std::string_view previous);
  /// Where the speech of a caller's item lies in the audio we sent; the item need not be open yet.
  void speech_began(std::string_view item, std::chrono::milliseconds at);
  void speech_ended(std::string_view item, std::chrono::milliseconds at);
  /// More words of the agent.
  void add(std::string_view item, std::string_view text);
  /// All words of the item are known: `text`, or when it is empty those added so far. Opens the
  /// line when nothing did. Of an item that has left: nothing.
  void finish(std::string_view item, core::Speaker speaker, std::string_view text);
  /// As above, of text that we sent ourselves.
  void finish_typed(std::string_view item, std::string_view text);
  /// Nothing more will come for any line: the session is over, or the call is about to be.
  void end();

  /// A finished line waits for one before it. As of the last take().
  [[nodiscard]] bool is_held_up() const noexcept;
  /// One message came that carries no media.
  void count_message() noexcept { ++waited_; }
  /// Appends the lines that may leave now; those without words leave silently.
  void take(std::vector<call::VoiceEvent>& events);

 private:
  struct Line {
    std::string item;
    core::Speaker speaker = core::Speaker::user;
    std::string text;
    std::chrono::milliseconds begin{0};
    std::chrono::milliseconds end{0};
    bool is_done = false;
    bool is_typed = false;
  };
  struct Speech {
    std::string item;
    std::chrono::milliseconds begin{0};
    std::chrono::milliseconds end{0};
  };

  Line* find(std::string_view item) noexcept;
  Speech& speech_of(std::string_view item);
  [[nodiscard]] bool has_left(std::string_view item) const noexcept;
  void leave(Line& line, std::vector<call::VoiceEvent>& events);

  std::vector<Line> lines_;         // in order of the conversation
  std::array<Speech, 4> speeches_;  // the latest
  std::size_t next_speech_ = 0;
  std::array<std::string, 16> left_;  // the latest, by id
  std::size_t next_left_ = 0;
  int waited_ = 0;  // messages since a line left, or none was held up
};

}  // namespace tandem::openai
