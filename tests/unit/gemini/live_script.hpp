// Short forms for the tests of Gemini Live: messages of the server, and events picked out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codec/base64.hpp"
#include "gemini/live_provider.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::gemini::script {

using Events = std::vector<call::VoiceEvent>;

inline LiveSettings example_settings(
    const std::string& url = "https://generativelanguage.googleapis.com") {
  LiveSettings settings;
  REQUIRE(core::parse_url(url, settings.base_url));
  settings.api_key = core::Secret("example-key-not-real");
  settings.prompt = "You answer the phone.";
  settings.greeting = "Good day.";
  return settings;
}

inline LiveProvider make_provider(LiveSettings settings = example_settings()) {
  return LiveProvider(std::make_shared<const LiveSettings>(std::move(settings)));
}

inline Events feed(LiveProvider& provider, const std::string& text) {
  Events events;
  INFO(text);
  REQUIRE(provider.decode(text, events).ok());
  return events;
}

/// Opens a connection and makes it ready.
inline Events start(LiveProvider& provider, bool resume = false) {
  provider.open(resume);
  return feed(provider, R"({"setupComplete":{}})");
}

inline std::string content(const std::string& fields) {
  return R"({"serverContent":{)" + fields + "}}";
}
inline std::string audio_part(const std::vector<std::int16_t>& samples,
                              const std::string& mime = "audio/pcm;rate=24000") {
  std::string data;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(samples.data());
  codec::base64_encode({bytes, samples.size() * 2}, data);
  return R"({"inlineData":{"mimeType":")" + mime + R"(","data":")" + data + "\"}}";
}
inline std::string audio(const std::vector<std::int16_t>& samples = {1, -2, 3},
                         const std::string& mime = "audio/pcm;rate=24000") {
  return content(R"("modelTurn":{"parts":[)" + audio_part(samples, mime) + "]}");
}
inline std::string caller(const std::string& delta) {
  return content(R"("inputTranscription":{"text":")" + delta + "\"}");
}
inline std::string agent(const std::string& delta) {
  return content(R"("outputTranscription":{"text":")" + delta + "\"}");
}
inline const std::string interrupted = content(R"("interrupted":true)");
inline const std::string generated = content(R"("generationComplete":true)");
inline const std::string turn_over = content(R"("turnComplete":true)");
inline std::string handle_update(const std::string& handle, bool resumable = true) {
  return R"({"sessionResumptionUpdate":{"newHandle":")" + handle + R"(","resumable":)" +
         (resumable ? "true" : "false") + "}}";
}
inline std::string tool_call(const std::string& id, const std::string& name,
                             const std::string& arguments = "{}") {
  return R"({"toolCall":{"functionCalls":[{"id":")" + id + R"(","name":")" + name + R"(","args":)" +
         arguments + "}]}}";
}

template <class Event>
std::vector<Event> all(const Events& events) {
  std::vector<Event> found;
  for (const auto& event : events) {
    if (const auto* wanted = std::get_if<Event>(&event)) found.push_back(*wanted);
  }
  return found;
}
template <class Event>
Event only(const Events& events) {
  REQUIRE(events.size() == 1);
  REQUIRE(std::holds_alternative<Event>(events[0]));
  return std::get<Event>(events[0]);
}
/// Final entries as "user: words" and "assistant: words".
inline std::vector<std::string> finals(const Events& events) {
  std::vector<std::string> lines;
  for (const auto& text : all<call::VoiceText>(events)) {
    if (text.is_final) lines.push_back(std::string(to_string(text.speaker)) + ": " + text.text);
  }
  return lines;
}
/// Everything that comes of several messages.
inline Events feed_all(LiveProvider& provider, const std::vector<std::string>& texts) {
  Events events;
  for (const auto& text : texts) {
    for (auto& event : feed(provider, text)) events.push_back(event);
  }
  return events;
}
template <class Write>
std::string encoded(Write write) {
  std::string out;
  write(out);
  return out;
}
/// The caller is silent for this long.
inline void pass_time(LiveProvider& provider, std::chrono::milliseconds time) {
  const std::vector<std::uint8_t> frame(160, 0xFF);
  for (std::chrono::milliseconds sent{0}; sent < time; sent += std::chrono::milliseconds{20}) {
    std::string out;
    provider.encode_audio(frame, out);
  }
}

}  // namespace tandem::gemini::script
