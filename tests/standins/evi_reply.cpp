#include "evi_reply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tandem::standins {

namespace {

std::string little4(std::uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xffU));
  return bytes;
}

constexpr std::size_t riff_size_at = 4, channels_at = 22, rate_at = 24, bits_at = 34, data_at = 36,
                      data_size_at = 40, body_at = 44;

// WAVE_FORMAT_EXTENSIBLE with the PCM subtype: a longer `fmt ` chunk around the same samples.
std::string extensible(std::string wav) {
  const std::string guid("\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71", 16);
  wav.replace(16, 4, little4(40));
  wav.replace(20, 2, "\xfe\xff");
  wav.insert(data_at, std::string("\x16\x00\x10\x00", 4) + little4(4) + guid);
  wav.replace(riff_size_at, 4, little4(static_cast<std::uint32_t>(wav.size() - 8)));
  return wav;
}

}  // namespace

EviSettings EviSettings::from(const json::object& json) {
  static const std::set<std::string_view> known{"scenario",
                                                "rate",
                                                "chunk_ms",
                                                "speed",
                                                "metadata_delay_ms",
                                                "think_ms",
                                                "greeting",
                                                "resume_greeting",
                                                "echo_settings",
                                                "end_of_turn_silence_ms",
                                                "speech_detection_threshold",
                                                "prefix_padding_ms",
                                                "min_interruption_ms",
                                                "interim_ms",
                                                "inactivity_s",
                                                "inactivity_grace_s",
                                                "max_duration_s",
                                                "undecodable_s",
                                                "strict",
                                                "faults",
                                                "count"};
  for (const auto& [key, value] : json) {
    if (!known.contains(key))
      throw BadInput(fmt::format("unknown EVI setting '{}'", std::string_view(key)));
  }
  EviSettings s;
  s.scenario = text_or(json, "scenario", s.scenario);
  s.rate = static_cast<std::uint32_t>(number_or(json, "rate", s.rate));
  s.chunk_ms = std::max<std::int64_t>(10, number_or(json, "chunk_ms", s.chunk_ms));
  s.speed = real_or(json, "speed", s.speed);
  s.metadata_delay_ms = number_or(json, "metadata_delay_ms", s.metadata_delay_ms);
  s.think_ms = number_or(json, "think_ms", s.think_ms);
  s.greeting = flag_or(json, "greeting", s.greeting);
  s.resume_greeting = flag_or(json, "resume_greeting", s.resume_greeting);
  s.echo_settings = flag_or(json, "echo_settings", s.echo_settings);
  s.end_of_turn_silence_ms = number_or(json, "end_of_turn_silence_ms", s.end_of_turn_silence_ms);
  s.speech_detection_threshold =
      real_or(json, "speech_detection_threshold", s.speech_detection_threshold);
  s.prefix_padding_ms = number_or(json, "prefix_padding_ms", s.prefix_padding_ms);
  s.min_interruption_ms = number_or(json, "min_interruption_ms", s.min_interruption_ms);
  s.interim_ms = number_or(json, "interim_ms", s.interim_ms);
  s.inactivity_s = number_or(json, "inactivity_s", s.inactivity_s);
  s.inactivity_grace_s = number_or(json, "inactivity_grace_s", s.inactivity_grace_s);
  s.max_duration_s = number_or(json, "max_duration_s", s.max_duration_s);
  s.undecodable_s = number_or(json, "undecodable_s", s.undecodable_s);
  s.strict = flag_or(json, "strict", s.strict);
  s.faults = object_or_empty(json, "faults");
  if (s.rate < 8000 || s.rate > 192000 || s.speed <= 0)
    throw BadInput("rate or speed out of range");
  return s;
}

Reply plan_reply(std::vector<Sentence> sentences, const EviSettings& settings, double speed,
                 bool hang_up, TimePoint begin) {
  using Kind = ReplyPart::Kind;
  Reply reply;
  TimePoint due = begin;
  const auto generated_in = [&](std::size_t samples) {
    const double seconds = static_cast<double>(samples) / settings.rate / speed;
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  const std::size_t chunk = static_cast<std::size_t>(settings.chunk_ms) * settings.rate / 1000;
  for (std::size_t s = 0; s < sentences.size(); ++s) {
    const std::size_t total = sentences[s].sound->size();
    reply.parts.push_back({Kind::message, due, s, 0, 0, 0});
    std::int64_t index = 0;
    for (std::size_t at = 0; at < total; at += chunk) {
      const std::size_t size = std::min(chunk, total - at);
      reply.parts.push_back({Kind::audio, due, s, at, size, index++});
      due += generated_in(size);
    }
    reply.parts.push_back({Kind::prosody, due, s, 0, 0, 0});
  }
  reply.parts.push_back({Kind::end, due, 0, 0, 0, 0});
  if (hang_up) reply.parts.push_back({Kind::hang_up, due + Milliseconds(20), 0, 0, 0, 0});
  reply.sentences = std::move(sentences);
  return reply;
}

std::string wav_chunk(std::span<const std::int16_t> samples, std::uint32_t rate,
                      const std::string& fault) {
  std::string wav = wav_file(samples, rate);
  const auto data_size = static_cast<std::uint32_t>(samples.size() * 2);
  if (fault == "truncated") wav.resize(body_at + data_size / 4 * 2);
  if (fault == "lying_length") wav.replace(data_size_at, 4, little4(data_size * 3));
  if (fault == "odd_bytes") wav.pop_back();
  if (fault == "extra_chunk")
    wav.insert(data_at, std::string("LIST") + little4(5) + std::string("noise\0", 6));
  if (fault == "size_ffffffff") wav.replace(data_size_at, 4, "\xff\xff\xff\xff");
  if (fault == "size_zero") wav.replace(data_size_at, 4, little4(0));
  if (fault == "no_data") wav.replace(data_at, 4, "junk");
  if (fault == "zero_hz") wav.replace(rate_at, 4, little4(0));
  if (fault == "bits_32") wav.replace(bits_at, 2, std::string("\x20\x00", 2));
  if (fault == "stereo") {
    wav.replace(channels_at, 2, std::string("\x02\x00", 2));
    wav.replace(32, 2, std::string("\x04\x00", 2));
    Samples twice;
    for (const std::int16_t sample : samples) twice.insert(twice.end(), {sample, sample});
    wav.replace(data_size_at, std::string::npos, little4(data_size * 2) + pcm_bytes(twice));
  }
  if (fault == "extensible") wav = extensible(wav);
  if (fault == "empty") wav = wav_file({}, rate);
  return wav;
}

}  // namespace tandem::standins
