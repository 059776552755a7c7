// A talk with a RealtimeProvider in tests: server messages as text, and what came of them.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bridge/call/voice.hpp"
#include "codec/base64.hpp"
#include "codec/json_text.hpp"
#include "openai/realtime_provider.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::openai::test {

using Bytes = std::vector<std::uint8_t>;
using Events = std::vector<call::VoiceEvent>;

inline RealtimeSettings example_settings(const std::string& url = "https://api.openai.com") {
  RealtimeSettings settings;
  REQUIRE(core::parse_url(url, settings.base_url));
  settings.api_key = core::Secret("example-key-not-real");
  settings.model = "gpt-realtime-2.1-mini";
  settings.instructions = "You answer the phone.";
  settings.greeting = "Hello, this is the example.";
  settings.voice = "marin";
  settings.offers_transfer = true;
  return settings;
}

inline RealtimeProvider make_provider() {
  return RealtimeProvider(std::make_shared<const RealtimeSettings>(example_settings()));
}

/// A session that is ready, what it sent and what it reported since.
struct Talk {
  RealtimeProvider provider = make_provider();
  Events events;  ///< of the last hear()

  Talk() { reopen(); }

  void reopen() {
    provider.open(false);
    hear(created);
    hear(updated());
  }
  const Events& hear(const std::string& text) {
    events.clear();
    INFO(text);
    REQUIRE(provider.decode(text, events).ok());
    return events;
  }
  void hear_all(std::initializer_list<std::string> texts) {
    Events all;
    for (const std::string& text : texts) {
      hear(text);
      all.insert(all.end(), events.begin(), events.end());
    }
    events = std::move(all);
  }
  /// All events of that kind in the last hear().
  template <class Event>
  [[nodiscard]] std::vector<Event> all() const {
    std::vector<Event> found;
    for (const auto& event : events) {
      if (const auto* wanted = std::get_if<Event>(&event)) found.push_back(*wanted);
    }
    return found;
  }
  template <class Event>
  [[nodiscard]] Event only() const {
    const auto found = all<Event>();
    REQUIRE(found.size() == 1);
    return found[0];
  }
  template <class Event>
  [[nodiscard]] bool none() const {
    return all<Event>().empty();
  }
  /// What was said, as "user: …" and "assistant: …".
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> said;
    for (const auto& text : all<call::VoiceText>()) {
      said.push_back(std::string(core::to_string(text.speaker)) + ": " + text.text);
    }
    return said;
  }

  static inline const std::string created =
      R"({"type":"session.created","session":{"type":"realtime","id":"sess_Inv1"}})";
  static std::string updated(const std::string& input = "audio/pcmu",
                             const std::string& output = "audio/pcmu") {
    return R"({"type":"session.updated","session":{"type":"realtime","id":"sess_Inv1","audio":)"
           R"({"input":{"format":{"type":")" +
           input + R"("}},"output":{"format":{"type":")" + output + R"("}}}}})";
  }
};

inline std::string quoted(std::string_view text) {
  std::string out;
  codec::append_json_string(out, text);
  return out;
}

