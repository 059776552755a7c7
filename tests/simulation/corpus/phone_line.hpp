// The carrier's end of a call with a real telephone behind it: every 20 ms it plays what the bridge
// sent and sends what the microphone hears, which is the caller, the caller's room and, over a bad
// line, the agent's own voice. Twilio's media stream byte for byte.
//
// It also knows what no other party can: whose voice is in which frame. Frames are told apart by
// their bytes; the line noise makes every one of them different.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "codec/audio.hpp"
#include "tests/simulation/corpus/pipe.hpp"
#include "tests/simulation/corpus/recording.hpp"
#include "tests/simulation/playback_queue.hpp"
#include "tests/simulation/twilio_texts.hpp"

namespace tandem::corpus {

enum class Voice : std::uint8_t { none, caller, agent };

/// The truth about one frame of caller audio.
struct FrameTruth {
  std::int64_t number = 0;
  std::size_t sample = 0;  ///< where it begins on the line's clock
  Voice voice = Voice::none;
  const CallerClip* clip = nullptr;  ///< whose words
  float progress = 0;                ///< of that clip, at the end of the frame; 0 to 1
};

struct EchoPath {
  float loss_db = 0;  ///< 0: no echo
  milliseconds delay{0};
};

/// Something to be heard at the caller's end.
struct Heard {
  Sound sound;
  const CallerClip* clip = nullptr;  ///< null: not words
};

class PhoneLine {
 public:
  PhoneLine(Timeline& timeline, Random dice, EchoPath echo);

  std::function<void(std::string)> to_bridge;
  std::function<void()> on_agent_begins;  ///< the first sample of the agent is played

  void begin(const std::string& call_id, const std::string& token);
  /// One message of the bridge.
  void read(std::string_view text);
  void hang_up();

  /// The caller's room from now on, louder than the line's own noise; repeats itself.
  void set_background(Sound sound) { background_ = std::move(sound); }
  /// Sounds at that sample of the line's clock (not before the present one).
  void add(Heard heard, std::size_t at);

  /// The present sample of the line's clock: both directions count alike.
  [[nodiscard]] std::size_t clock() const noexcept { return recording_.size(); }
  [[nodiscard]] const Recording& recording() const noexcept { return recording_; }
  [[nodiscard]] const std::vector<FrameTruth>& frames() const noexcept { return frames_; }
  /// Null for a frame that is not the caller's.
  [[nodiscard]] const FrameTruth* truth_of(std::span<const std::uint8_t> ulaw) const;
  [[nodiscard]] int refused_messages() const noexcept { return refused_; }

 private:
  struct Placed {
    Heard heard;
    std::size_t at = 0;
  };

  void tick();
  void play();
  void listen();
  FrameTruth mix_frame(std::vector<float>& frame);
  [[nodiscard]] float echo_at(std::size_t sample) const noexcept;
  void send(std::string text) { to_bridge(std::move(text)); }

  Timeline& timeline_;
  EchoPath echo_;
  float echo_gain_ = 0;
  Sound noise_;
  Sound background_;
  std::vector<Placed> sounds_;
  simulation::StreamIds ids_;
  simulation::PlaybackQueue queue_;
  Recording recording_;
  std::vector<FrameTruth> frames_;
  std::unordered_map<std::string, std::size_t> by_bytes_;
  std::int64_t sequence_ = 1;
  bool is_live_ = false;
  bool agent_was_heard_ = false;
  int refused_ = 0;
};

}  // namespace tandem::corpus
