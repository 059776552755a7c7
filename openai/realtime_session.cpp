#include "openai/realtime_session.hpp"

#include <algorithm>

namespace tandem::openai {

namespace {

// Fable, onyx and nova exist too; with mu-law they gave noise (openai-agents-python issue 1941).
constexpr std::string_view voices[] = {"alloy", "ash",   "ballad", "cedar",   "coral",
                                       "echo",  "marin", "sage",   "shimmer", "verse"};

constexpr std::string_view reason_schema =
    R"({"type":"object","properties":{"reason":{"type":"string"}},"required":["reason"],)"
    R"("additionalProperties":false})";

}  // namespace

std::vector<Tool> tools_of(const RealtimeSettings& settings) {
  std::vector<Tool> tools{{"hang_up", "Ends the phone call. Say goodbye first, in the same turn.",
                           std::string(reason_schema)}};
  if (settings.offers_transfer) {
    tools.push_back({"transfer",
                     "Puts the caller through to a person. Tell the caller first. The reason is "
                     "read to that person.",
                     std::string(reason_schema)});
  }
  return tools;
}

std::string_view voice_of(const RealtimeSettings& settings) noexcept {
  const auto* found = std::find(std::begin(voices), std::end(voices), settings.voice);
  return found == std::end(voices) ? std::string_view{} : *found;
}

std::string greeting_instructions(std::string_view instructions, std::string_view greeting) {
  std::string text(instructions);
  if (greeting.empty())
    return text + "\nThe call has just begun. Greet the caller in one short sentence.";
  text += "\nGreet the caller with exactly this sentence and nothing else: ";
  text += greeting;
  return text;
}

std::string say_instructions(std::string_view instructions, std::string_view text) {
  std::string all(instructions);
  all += "\nSay this to the caller, word for word, and nothing else: ";
  all += text;
  return all;
}

core::Url realtime_url(const RealtimeSettings& settings) {
  core::Url url = settings.base_url;
  url.scheme = url.uses_tls() ? "wss" : "ws";
  std::string& target = url.target;
  target.erase(std::min(target.find('?'), target.size()));
  while (target.ends_with('/')) target.pop_back();
  // OpenAI's own clients take a base URL with the version in it.
  if (!target.ends_with("/v1")) target += "/v1";
  target += "/realtime?model=";
  core::append_url_encoded(target, settings.model);
  return url;
}

}  // namespace tandem::openai
