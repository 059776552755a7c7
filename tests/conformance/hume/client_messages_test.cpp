// EVI chat, client to server: every example is read into our struct and written again as equal
// JSON.
#include <optional>
#include <string>

#include "hume/messages.hpp"
#include "tests/conformance/vectors.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
namespace dom = simdjson::dom;

namespace {

std::string text_of(dom::element message, std::string_view key) {
  std::string_view value;
  return message[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

hume::VariableValue variable_of(dom::element value) {
  if (value.is_bool()) return bool(value);
  if (value.is_int64()) return std::int64_t(value);
  if (value.is_double()) return double(value);
  return std::string(std::string_view(value));
}

void read_lists(dom::element message, hume::SessionSettings& settings) {
  dom::object variables;
  if (message["variables"].get(variables) == simdjson::SUCCESS) {
    for (const auto member : variables) {
      settings.variables.emplace_back(member.key, variable_of(member.value));
    }
  }
  dom::array tools;
  if (message["tools"].get(tools) == simdjson::SUCCESS) {
    for (const auto tool : tools) {
      settings.tools.push_back({text_of(tool, "type"), text_of(tool, "name"),
                                text_of(tool, "parameters"), text_of(tool, "description"),
                                text_of(tool, "fallback_content")});
    }
  }
  if (message["builtin_tools"].get(tools) == simdjson::SUCCESS) {
    for (const auto tool : tools) {
      settings.builtin_tools.push_back({text_of(tool, "name"), text_of(tool, "fallback_content")});
    }
  }
}

hume::SessionSettings settings_of(dom::element message) {
  hume::SessionSettings settings;
  settings.custom_session_id = text_of(message, "custom_session_id");
  settings.system_prompt = text_of(message, "system_prompt");
  settings.voice_id = text_of(message, "voice_id");
  settings.language_model_api_key = core::Secret(text_of(message, "language_model_api_key"));
  dom::element part;
  if (message["audio"].get(part) == simdjson::SUCCESS) {
    settings.audio = hume::AudioSettings{static_cast<int>(std::int64_t(part["sample_rate"])),
                                         static_cast<int>(std::int64_t(part["channels"]))};
  }
  if (message["context"].get(part) == simdjson::SUCCESS) {
    settings.clear_context = part.is_null();
    if (!part.is_null())
      settings.context = hume::ContextSetting{text_of(part, "text"), text_of(part, "type")};
  }
  if (message["metadata"].get(part) == simdjson::SUCCESS)
    settings.metadata_json = simdjson::minify(part);
  read_lists(message, settings);
  return settings;
}

void encode_tool_answer(dom::element message, std::string& out) {
  if (text_of(message, "type") == "tool_response") {
    encode(hume::ToolResponse{text_of(message, "tool_call_id"), text_of(message, "content"),
                              text_of(message, "tool_name"), text_of(message, "tool_type"),
                              text_of(message, "custom_session_id")},
           out);
  } else {
    encode(hume::ToolError{text_of(message, "tool_call_id"), text_of(message, "error"),
                           text_of(message, "code"), text_of(message, "content"),
                           text_of(message, "level"), text_of(message, "tool_type"),
                           text_of(message, "custom_session_id")},
           out);
  }
}

std::string encode_again(dom::element message) {
  const std::string type = text_of(message, "type");
  const std::string text = text_of(message, "text");
  const std::string session = text_of(message, "custom_session_id");
  std::string out;
  if (type == "session_settings") encode(settings_of(message), out);
  if (type == "user_input") encode(hume::UserInput{text, session}, out);
  if (type == "assistant_input") encode(hume::AssistantInput{text, session}, out);
  if (type == "pause_assistant_message") encode(hume::PauseAssistant{session}, out);
  if (type == "resume_assistant_message") encode(hume::ResumeAssistant{session}, out);
  if (type == "tool_response" || type == "tool_error") encode_tool_answer(message, out);
  return out;
}

}  // namespace

TEST_CASE("every EVI client example but audio is written again as equal JSON",
          "[hume][conformance]") {
  const auto file = conformance::load_vectors("hume/client_messages.json");
  dom::parser parser;
  const dom::element root = parser.parse(file);
  int seen = 0;
  for (const auto example : root["messages"].get_array()) {
    const dom::element message = example["message"];
    if (text_of(message, "type") == "audio_input") continue;
    INFO(std::string_view(example["name"]));
    const std::string ours = encode_again(message);
    dom::parser again;
    const dom::element written = again.parse(ours);
    CHECK(conformance::json_equal(written, message));
    ++seen;
  }
  CHECK(seen == 9);
}

TEST_CASE("the EVI audio_input template carries exactly the schema's required keys",
          "[hume][conformance]") {
  const auto file = conformance::load_vectors("hume/client_messages.json");
  dom::parser parser;
  const dom::element root = parser.parse(file);
  int seen = 0;
  for (const auto example : root["messages"].get_array()) {
    const dom::element message = example["message"];
    if (text_of(message, "type") != "audio_input" || !text_of(message, "custom_session_id").empty())
      continue;
    const std::string ours = std::string(hume::audio_input_head) + text_of(message, "data") +
                             std::string(hume::audio_input_tail);
    dom::parser again;
    CHECK(conformance::json_equal(again.parse(ours), message));
    ++seen;
  }
  CHECK(seen == 1);
}