inline std::string speech_started(const std::string& item, int ms = 1000) {
  return R"({"type":"input_audio_buffer.speech_started","audio_start_ms":)" + std::to_string(ms) +
         R"(,"item_id":)" + quoted(item) + "}";
}
inline std::string speech_stopped(const std::string& item, int ms = 2000) {
  return R"({"type":"input_audio_buffer.speech_stopped","audio_end_ms":)" + std::to_string(ms) +
         R"(,"item_id":)" + quoted(item) + "}";
}
inline std::string committed(const std::string& item, const std::string& previous = "") {
  return R"({"type":"input_audio_buffer.committed","item_id":)" + quoted(item) +
         R"(,"previous_item_id":)" + (previous.empty() ? "null" : quoted(previous)) + "}";
}
inline std::string transcribed(const std::string& item, const std::string& text) {
  return R"({"type":"conversation.item.input_audio_transcription.completed","content_index":0,)"
         R"("item_id":)" +
         quoted(item) + R"(,"transcript":)" + quoted(text) + "}";
}
inline std::string item_added(const std::string& item, const std::string& role,
                              const std::string& previous = "", const std::string& text = "") {
  return R"({"type":"conversation.item.added","previous_item_id":)" +
         (previous.empty() ? "null" : quoted(previous)) + R"(,"item":{"type":"message","id":)" +
         quoted(item) + R"(,"role":)" + quoted(role) +
         R"(,"content":[{"type":"input_text","text":)" + quoted(text) + "}]}}";
}
inline std::string tool_added(const std::string& item) {
  return R"({"type":"conversation.item.added","item":{"type":"function_call_output","id":)" +
         quoted(item) + "}}";
}
inline std::string response_created(const std::string& id, const std::string& wanted_by = "") {
  return R"({"type":"response.created","response":{"id":)" + quoted(id) + R"(,"metadata":)" +
         (wanted_by.empty() ? "null" : R"({"event_id":)" + quoted(wanted_by) + "}") + "}}";
}
inline std::string spoken(const std::string& item, const std::string& text) {
  return R"({"type":"response.output_audio_transcript.done","item_id":)" + quoted(item) +
         R"(,"transcript":)" + quoted(text) + "}";
}
inline std::string spoken_piece(const std::string& item, const std::string& text) {
  return R"({"type":"response.output_audio_transcript.delta","item_id":)" + quoted(item) +
         R"(,"delta":)" + quoted(text) + "}";
}
inline std::string audio_delta(const std::string& item, const Bytes& bytes,
                               const std::string& response = "resp_1", int part = 0) {
  std::string data;
  codec::base64_encode(bytes, data);
  return R"({"type":"response.output_audio.delta","response_id":)" + quoted(response) +
         R"(,"item_id":)" + quoted(item) + R"(,"output_index":0,"content_index":)" +
         std::to_string(part) + R"(,"delta":")" + data + "\"}";
}
/// 20 ms of mu-law each, too quiet to tell a format.
inline Bytes frames(int count) { return Bytes(static_cast<std::size_t>(count) * 160, 0xFE); }

/// `rest` goes into the response: `,"output":[…]` and so on.
inline std::string response_done(const std::string& id, const std::string& status = "completed",
                                 const std::string& rest = "") {
  return R"({"type":"response.done","response":{"id":)" + quoted(id) + R"(,"status":)" +
         quoted(status) + rest + "}}";
}
inline const std::string cut_by_speech =
    R"(,"status_details":{"type":"cancelled","reason":"turn_detected"})";
inline std::string function_call(const std::string& call, const std::string& name,
                                 const std::string& status = "completed") {
  return R"({"id":"item_f","type":"function_call","status":)" + quoted(status) + R"(,"name":)" +
         quoted(name) + R"(,"call_id":)" + quoted(call) + R"(,"arguments":"{\"reason\":\"x\"}"})";
}
inline std::string error(const std::string& code, const std::string& event_id = "",
                         const std::string& type = "invalid_request_error") {
  return R"({"type":"error","error":{"type":)" + quoted(type) + R"(,"code":)" +
         (code.empty() ? "null" : quoted(code)) +
         R"(,"message":"the caller said 555","param":null,"event_id":)" +
         (event_id.empty() ? "null" : quoted(event_id)) + "}}";
}

/// The value of the first `"key":"…"` in a message of ours; it must be there.
inline std::string value_of(const std::string& message, const std::string& key) {
  const std::string head = "\"" + key + "\":\"";
  const auto begin = message.find(head);
  INFO(message);
  REQUIRE(begin != std::string::npos);
  const auto from = begin + head.size();
  return message.substr(from, message.find('"', from) - from);
}
template <class Encode>
std::string encoded(Encode encode) {
  std::string out;
  encode(out);
  return out;
}

}  // namespace tandem::openai::test
