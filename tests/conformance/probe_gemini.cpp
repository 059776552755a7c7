#include "tests/conformance/probe_gemini.hpp"

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "codec/json_text.hpp"
#include "gemini/live_provider.hpp"

namespace tandem::conformance {

namespace {

using Frames = std::vector<std::pair<std::string, std::string>>;

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

void add_opening(gemini::LiveProvider& provider, Frames& frames, const std::string& name) {
  std::vector<std::string> messages;
  provider.encode_opening(messages);
  for (auto& message : messages) frames.emplace_back(name, std::move(message));
}

/// Feeds a server message; what the provider answers at once is a frame too.
void add_replies(gemini::LiveProvider& provider, Frames& frames, const std::string& name,
                 std::string_view message) {
  std::vector<call::VoiceEvent> events;
  if (!provider.decode(message, events)) throw std::runtime_error("the provider refused " + name);
  for (const auto& event : events) {
    if (const auto* reply = std::get_if<call::VoiceReply>(&event)) {
      frames.emplace_back(name, reply->text);
    }
  }
}

void add_talk(gemini::LiveProvider& provider, Frames& frames) {
  std::vector<std::uint8_t> ulaw(160);
  for (std::size_t i = 0; i < ulaw.size(); ++i) ulaw[i] = static_cast<std::uint8_t>(i * 7);
  add(frames, "audio", [&](std::string& out) { provider.encode_audio(ulaw, out); });
  add(frames, "greeting", [&](std::string& out) { provider.encode_greeting(out); });
  add(frames, "say", [&](std::string& out) { provider.encode_say(awkward, out); });
  add(frames, "context", [&](std::string& out) { provider.encode_context(awkward, out); });
  add(frames, "text", [&](std::string& out) { provider.encode_text("4 2", out); });
  add(frames, "nudge", [&](std::string& out) { provider.encode_nudge(out); });
}

void add_tools(gemini::LiveProvider& provider, Frames& frames) {
  const auto call = [](const char* id, const char* name) {
    return std::string(R"({"toolCall":{"functionCalls":[{"id":")") + id + R"(","name":")" + name +
           R"(","args":{"a":1}}]}})";
  };
  add_replies(provider, frames, "hang_up", call("call-5501", "hang_up"));
  add_replies(provider, frames, "none", call("call-5502", "transfer"));
  add_replies(provider, frames, "repeat", call("call-5503", "transfer"));
  add_replies(provider, frames, "none", call("call-5504", "find_slot"));
  add(frames, "tool_result", [&](std::string& out) {
    provider.encode_tool_result({"call-5502", "transfer", "{}", true}, true, awkward, out);
  });
  add(frames, "tool_error", [&](std::string& out) {
    provider.encode_tool_result({"call-5504", "find_slot", "{}", true}, false, awkward, out);
  });
}

Frames all_frames(gemini::LiveProvider& provider) {
  Frames frames;
  add_opening(provider, frames, "setup");
  add_replies(provider, frames, "none", R"({"setupComplete":{}})");
  add_talk(provider, frames);
  add_tools(provider, frames);
  add_replies(provider, frames, "none",
              R"({"sessionResumptionUpdate":{"newHandle":"handle-5501","resumable":true}})");
  add_replies(provider, frames, "none",
              R"({"serverContent":{"inputTranscription":{"text":"Wait"},"turnComplete":true}})");
  provider.open(true);
  add_opening(provider, frames, "setup_resume");
  add_replies(provider, frames, "missed", R"({"setupComplete":{}})");
  provider.set_history({{core::Speaker::assistant, "Good day."}, {core::Speaker::user, awkward}});
  provider.open(false);
  add_opening(provider, frames, "setup_history");
  add_replies(provider, frames, "history", R"({"setupComplete":{}})");
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

std::string gemini_live(const simdjson::dom::element& line) {
  auto settings = std::make_shared<gemini::LiveSettings>();
  if (!core::parse_url("https://generativelanguage.googleapis.com", settings->base_url)) {
    throw std::runtime_error("url");
  }
  settings->api_key = core::Secret(text(line, "api_key"));
  settings->prompt = text(line, "prompt");
  settings->greeting = text(line, "greeting");
  settings->voice = text(line, "voice");
  settings->language = text(line, "language");
  settings->offers_transfer = !text(line, "transfer_to").empty();
  gemini::LiveProvider provider(settings);
  const call::VoiceEndpoint endpoint = provider.open(false);
  std::string json = R"({"url":)";
  codec::append_json_string(
      json, endpoint.url.scheme + "://" + endpoint.url.authority() + endpoint.url.target);
  json += R"(,"headers":)" + json_of(endpoint.headers);
  return json + R"(,"frames":)" + json_of(all_frames(provider)) + "}";
}

}  // namespace tandem::conformance
