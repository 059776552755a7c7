// Hume EVI at the other end of the voice leg, as far as a conversation needs it:
//   hears   takes for speech what is a voice (the caller's, or the echo of its own) and loud enough
//           in the audio that reached it; coughs and bumps are no voice to it
//   yields  after `min_interruption` of speech, while it generates, with user_interruption; once
//           generation is over there is no verdict, only words
//   writes  interim user messages from half a second of speech on, a final one 800 ms after its end
//   speaks  faster than real time, in pieces of 200 ms; answers a final message of a caller who is
//           not just nodding along, and every user_input
// It can be lost, refuse, take long to connect, freeze and greet again.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/corpus/phone_line.hpp"

namespace tandem::corpus {

using Turn = std::vector<const AgentClip*>;

struct EviManner {
  double speed = 2.0;            ///< of generation, as a multiple of real time
  milliseconds network{25};      ///< each way
  milliseconds processing{100};  ///< from what it heard to its verdict on it
  milliseconds min_interruption{800};
  bool greets_again = false;  ///< says `greeting` on a resumed chat too
};

/// What becomes of one attempt to connect.
struct Dial {
  milliseconds takes{120};
  int refusal = -1;  ///< HTTP status, 0 no answer; -1: it is accepted
};

enum class Freeze : std::uint8_t {
  none,
  until_nudged,    ///< it wakes up when text comes
  until_replaced,  ///< the next session is healthy
  for_good,
};

class FakeEvi {
 public:
  FakeEvi(Timeline& timeline, Random dice, const PhoneLine& line, EviManner manner);

  // To the bridge.
  std::function<void()> on_open;
  std::function<void(std::string)> on_message;
  std::function<void(std::uint16_t)> on_close;
  std::function<void(int)> on_refusal;

  std::function<void()> on_turn;  ///< it begins to speak

  Turn greeting;
  std::deque<Turn> answers;  ///< one after the other; the last for ever
  std::deque<Dial> dials;    ///< of the attempts to come; then the default

  // From the bridge.
  void dial();
  void read(std::string_view message);
  void closed_by_bridge();

  void break_off(std::uint16_t code);
  void freeze(Freeze freeze) noexcept { freeze_ = freeze; }

  /// When it decided that it was interrupted.
  [[nodiscard]] std::optional<core::TimePoint> interrupted_at() const noexcept {
    return interrupted_at_;
  }
  [[nodiscard]] const std::vector<bool>& frames_heard() const noexcept { return frames_heard_; }
  [[nodiscard]] int sessions() const noexcept { return sessions_; }

 private:
  void ready(int session);
  void say(std::string message);
  void hear(std::span<const std::int16_t> samples);
  void hear_voice(const FrameTruth& truth);
  void hear_quiet();
  void write_down(bool is_interim);
  void yield();
  void answer();
  void speak(const Turn& turn);
  void speak_piece(std::uint64_t generation);
  [[nodiscard]] bool is_speechless() const noexcept { return freeze_ != Freeze::none; }
  template <class Action>
  void later(core::Duration delay, Action action);

  Timeline& timeline_;
  const PhoneLine& line_;
  EviManner manner_;
  Pipe down_;
  int sessions_ = 0;  // dialled so far; also the number of the present one
  bool is_open_ = false;
  Freeze freeze_ = Freeze::none;
  std::vector<bool> frames_heard_;  // by number

  // Ears; times are milliseconds of audio heard.
  std::vector<std::int16_t> samples_;
  std::int64_t heard_ms_ = 0;
  std::optional<std::int64_t> speech_began_ms_;
  std::int64_t last_voice_ms_ = 0;
  std::int64_t written_ms_ = 0;
  bool has_yielded_ = false;
  FrameTruth latest_;
  std::optional<core::TimePoint> interrupted_at_;

  // Mouth.
  std::uint64_t generation_ = 0;  // of turns; rises when one begins or is cut
  bool is_generating_ = false;
  Turn turn_;
  std::size_t clip_ = 0;
  std::size_t position_ = 0;
  std::int64_t index_ = 0;
  int utterances_ = 0;
};

}  // namespace tandem::corpus
