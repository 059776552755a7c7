// Gemini Live: every example of the server decodes to what it says, every frame that we send equals
// the example in shape, and every known close has the verdict that the examples ask for.
#include <map>
#include <set>
#include <string>

#include "codec/base64.hpp"
#include "gemini/live_errors.hpp"
#include "gemini/live_messages.hpp"
#include "tests/conformance/vectors.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using call::VoiceSeverity;
namespace dom = simdjson::dom;

namespace {

/// The examples of one direction by name, as JSON text.
std::map<std::string, std::string> examples(const char* direction) {
  const auto file = conformance::load_vectors("gemini/live_messages.json");
  dom::parser parser;
  const dom::element root = parser.parse(file);
  std::map<std::string, std::string> texts;
  for (const dom::element example : root[direction].get_array()) {
    const dom::element message = example["message"];
    texts[std::string(std::string_view(example["name"]))] = simdjson::minify(message);
  }
  return texts;
}

gemini::LiveServerMessage server(const std::string& name) {
  static const auto all = examples("server");
  gemini::LiveServerMessage message;
  INFO(name);
  REQUIRE(gemini::decode_live_message(all.at(name), message).ok());
  return message;
}

/// True when our frame equals the example.
bool is_example(const std::string& frame, const std::string& name) {
  static const auto all = examples("client");
  dom::parser ours, theirs;
  return conformance::json_equal(ours.parse(frame).value(), theirs.parse(all.at(name)).value());
}

}  // namespace

TEST_CASE("every Gemini Live server example decodes", "[gemini][conformance]") {
  const auto all = examples("server");
  CHECK(all.size() == 32);
  for (const auto& [name, text] : all) server(name);
}

TEST_CASE("the Gemini Live examples of a session decode to their content",
          "[gemini][conformance]") {
  CHECK(server("setupComplete").setup_complete);
  CHECK(server("setupComplete_session").session_id == "ses-5b1f0c7e-invented");
  CHECK_FALSE(server("sessionResumptionUpdate_not_now").resumption->resumable);
  CHECK_FALSE(server("sessionResumptionUpdate_empty").resumption->resumable);
  const auto update = server("sessionResumptionUpdate").resumption;
  CHECK(update->resumable);
  CHECK(update->handle == "Cig5eXZtbjA0cTd3LWludmVudGVkLWhhbmRsZS0wMDE");
  CHECK(server("goAway").go_away == std::chrono::seconds{50});
  CHECK(*server("voiceActivity_start").caller_speaks);
  CHECK_FALSE(*server("voiceActivity_end").caller_speaks);
  CHECK(*server("voiceActivityDetectionSignal").caller_speaks);
}

TEST_CASE("the Gemini Live examples of speech decode to their content", "[gemini][conformance]") {
  for (const auto& [name, parts, bytes, mime] :
       {std::tuple{"audio", 1U, 1920U, "audio/pcm;rate=24000"},
        std::tuple{"audio_two_parts_and_text", 2U, 960U, "audio/pcm;rate=24000"},
        std::tuple{"audio_no_rate", 1U, 960U, "audio/pcm"}}) {
    const auto message = server(name);
    REQUIRE(message.audio.size() == parts);
    for (const auto& part : message.audio) {
      CHECK(part.mime_type == mime);
      std::vector<std::uint8_t> pcm(codec::decoded_size_max(part.data.size()));
      CHECK(codec::base64_decode(part.data, pcm).size == bytes);
    }
  }
  CHECK(server("audio_two_parts_and_text").output_text == " how can I");
  CHECK(server("thought_part").audio.empty());
  CHECK(server("outputTranscription").output_text == "Harbour Dental,");
  CHECK(server("outputTranscription_finished").output_text == " help?");
  CHECK(server("inputTranscription").input_text == " I'd like to come");
  CHECK(server("inputTranscription_finished").input_text == " on Tuesday.");
  CHECK(server("interimInputTranscription").interim_input_text == "I'd like to co");
}

