// OpenAI Realtime, server to client: every example decodes to what it says.
#include <map>
#include <set>
#include <string>

#include "openai/realtime_messages.hpp"
#include "tests/conformance/vectors.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
namespace dom = simdjson::dom;

namespace {

/// The examples by name, as JSON text.
const std::map<std::string, std::string>& examples() {
  static const auto all = [] {
    const auto file = conformance::load_vectors("openai/server_messages.json");
    dom::parser parser;
    const dom::element root = parser.parse(file);
    std::map<std::string, std::string> texts;
    for (const auto example : root["messages"].get_array()) {
      const dom::element message = example["message"];
      texts[std::string(std::string_view(example["name"]))] = simdjson::minify(message);
    }
    return texts;
  }();
  return all;
}

template <class Message>
Message decode_example(const std::string& name) {
  const auto decoded = openai::decode_server_message(examples().at(name));
  INFO(name);
  REQUIRE(decoded.ok());
  REQUIRE(std::holds_alternative<Message>(*decoded));
  return std::get<Message>(*decoded);
}

}  // namespace

TEST_CASE("every OpenAI server example decodes, and only those without meaning here are ignored",
          "[openai][conformance]") {
  const std::set<std::string> without_meaning = {
      "conversation_created",
      "cleared",
      "timeout_triggered",
      "item_done_user",
      "transcription_delta",
      "transcription_segment",
      "output_item_added",
      "content_part_added",
      "output_audio_done",
      "content_part_done",
      "output_item_done",
      "item_done_assistant",
      "output_item_added_function",
      "function_call_arguments_delta",
      "function_call_arguments_done",
      "output_item_done_function",
      "item_truncated",
      "item_deleted",
      "item_retrieved",
      "output_text_delta",
  };
  CHECK(examples().size() == 51);
  for (const auto& [name, text] : examples()) {
    INFO(name);
    const auto decoded = openai::decode_server_message(text);
    REQUIRE(decoded.ok());
    CHECK(std::holds_alternative<openai::Ignored>(*decoded) == without_meaning.contains(name));
  }
}

TEST_CASE("the OpenAI examples of a session decode to their content", "[openai][conformance]") {
  CHECK(decode_example<openai::SessionCreated>("session_created").id == "sess_Inv7Qk2");
  const auto updated = decode_example<openai::SessionUpdated>("session_updated");
  CHECK(updated.id == "sess_Inv7Qk2");
  CHECK(updated.input_format == "audio/pcmu");
  CHECK(updated.output_format == "audio/pcmu");
  CHECK(decode_example<openai::RateLimits>("rate_limits_updated").reset.count() == 0);
}

TEST_CASE("the OpenAI examples of a caller's turn decode to their content",
          "[openai][conformance]") {
  const auto began = decode_example<openai::SpeechStarted>("speech_started");
  CHECK(began.item_id == "item_Inv0002");
  CHECK(began.begin.count() == 4120);
  CHECK(decode_example<openai::SpeechStopped>("speech_stopped").end.count() == 6280);
  CHECK(decode_example<openai::InputCommitted>("committed").previous_item_id.empty());
  const auto added = decode_example<openai::ItemAdded>("item_added_user");
  CHECK(added.item_id == "item_Inv0002");
  CHECK(added.role == "user");
  CHECK(added.text.empty());
  CHECK(decode_example<openai::Transcribed>("transcription_completed").text ==
        "I'd like to come on Tuesday.");
  CHECK(decode_example<openai::Transcribed>("transcription_completed_tokens").item_id ==
        "item_Inv0002");
  CHECK(decode_example<openai::TranscriptionFailed>("transcription_failed").code ==
        "audio_unintelligible");
}

TEST_CASE("the OpenAI examples of an answer decode to their content", "[openai][conformance]") {
  CHECK(decode_example<openai::ResponseCreated>("response_created").wanted_by.empty());
  CHECK(decode_example<openai::ResponseCreated>("response_created_greeting").id == "resp_Inv0001");
  const auto added = decode_example<openai::ItemAdded>("item_added_assistant");
  CHECK(added.previous_item_id == "item_Inv0002");
  CHECK(added.role == "assistant");
  const auto piece = decode_example<openai::SpokenText>("output_audio_transcript_delta");
  CHECK_FALSE(piece.is_whole);
  CHECK(piece.text == "Tuesday at ten");
  CHECK(decode_example<openai::SpokenText>("output_audio_transcript_done").is_whole);
  const auto audio = decode_example<openai::AudioDelta>("output_audio_delta");
  CHECK(audio.response_id == "resp_Inv0001");
  CHECK(audio.item_id == "item_Inv0003");
  CHECK(audio.data.size() == 1068);
}

TEST_CASE("the OpenAI examples of the end of an answer decode to their content",
          "[openai][conformance]") {
  using openai::ResponseStatus;
  const auto done = decode_example<openai::ResponseDone>("response_done");
  CHECK(done.status == ResponseStatus::completed);
  REQUIRE(done.spoken.size() == 1);
  CHECK(done.spoken[0].text == "Tuesday at ten or at half past two. Which suits you?");
  CHECK(done.usage.input_text == 410);
  CHECK(done.usage.input_audio == 230);
  CHECK(done.usage.output_text == 40);
  CHECK(done.usage.output_audio == 132);
  const auto cut = decode_example<openai::ResponseDone>("response_done_cancelled_by_speech");
  CHECK(cut.status == ResponseStatus::cancelled);
  CHECK(cut.reason == "turn_detected");
  CHECK(decode_example<openai::ResponseDone>("response_done_cancelled_by_client").reason ==
        "client_cancelled");
  CHECK(decode_example<openai::ResponseDone>("response_done_incomplete").status ==
        ResponseStatus::incomplete);
  const auto failed = decode_example<openai::ResponseDone>("response_done_failed");
  CHECK(failed.status == ResponseStatus::failed);
  CHECK(failed.error_code == "inference_rate_limit_exceeded");
  CHECK(decode_example<openai::ResponseDone>("response_done_failed_quota").error_type ==
        "insufficient_quota");
}

TEST_CASE("the OpenAI examples of errors decode to their content", "[openai][conformance]") {
  const auto active = decode_example<openai::ErrorMessage>("error_active_response");
  CHECK(active.code == "conversation_already_has_active_response");
  CHECK(active.event_id == "rc_1");
  const auto server = decode_example<openai::ErrorMessage>("error_server");
  CHECK(server.type == "server_error");
  CHECK(server.code.empty());
  CHECK(server.event_id.empty());
}
