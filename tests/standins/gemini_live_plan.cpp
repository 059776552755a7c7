#include "gemini_live_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tandem::standins {

LiveSettings LiveSettings::from(const json::object& json) {
  static const std::set<std::string_view> known{"scenario",
                                                "chunk_ms",
                                                "speed",
                                                "setup_delay_ms",
                                                "think_ms",
                                                "delta_ms",
                                                "transcript_delay_ms",
                                                "connection_s",
                                                "go_away_s",
                                                "tool_timeout_ms",
                                                "strict",
                                                "text_frames",
                                                "faults",
                                                "count"};
  for (const auto& [key, value] : json) {
    if (!known.contains(key))
      throw BadInput(fmt::format("unknown Gemini Live setting '{}'", std::string_view(key)));
  }
  LiveSettings s;
  s.scenario = text_or(json, "scenario", s.scenario);
  s.chunk_ms = std::max<std::int64_t>(10, number_or(json, "chunk_ms", s.chunk_ms));
  s.speed = real_or(json, "speed", s.speed);
  s.setup_delay_ms = number_or(json, "setup_delay_ms", s.setup_delay_ms);
  s.think_ms = number_or(json, "think_ms", s.think_ms);
  s.delta_ms = number_or(json, "delta_ms", s.delta_ms);
  s.transcript_delay_ms = number_or(json, "transcript_delay_ms", s.transcript_delay_ms);
  s.connection_s = number_or(json, "connection_s", s.connection_s);
  s.go_away_s = number_or(json, "go_away_s", s.go_away_s);
  s.tool_timeout_ms = number_or(json, "tool_timeout_ms", s.tool_timeout_ms);
  s.strict = flag_or(json, "strict", s.strict);
  s.text_frames = flag_or(json, "text_frames", s.text_frames);
  s.faults = object_or_empty(json, "faults");
  if (s.speed <= 0) throw BadInput("speed out of range");
  return s;
}

LiveTurn plan_turn(std::vector<SpokenClip> clips, const LiveSettings& settings, double speed,
                   bool hangs_up, TimePoint begin) {
  using Kind = LivePart::Kind;
  const auto lasting = [](std::size_t samples, double rate) {
    const double seconds = static_cast<double>(samples) / rate;
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  LiveTurn turn;
  turn.clips = std::move(clips);
  TimePoint due = begin;
  TimePoint played = begin;
  const std::size_t chunk = static_cast<std::size_t>(settings.chunk_ms) * live_rate / 1000;
  for (const SpokenClip& clip : turn.clips) {
    const std::span<const std::int16_t> sound(*clip.sound);
    const auto deltas = deltas_of(clip.text);
    const std::size_t chunks = (sound.size() + chunk - 1) / chunk;
    for (std::size_t i = 0; i < std::max(chunks, deltas.size()); ++i) {
      if (i < deltas.size()) turn.parts.push_back({Kind::words, due, deltas[i], {}});
      if (i >= chunks) continue;
      const auto piece = sound.subspan(i * chunk, std::min(chunk, sound.size() - i * chunk));
      turn.parts.push_back({Kind::audio, due, {}, piece});
      due += lasting(piece.size(), live_rate * speed);
    }
    played += lasting(sound.size(), live_rate);
  }
  if (hangs_up) turn.parts.push_back({Kind::tool_call, due, {}, {}});
  turn.parts.push_back({Kind::generated, due, {}, {}});
  turn.parts.push_back({Kind::over, std::max(due, played), {}, {}});
  return turn;
}

std::vector<std::string> deltas_of(const std::string& text) {
  std::vector<std::string> deltas;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = text.find(' ', begin + 1);
    if (end != std::string::npos) end = text.find(' ', end + 1);
    end = std::min(end, text.size());
    deltas.push_back((begin == 0 ? " " : "") + text.substr(begin, end - begin));
    begin = end;
  }
  return deltas;
}

}  // namespace tandem::standins
