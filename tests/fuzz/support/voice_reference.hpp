// A Hume session for a target, and what must hold of every event that a provider decodes.
#pragma once

#include <simdjson.h>

#include <memory>

#include "codec/audio.hpp"
#include "codec/json_text.hpp"
#include "hume/provider.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

inline std::shared_ptr<const hume::EviSettings> evi_settings() {
  auto settings = std::make_shared<hume::EviSettings>();
  settings->base_url = {"https", "voice.example", "443", "/"};
  settings->api_key = core::Secret("KEY-OF-THE-FUZZER");
  settings->config_id = "config-1";
  settings->keeps_emotions = true;
  return settings;
}

// The promises of bridge/call/voice.hpp.
inline void check(const call::VoiceText& text) {
  must(!text.text.empty() && codec::is_valid_utf8(text.text), "a text is UTF-8 and not empty");
  must(codec::is_valid_utf8(text.utterance), "an utterance id is UTF-8");
}
inline void check(const call::VoiceAudio& audio) {
  must(!audio.samples.empty(), "audio has samples");
  must(audio.sample_rate_hz >= codec::sample_rate_min_hz &&
           audio.sample_rate_hz <= codec::sample_rate_max_hz,
       "a rate that we can convert");
}
inline void check(const call::VoiceError& error) {
  must(error.code.size() <= 64 && error.slug.size() <= 64, "a provider's words are short");
}
inline void check(const call::VoiceReady& ready) {
  must(codec::is_valid_utf8(ready.chat_id.str()), "a chat id is UTF-8");
}
inline void check(const call::VoiceEmotions& emotions) {
  simdjson::dom::parser parser;
  simdjson::dom::object scores;
  must(parser.parse(emotions.scores).get(scores) == simdjson::SUCCESS, "scores are a JSON object");
  must(scores.size() <= hume::scores_max, "scores are bounded");
  for (const auto& [name, value] : scores) {
    double score = 0;
    const bool is_number = value.get(score) == simdjson::SUCCESS;
    must(is_number ? score >= 0 && score <= 1 : value.is_null(), "from 0 to 1, or null (E27)");
  }
}
template <class Event>
void check(const Event&) {}

inline void check_all(const std::vector<call::VoiceEvent>& events) {
  for (const auto& event : events) std::visit([](const auto& kind) { check(kind); }, event);
}

/// What the agent asked for can be answered.
inline void answer_tools(call::VoiceProvider& provider,
                         const std::vector<call::VoiceEvent>& events) {
  for (const auto& event : events) {
    const auto* tool = std::get_if<call::VoiceToolCall>(&event);
    std::string out;
    if (tool != nullptr) provider.encode_tool_result(*tool, false, tool->arguments, out);
    must(codec::is_valid_utf8(out), "an answer is UTF-8");
  }
}

/// What the call does of its own accord: speaks, nudges, interrupts, connects anew.
inline void act(call::VoiceProvider& provider, char what) {
  static constexpr std::array<std::uint8_t, 160> frame{};
  std::string out;
  std::vector<std::string> opening;
  if (what == 'a') provider.encode_audio(frame, out);
  if (what == 'c') provider.encode_context("The caller is in a hurry.", out);
  if (what == 'g') provider.encode_greeting(out);
  if (what == 'n') provider.encode_nudge(out);
  if (what == 'p') provider.encode_pause(true, out);
  if (what == 'q') provider.encode_pause(false, out);
  if (what == 's') provider.encode_say("One moment.", out);
  if (what == 'o' || what == 'r') provider.open(what == 'r');
  if (what == 'o' || what == 'r') provider.encode_opening(opening);
  for (const auto& message : opening) out += message;
  must(codec::is_valid_utf8(out), "what is sent is UTF-8");
}

/// One connection after the other, message by message; a part of one letter is an act().
inline void talk(call::VoiceProvider& provider, Bytes input) {
  provider.open(true);
  for (const auto& part : parts_of(input)) {
    if (part.size() == 1) {
      act(provider, part[0]);
      continue;
    }
    std::vector<call::VoiceEvent> events;
    static_cast<void>(provider.decode(text_of(part), events));
    check_all(events);
    answer_tools(provider, events);
  }
}

}  // namespace tandem::fuzz
