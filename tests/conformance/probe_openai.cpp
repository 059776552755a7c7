#include "tests/conformance/probe_openai.hpp"

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "codec/json_text.hpp"
#include "openai/realtime_provider.hpp"

namespace tandem::conformance {

namespace {

using Frames = std::vector<std::pair<std::string, std::string>>;
using Provider = openai::RealtimeProvider;

std::string text(const simdjson::dom::element& line, std::string_view key) {
  std::string_view value;
  return line.at_key(key).get(value) == simdjson::SUCCESS ? std::string(value) : "";
}

const std::string awkward = "Zo\xC3\xAB said \"no\\yes\"\n\t\x01 \xFF end";

template <class Encode>
void add(Frames& frames, std::string name, Encode encode) {
  std::string out;
  encode(out);
  frames.emplace_back(std::move(name), std::move(out));
}

/// Feeds a server message; what the provider answers at once is a frame too.
void hear(Provider& provider, Frames& frames, const std::string& name, std::string_view message) {
  std::vector<call::VoiceEvent> events;
  if (!provider.decode(message, events)) throw std::runtime_error("the provider refused " + name);
  for (const auto& event : events) {
    if (const auto* reply = std::get_if<call::VoiceReply>(&event)) {
      frames.emplace_back(name, reply->text);
    }
  }
}

void add_opening(Provider& provider, Frames& frames, const std::string& name) {
  std::vector<std::string> messages;
  provider.encode_opening(messages);
  for (std::size_t i = 0; i < messages.size(); ++i)
    frames.emplace_back(i == 0 ? name : "history", std::move(messages[i]));
  hear(provider, frames, "none", R"({"type":"session.updated","session":{}})");
}

/// The id that the last frame gave to its event and item.
std::string last_id(const Frames& frames) {
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.parse(frames.back().second);
  return std::string(std::string_view(root["event_id"]));
}

/// The server has the item of the last frame.
void acknowledge(Provider& provider, Frames& frames, const std::string& name) {
  hear(provider, frames, name,
       R"({"type":"conversation.item.added","item":{"type":"x","id":")" + last_id(frames) + "\"}}");
}

/// One whole answer, so that the next may be asked for.
void answer(Provider& provider, Frames& frames, const std::string& name,
            const std::string& output = "") {
  hear(provider, frames, name, R"({"type":"response.created","response":{"id":"resp_1"}})");
  hear(provider, frames, name,
       R"({"type":"response.done","response":{"id":"resp_1","status":"completed","output":[)" +
           output + "]}}");
}

void add_talk(Provider& provider, Frames& frames) {
  std::vector<std::uint8_t> ulaw(160);
  for (std::size_t i = 0; i < ulaw.size(); ++i) ulaw[i] = static_cast<std::uint8_t>(i * 7);
  add(frames, "audio", [&](std::string& out) { provider.encode_audio(ulaw, out); });
  add(frames, "greeting", [&](std::string& out) { provider.encode_greeting(out); });
  answer(provider, frames, "none");
  add(frames, "say", [&](std::string& out) { provider.encode_say(awkward, out); });
  answer(provider, frames, "none");
  add(frames, "nudge", [&](std::string& out) { provider.encode_nudge(out); });
  answer(provider, frames, "none");
  add(frames, "context", [&](std::string& out) { provider.encode_context(awkward, out); });
  add(frames, "text", [&](std::string& out) { provider.encode_text("4 2", out); });
  acknowledge(provider, frames, "answer");
  hear(provider, frames, "none", R"({"type":"response.created","response":{"id":"resp_2"}})");
  add(frames, "pause", [&](std::string& out) { provider.encode_pause(true, out); });
  hear(provider, frames, "cancel", R"({"type":"rate_limits.updated"})");
  add(frames, "resume", [&](std::string& out) { provider.encode_pause(false, out); });
}

void add_heard(Provider& provider, Frames& frames) {
  const std::string data(2136, 'A');
  for (const std::string item : {"item_1", "item_2"}) {
    hear(provider, frames, "none",
         R"({"type":"response.output_audio.delta","response_id":"resp_3","item_id":")" + item +
             R"(","content_index":0,"delta":")" + data + "\"}");
  }
  using std::chrono::milliseconds;
  add(frames, "truncate", [&](std::string& out) {
    provider.encode_heard("item_1", milliseconds{120}, milliseconds{200}, out);
  });
  add(frames, "delete", [&](std::string& out) {
    provider.encode_heard("item_2", milliseconds{0}, milliseconds{200}, out);
  });
}

void add_tools(Provider& provider, Frames& frames) {
  const auto call = [](const char* id) {
    return std::string(R"({"type":"function_call","status":"completed","name":"transfer",)") +
           R"("call_id":")" + id + R"(","arguments":"{}"})";
  };
  hear(provider, frames, "none", R"({"type":"response.done","response":{"id":"resp_2"}})");
  answer(provider, frames, "none", call("call_5501") + "," + call("call_5502"));
  add(frames, "tool_result", [&](std::string& out) {
    provider.encode_tool_result({"call_5501", "transfer", "{}", true}, true, awkward, out);
  });
  add(frames, "tool_error", [&](std::string& out) {
    provider.encode_tool_result({"call_5502", "transfer", "{}", true}, false, awkward, out);
  });
  acknowledge(provider, frames, "answer");
}

Frames all_frames(Provider& provider) {
  Frames frames;
  add_opening(provider, frames, "setup");
  add_talk(provider, frames);
  add_heard(provider, frames);
  add_tools(provider, frames);
  provider.set_history({{core::Speaker::assistant, "Good day."}, {core::Speaker::user, awkward}});
  provider.encode_pause(true, frames.emplace_back("pause", "").second);
  provider.open(true);
  add_opening(provider, frames, "setup_paused");
  return frames;
}

std::string json_of(const Frames& pairs) {
  std::string json = "[";
  for (const auto& [name, value] : pairs) {
    if (json.size() > 1) json += ',';
    json += "[";
    codec::append_json_string(json, name);
    json += ',';
    codec::append_json_string(json, value);
    json += "]";
  }
  return json + "]";
}

}  // namespace

std::string openai_realtime(const simdjson::dom::element& line) {
  auto settings = std::make_shared<openai::RealtimeSettings>();
  if (!core::parse_url("https://api.openai.com", settings->base_url)) {
    throw std::runtime_error("url");
  }
  settings->api_key = core::Secret(text(line, "api_key"));
  settings->model = "gpt-realtime-2.1-mini";
  settings->instructions = text(line, "instructions");
  settings->greeting = text(line, "greeting");
  settings->voice = text(line, "voice");
  settings->offers_transfer = !text(line, "transfer_to").empty();
  Provider provider(settings);
  const call::VoiceEndpoint endpoint = provider.open(false);
  std::string json = R"({"url":)";
  codec::append_json_string(
      json, endpoint.url.scheme + "://" + endpoint.url.authority() + endpoint.url.target);
  json += R"(,"headers":)" + json_of(endpoint.headers);
  return json + R"(,"frames":)" + json_of(all_frames(provider)) + "}";
}

}  // namespace tandem::conformance
