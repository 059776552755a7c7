// One answer of the OpenAI Realtime stand-in on the wire: speech cut into deltas of odd length with
// their times, its words beside it, and the settings that say how. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "json.hpp"
#include "socket.hpp"

namespace tandem::standins {

struct RealtimeSettings {
  std::string scenario;
  std::int64_t delta_bytes = 1234;      // of audio per message
  double speed = 6;                     // of generation, against real time
  std::int64_t think_ms = 250;          // from the end of a turn to the answer
  std::int64_t setup_ms = 60;           // from session.update to session.updated
  std::int64_t transcription_ms = 300;  // from the end of a turn to its words
  std::int64_t session_s = 3600;        // life of a session
  std::string pcmu = "obeyed";  // "ignored": says mu-law, sends PCM; "refused": keeps PCM both ways
  bool strict = true;           // refuse what the types do not have; else only write it down
  json::object faults;

  // Throws BadInput for a key it does not know.
  static RealtimeSettings from(const json::object& settings);
};

struct RealtimeFormat {
  bool is_ulaw = true;
  std::uint32_t rate() const { return is_ulaw ? 8000 : 24000; }
  std::int64_t bytes_per_ms() const { return is_ulaw ? 8 : 48; }
};

struct RealtimeTool {
  std::string call_id, name, arguments;
};

struct RealtimePart {
  enum class Kind { begin, words, audio, end };
  Kind kind = Kind::begin;
  TimePoint due;
  std::string text;       // words
  std::size_t first = 0;  // audio: bytes of the answer
  std::size_t bytes = 0;
};

struct RealtimeAnswer {
  std::string id, item_id;
  std::string text;   // all of it
  std::string audio;  // all of it, in the format of the wire
  RealtimeFormat format;
  std::vector<RealtimeTool> tools;  // called after the last word
  json::value metadata;             // of the response.create that asked for it
  bool in_conversation = true;
  std::deque<RealtimePart> parts;
  bool began = false;
  std::string sent_text;
  std::size_t sent_bytes = 0;

  std::int64_t sent_ms() const {
    return static_cast<std::int64_t>(sent_bytes) / format.bytes_per_ms();
  }
};

// Fills in the parts. `begin`: when the first goes out. `speed` 0: that of the settings.
void plan_answer(RealtimeAnswer& answer, const RealtimeSettings& settings, double speed,
                 TimePoint begin);

}  // namespace tandem::standins
