// One turn of Gemini's model on the wire: speech cut into PCM chunks with their times, words ahead
// of them, and the settings that say how. Pure.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "json.hpp"
#include "socket.hpp"
#include "sound.hpp"

namespace tandem::standins {

constexpr std::uint32_t live_rate = 24000;  // of what the model speaks

struct LiveSettings {
  std::string scenario;
  std::int64_t chunk_ms = 40;
  double speed = 4;
  std::int64_t setup_delay_ms = 150;
  std::int64_t think_ms = 250;
  std::int64_t delta_ms = 120;           // between the deltas of the caller's words
  std::int64_t transcript_delay_ms = 0;  // before the first of them
  std::int64_t connection_s = 600;       // life of a connection
  std::int64_t go_away_s = 60;           // notice before its end
  std::int64_t tool_timeout_ms = 5000;
  bool strict = true;        // close on what the schema refuses; else only write it down
  bool text_frames = false;  // Google sends binary frames
  json::object faults;

  // Throws BadInput for a key it does not know.
  static LiveSettings from(const json::object& settings);
};

struct SpokenClip {
  std::string text;
  std::shared_ptr<const Samples> sound;
};

struct LivePart {
  enum class Kind { words, audio, tool_call, generated, over };
  Kind kind = Kind::audio;
  TimePoint due;
  std::string text;  // words
  std::span<const std::int16_t> samples;
};

struct LiveTurn {
  std::vector<SpokenClip> clips;  // owns what the parts show
  std::deque<LivePart> parts;
  bool began = false;      // something was sent
  bool has_audio = false;  // sound was sent
  bool generated = false;
};

// `begin`: when the first part goes out. The last one, `over`, is due when a client would have
// played everything. `hangs_up`: the model calls that function after its last word.
LiveTurn plan_turn(std::vector<SpokenClip> clips, const LiveSettings& settings, double speed,
                   bool hangs_up, TimePoint begin);

// A copy: Boost.JSON takes no std::string.
inline json::value text_value(std::string_view text) {
  return json::value(json::string_view(text));
}

// Words in pieces of about two, blanks in front, as the transcriber sends them.
std::vector<std::string> deltas_of(const std::string& text);

}  // namespace tandem::standins