TEST_CASE("the Gemini Live examples of turns decode to their content", "[gemini][conformance]") {
  CHECK(server("interrupted").interrupted);
  CHECK(server("generationComplete").generation_complete);
  const auto over = server("turnComplete");
  CHECK(over.turn_complete);
  CHECK(over.usage->prompt == 1320);
  CHECK(over.usage->prompt_audio == 918);
  CHECK(over.usage->response_audio == 96);
  CHECK(over.usage->thoughts == 36);
  CHECK(server("turnComplete_after_interrupt").turn_complete);
  CHECK_FALSE(server("usageMetadata_alone").usage->prompt_audio.has_value());
  CHECK(server("turnComplete_reason").waiting_for_input);
  CHECK(server("turnComplete_rejected").turn_complete_reason == "RESPONSE_REJECTED");
  CHECK(server("toolCall").calls.at(0).arguments ==
        R"({"start":"2026-11-24T10:00","service":"check-up","name":"Ada Okafor"})");
  CHECK(server("toolCall_two").calls.at(1).name == "hang_up");
  CHECK(server("toolCallCancellation").cancelled_calls ==
        std::vector<std::string>{"function-call-7721930466120034417"});
}

TEST_CASE("our Gemini Live frames equal the examples", "[gemini][conformance]") {
  std::string out;
  gemini::encode_content(
      "[call connected] Say exactly: Harbour Dental, this is Mira, how can I help?", true, out);
  CHECK(is_example(out, "clientContent_greet"));
  out.clear();
  gemini::encode_content("[context] The caller's number is on file under the name Okafor.", false,
                         out);
  CHECK(is_example(out, "clientContent_context"));
  out.clear();
  const std::vector<call::SpokenLine> lines = {
      {core::Speaker::user, "Hi, do you have something on Tuesday?"},
      {core::Speaker::assistant, "Yes, at ten or at half past two."}};
  gemini::encode_history(lines, out);
  CHECK(is_example(out, "clientContent_seed"));
  out.clear();
  gemini::encode_realtime_text("The caller is on the line now. Greet them with the opening line.",
                               out);
  CHECK(is_example(out, "realtimeInput_text"));
  out.clear();
  gemini::encode_tool_response("function-call-1180021956620377215", "hang_up", true, "ok",
                               gemini::LiveScheduling::silent, out);
  CHECK(is_example(out, "toolResponse_silent"));
}

TEST_CASE("our Gemini setup differs from the examples only in the agent and its tools",
          "[gemini][conformance]") {
  static const auto all = examples("client");
  for (const auto& [name, handle, seeds] :
       {std::tuple{"setup_phone", "", false},
        std::tuple{"setup_resume", "Cig5eXZtbjA0cTd3LWludmVudGVkLWhhbmRsZS0wMDE", false},
        std::tuple{"setup_seed_history", "", true}}) {
    INFO(name);
    std::string out;
    gemini::encode_setup(
        {.model = "gemini-3.8-live",
         .system_instruction = "You are Mira, the telephone receptionist of Harbour Dental. Speak "
                               "short sentences. Never read out ids.",
         .voice = "Kore",
         .language = "en-US",
         .handle = handle,
         .seeds_history = seeds},
        out);
    dom::parser ours_parser, theirs_parser;
    const dom::element ours = ours_parser.parse(out)["setup"];
    const dom::element theirs = theirs_parser.parse(all.at(name))["setup"];
    std::set<std::string> differing;
    for (const dom::key_value_pair member : dom::object(theirs)) {
      dom::element same;
      const bool known = ours[member.key].get(same) == simdjson::SUCCESS;
      if (!known || !conformance::json_equal(same, member.value)) differing.emplace(member.key);
    }
    // They limit the answer's length and have words of their own practice.
    CHECK(differing ==
          std::set<std::string>{"generationConfig", "inputAudioTranscription", "tools"});
    CHECK(dom::object(ours).size() == dom::object(theirs).size());
  }
}

TEST_CASE("every known close of Gemini Live has the verdict it asks for", "[gemini][conformance]") {
  const auto file = conformance::load_vectors("gemini/live_messages.json");
  dom::parser parser;
  int checked = 0;
  for (const dom::element close : parser.parse(file)["close"].get_array()) {
    const auto code = static_cast<std::uint16_t>(close["code"].get_uint64().value());
    const std::string_view reason = close["reason"];
    const std::string_view retry = close["retry"];
    INFO(code << " " << reason << " retry: " << retry);
    const auto severity = gemini::verdict_on_live_close(code, reason, {.was_ready = true}).severity;
    const bool tries_again =
        severity == VoiceSeverity::retry || severity == VoiceSeverity::retry_fresh;
    CHECK(tries_again == (retry != "no"));
    if (retry.starts_with("not with") || retry.starts_with("without")) {
      CHECK(severity == VoiceSeverity::retry_fresh);
    }
    ++checked;
  }
  CHECK(checked == 13);
}
