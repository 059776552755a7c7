// How EVI's stand-in hears: a speech detector on energy with the four knobs of a config's turn
// detection, and a recogniser that tells which of the known caller lines an utterance was. Pure;
// its clock is the audio received, as in EVI's `time`.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sound.hpp"
#include "speech_data.hpp"

namespace tandem::standins {

struct EarSettings {
  std::int64_t end_of_turn_silence_ms = 800;
  double speech_detection_threshold = 0.5;  // 0 to 1: -60 to -20 dBFS
  std::int64_t prefix_padding_ms = 300;
  std::int64_t min_interruption_ms = 800;
};

class SpeechDetector {
 public:
  struct Event {
    enum class Kind { began, interrupting, ended } kind = Kind::began;
    std::int64_t begin_ms = 0;
    std::int64_t end_ms = 0;     // ended: of the last speech
    std::vector<double> levels;  // ended: dBFS of every 10 ms from begin to end
  };

  SpeechDetector(EarSettings settings, std::uint32_t rate) : settings_(settings), rate_(rate) {}

  std::vector<Event> push(std::span<const std::int16_t> samples);

  std::int64_t heard_ms() const { return blocks_ * 10; }
  bool speaking() const { return speaking_; }
  std::int64_t speech_begin_ms() const { return begin_block_ * 10; }
  std::int64_t quiet_ms() const { return (blocks_ - last_loud_block_) * 10; }

 private:
  void block(double level, std::vector<Event>& events);

  EarSettings settings_;
  std::uint32_t rate_;
  Samples partial_;
  std::vector<double> levels_;  // since `begin_block_` less the padding
  std::int64_t blocks_ = 0;
  std::int64_t loud_run_ = 0;
  std::int64_t loud_blocks_ = 0;
  std::int64_t begin_block_ = 0;
  std::int64_t last_loud_block_ = 0;
  bool speaking_ = false;
  bool interrupting_ = false;
};

// Compares energy envelopes. Made once, used by all chats.
class Recogniser {
 public:
  explicit Recogniser(const SpeechData& speech);

  // The caller clip that the utterance is, or empty when it resembles none.
  std::string recognise(const std::vector<double>& levels) const;

 private:
  std::map<std::string, std::vector<double>> envelopes_;
};

}  // namespace tandem::standins
