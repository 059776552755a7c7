#include "openai_realtime_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::standins {

RealtimeSettings RealtimeSettings::from(const json::object& settings) {
  RealtimeSettings result;
  for (const auto& [key, value] : settings) {
    if (key == "count") continue;
    if (key == "faults") {
      result.faults = value.as_object();
      continue;
    }
    if (key != "scenario" && key != "delta_bytes" && key != "speed" && key != "think_ms" &&
        key != "setup_ms" && key != "transcription_ms" && key != "session_s" && key != "pcmu" &&
        key != "strict") {
      throw BadInput(fmt::format("unknown setting '{}'", std::string_view(key)));
    }
  }
  result.scenario = text_or(settings, "scenario", "");
  result.delta_bytes = number_or(settings, "delta_bytes", result.delta_bytes);
  result.speed = real_or(settings, "speed", result.speed);
  result.think_ms = number_or(settings, "think_ms", result.think_ms);
  result.setup_ms = number_or(settings, "setup_ms", result.setup_ms);
  result.transcription_ms = number_or(settings, "transcription_ms", result.transcription_ms);
  result.session_s = number_or(settings, "session_s", result.session_s);
  result.pcmu = text_or(settings, "pcmu", result.pcmu);
  result.strict = flag_or(settings, "strict", result.strict);
  if (result.pcmu != "obeyed" && result.pcmu != "ignored" && result.pcmu != "refused")
    throw BadInput("pcmu is 'obeyed', 'ignored' or 'refused'");
  if (result.delta_bytes < 1 || result.speed <= 0) throw BadInput("delta_bytes, speed: positive");
  return result;
}

void plan_answer(RealtimeAnswer& answer, const RealtimeSettings& settings, double speed,
                 TimePoint begin) {
  using Kind = RealtimePart::Kind;
  const double pace = speed > 0 ? speed : settings.speed;
  const auto size = static_cast<std::size_t>(settings.delta_bytes);
  const std::size_t count = (answer.audio.size() + size - 1) / size;
  answer.parts.push_back({Kind::begin, begin, {}, 0, 0});
  TimePoint due = begin;
  std::size_t word = 0;
  for (std::size_t i = 0; i < count; ++i) {
    // The words keep a little ahead of the sound, as they do with the real party.
    std::size_t until = std::min(answer.text.size(), answer.text.size() * (i + 2) / (count + 1));
    until = i + 1 == count ? answer.text.size() : answer.text.find(' ', until);
    until = std::min(until, answer.text.size());
    if (until > word) {
      answer.parts.push_back({Kind::words, due, answer.text.substr(word, until - word), 0, 0});
      word = until;
    }
    const std::size_t bytes = std::min(size, answer.audio.size() - i * size);
    answer.parts.push_back({Kind::audio, due, {}, i * size, bytes});
    const auto ms = static_cast<double>(bytes) / static_cast<double>(answer.format.bytes_per_ms());
    due += std::chrono::microseconds(static_cast<std::int64_t>(ms * 1000 / pace));
  }
  answer.parts.push_back({Kind::end, due, {}, 0, 0});
}

}  // namespace tandem::standins
