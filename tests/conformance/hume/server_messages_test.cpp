// EVI chat, server to client: every example decodes to what it says.
#include <map>
#include <string>

#include "hume/messages.hpp"
#include "tests/conformance/vectors.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
namespace dom = simdjson::dom;

namespace {

/// The examples by name, as JSON text.
std::map<std::string, std::string> examples() {
  const auto file = conformance::load_vectors("hume/server_messages.json");
  dom::parser parser;
  const dom::element root = parser.parse(file);
  std::map<std::string, std::string> texts;
  for (const auto example : root["messages"].get_array()) {
    const dom::element message = example["message"];
    texts[std::string(std::string_view(example["name"]))] = simdjson::minify(message);
  }
  return texts;
}

template <class Message>
Message decode_example(const std::string& name) {
  static const auto all = examples();
  const auto decoded = hume::decode_server_message(all.at(name));
  INFO(name);
  REQUIRE(decoded.ok());
  REQUIRE(std::holds_alternative<Message>(*decoded));
  return std::get<Message>(*decoded);
}

}  // namespace

TEST_CASE("every EVI server example decodes to a known message", "[hume][conformance]") {
  const auto all = examples();
  CHECK(all.size() == 24);
  for (const auto& [name, text] : all) {
    INFO(name);
    const auto decoded = hume::decode_server_message(text);
    REQUIRE(decoded.ok());
    CHECK_FALSE(std::holds_alternative<hume::UnknownMessage>(*decoded));
  }
}

TEST_CASE("the EVI examples of the start of a chat decode to their content",
          "[hume][conformance]") {
  const auto metadata = decode_example<hume::ChatMetadata>("chat_metadata");
  CHECK(metadata.chat_id == "7c1f6c1e-5b0a-4d7e-9a52-0d1f3a6e8b21");
  CHECK(metadata.chat_group_id == "e2d94b7a-36f8-4f0d-8b1c-5a7c90d4e6f3");
  CHECK(metadata.request_id == "0f4c2a9d-7be1-4a63-8c5e-d2b7916f3a58");
  decode_example<hume::SettingsEcho>("session_settings_echo");
}

TEST_CASE("the EVI examples of assistant speech decode to their content", "[hume][conformance]") {
  const auto greeting = decode_example<hume::AssistantMessage>("assistant_message_greeting");
  CHECK(greeting.id == "3b9e0f6d-17c4-4e8a-b0d5-6f2a8c4e1d97");
  CHECK(greeting.content == "Bramble Lane Dental, this is an AI assistant. How can I help?");
  CHECK_FALSE(greeting.is_quick_response);
  CHECK(
      decode_example<hume::AssistantMessage>("assistant_message_quick_response").is_quick_response);
  CHECK(decode_example<hume::AssistantMessage>("assistant_message_carrying_tool_call")
            .content.empty());
  CHECK(decode_example<hume::AssistantProsody>("assistant_prosody").id == greeting.id);
  decode_example<hume::AssistantEnd>("assistant_end");
}

TEST_CASE("the EVI examples of audio decode alike by scan and by document", "[hume][conformance]") {
  const auto all = examples();
  for (const std::string name : {"audio_output_index0", "audio_output_index1"}) {
    const auto scanned = hume::scan_audio_output(all.at(name));
    REQUIRE(scanned.has_value());
    const auto decoded = hume::decode_document(all.at(name));
    REQUIRE(decoded.ok());
    const auto& audio = std::get<hume::AudioOutput>(*decoded);
    CHECK(scanned->id == audio.id);
    CHECK(scanned->index == audio.index);
    CHECK(scanned->data == audio.data);
    CHECK(audio.index == name.back() - '0');
    CHECK(audio.data.size() == 316);
  }
}

TEST_CASE("the EVI examples of user words decode to their content", "[hume][conformance]") {
  const auto interim = decode_example<hume::UserMessage>("user_message_interim");
  CHECK(interim.interim);
  CHECK(interim.content == "Hi I'd like to");
  CHECK(interim.begin == std::chrono::milliseconds(4120));
  CHECK(interim.end == std::chrono::milliseconds(4980));
  const auto final = decode_example<hume::UserMessage>("user_message_final");
  CHECK_FALSE(final.interim);
  CHECK_FALSE(final.from_text);
  CHECK(final.content == "Hi, I'd like to book a check-up for Thursday.");
  CHECK(decode_example<hume::UserMessage>("user_message_from_text").from_text);
  CHECK(decode_example<hume::UserInterruption>("user_interruption").time == 1773049512874.0);
}

TEST_CASE("the EVI examples of tools decode to their content", "[hume][conformance]") {
  const auto call = decode_example<hume::ToolCall>("tool_call_function");
  CHECK(call.tool_call_id == "call_k7Qp2vXs9LmT4wZb");
  CHECK(call.name == "find_slot");
  CHECK(call.parameters == R"({"day":"Thursday"})");
  CHECK(call.tool_type == "function");
  CHECK(call.response_required);
  const auto response = decode_example<hume::ToolResponse>("tool_response_builtin_hang_up");
  CHECK(response.tool_name == "hang_up");
  CHECK(response.tool_type == "builtin");
  const auto error = decode_example<hume::ToolError>("tool_error_builtin");
  CHECK(error.error == "search backend unavailable");
  CHECK(error.level == "warn");
  CHECK(error.code.empty());
}

TEST_CASE("the EVI examples of errors decode to code and slug", "[hume][conformance]") {
  const std::map<std::string, std::string> codes = {
      {"error_inactivity_timeout", "E0714"},
      {"error_max_duration_timeout", "E0715"},
      {"error_transcription_failure", "I0116"},
      {"error_transcription_disconnected", "I0118"},
      {"error_internal", "I0100"},
      {"error_clm_timed_out_non_fatal", "E0712"},
      {"error_chat_group_not_found", "E0708"},
      {"error_chat_resume_failed", "E0710"},
  };
  for (const auto& [name, code] : codes) {
    const auto error = decode_example<hume::ErrorMessage>(name);
    CHECK(error.code == code);
    CHECK_FALSE(error.slug.empty());
    CHECK_FALSE(error.request_id.empty());
  }
}
