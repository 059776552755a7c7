// One assistant turn on the wire: sentences cut into WAV chunks with their times, and the ways a
// chunk can be broken. Pure.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "json.hpp"
#include "socket.hpp"
#include "sound.hpp"

namespace tandem::standins {

struct EviSettings {
  std::string scenario;
  std::uint32_t rate = 48000;
  std::int64_t chunk_ms = 500;
  double speed = 4;
  std::int64_t metadata_delay_ms = 120;
  std::int64_t think_ms = 250;
  bool greeting = true;
  bool resume_greeting = false;
  bool echo_settings = false;
  std::int64_t end_of_turn_silence_ms = 800;
  double speech_detection_threshold = 0.5;
  std::int64_t prefix_padding_ms = 300;
  std::int64_t min_interruption_ms = 800;
  std::int64_t interim_ms = 300;
  std::int64_t inactivity_s = 120;
  std::int64_t inactivity_grace_s = 15;
  std::int64_t max_duration_s = 1800;
  std::int64_t undecodable_s = 10;
  bool strict = true;
  json::object faults;

  // Throws BadInput for a key it does not know.
  static EviSettings from(const json::object& settings);
};

struct Sentence {
  std::string id, text;
  bool from_text = false;
  std::shared_ptr<const Samples> sound;
};

struct ReplyPart {
  enum class Kind { message, audio, prosody, end, hang_up };
  Kind kind = Kind::message;
  TimePoint due;
  std::size_t sentence = 0;
  std::size_t first_sample = 0;
  std::size_t samples = 0;
  std::int64_t index = 0;  // of the chunk within its id
};

struct Reply {
  std::vector<Sentence> sentences;
  std::deque<ReplyPart> parts;
  bool audio_sent = false;
};

// `begin`: when the first part goes out. `speed` against real time.
Reply plan_reply(std::vector<Sentence> sentences, const EviSettings& settings, double speed,
                 bool hang_up, TimePoint begin);

// A WAV file as the fault name says (README.md, `wav`); empty name: a sound one.
std::string wav_chunk(std::span<const std::int16_t> samples, std::uint32_t rate,
                      const std::string& fault);

}  // namespace tandem::standins
