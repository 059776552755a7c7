#include "gemini/live_messages.hpp"

#include <string>

#include "tests/unit/catch.hpp"

using namespace tandem;
using gemini::LiveError;

namespace {

gemini::LiveServerMessage decoded(const std::string& text) {
  gemini::LiveServerMessage message;
  INFO(text);
  REQUIRE(gemini::decode_live_message(text, message).ok());
  return message;
}

LiveError error_of(const std::string& text) {
  gemini::LiveServerMessage message;
  INFO(text);
  const auto result = gemini::decode_live_message(text, message);
  REQUIRE_FALSE(result.ok());
  return result.error().error;
}

template <class Write>
std::string encoded(Write write) {
  std::string out;
  write(out);
  return out;
}

}  // namespace

TEST_CASE("every key of one Gemini Live message comes out, in whatever company", "[gemini]") {
  const std::string text =
      R"({"serverContent":{"interrupted":true,"modelTurn":{"role":"model","parts":[)"
      R"({"text":"hm","thought":true},{"inlineData":{"mimeType":"audio/pcm","data":"AAA="}},)"
      R"({"inlineData":{"mimeType":"audio/pcm;rate=16000","data":"BBBB"}}]},)"
      R"("inputTranscription":{"text":" yes"},"interimInputTranscription":{"text":"ye"},)"
      R"("outputTranscription":{"text":"Good"},"generationComplete":true,"turnComplete":true,)"
      R"("turnCompleteReason":"NEED_MORE_INPUT","waitingForInput":true},)"
      R"("toolCall":{"functionCalls":[{"id":"1","name":"f","args":{"a": [1, 2]}},{"name":"g"}]},)"
      R"("toolCallCancellation":{"ids":["7","8"]},"goAway":{"timeLeft":"12.5s"},)"
      R"("sessionResumptionUpdate":{"newHandle":"h","resumable":true},"setupComplete":{}})";
  const auto message = decoded(text);
  CHECK(message.setup_complete);
  CHECK(message.interrupted);
  REQUIRE(message.audio.size() == 2);
  CHECK(message.audio[0].mime_type == "audio/pcm");
  CHECK(message.audio[1].data == "BBBB");
  CHECK(message.input_text == " yes");
  CHECK(message.interim_input_text == "ye");
  CHECK(message.output_text == "Good");
  CHECK(message.generation_complete);
  CHECK(message.turn_complete);
  CHECK(message.turn_complete_reason == "NEED_MORE_INPUT");
  CHECK(message.waiting_for_input);
  REQUIRE(message.calls.size() == 2);
  CHECK(message.calls[0].arguments == R"({"a":[1,2]})");
  CHECK(message.calls[1].id.empty());
  CHECK(message.calls[1].arguments == "{}");
  CHECK(message.cancelled_calls == std::vector<std::string>{"7", "8"});
  CHECK(message.go_away == std::chrono::milliseconds{12500});
  CHECK(message.resumption->handle == "h");
}

TEST_CASE("Gemini Live keys that are unknown, null or empty are no errors", "[gemini]") {
  for (const char* text :
       {R"({})", R"({"serverContent":{}})", R"({"serverContent":null})", R"({"news":[{"a":1}]})",
        R"({"serverContent":{"modelTurn":{}}})", R"({"serverContent":{"modelTurn":{"parts":[]}}})",
        R"({"serverContent":{"groundingMetadata":{},"turnComplete":false}})",
        R"({"serverContent":{"modelTurn":{"parts":[1,null,{"text":"written"}]}}})",
        R"({"serverContent":{"outputTranscription":{"text":7}}})"}) {
    INFO(text);
    const auto message = decoded(text);
    CHECK(message.audio.empty());
    CHECK(message.output_text.empty());
    CHECK_FALSE(message.turn_complete);
  }
  CHECK_FALSE(decoded(R"({"sessionResumptionUpdate":{}})").resumption->resumable);
}

TEST_CASE("E17: text that is no Gemini Live message is named for what it is", "[gemini]") {
  CHECK(error_of("") == LiveError::not_json);
  CHECK(error_of(R"({"serverContent":)") == LiveError::not_json);
  CHECK(error_of("{\"serverContent\":{\"outputTranscription\":{\"text\":\"\xC3\x28\"}}}") ==
        LiveError::not_json);
  CHECK(error_of("[]") == LiveError::not_an_object);
  CHECK(error_of(R"("text")") == LiveError::not_an_object);
  CHECK(error_of(R"({"serverContent":[]})") == LiveError::wrong_type);
  CHECK(error_of(R"({"serverContent":{"modelTurn":{"parts":{}}}})") == LiveError::wrong_type);
  CHECK(error_of(R"({"toolCall":{"functionCalls":"f"}})") == LiveError::wrong_type);
  CHECK(error_of(R"({"setupComplete":true})") == LiveError::wrong_type);
}

TEST_CASE("one Gemini Live key of the wrong type does not take the others with it", "[gemini]") {
  gemini::LiveServerMessage message;
  const auto result = gemini::decode_live_message(
      R"({"usageMetadata":"many","serverContent":{"interrupted":true}})", message);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().field == "usageMetadata");
  CHECK(message.interrupted);
}

TEST_CASE("a decoded Gemini Live message holds nothing of the one before", "[gemini]") {
  gemini::LiveServerMessage message;
  REQUIRE(gemini::decode_live_message(R"({"serverContent":{"turnComplete":true,"modelTurn":)"
                                      R"({"parts":[{"inlineData":{"data":"AA=="}}]}}})",
                                      message)
              .ok());
  CHECK(message.audio.size() == 1);
  REQUIRE(gemini::decode_live_message("{}", message).ok());
  CHECK(message.audio.empty());
  CHECK_FALSE(message.turn_complete);
}

TEST_CASE("the time left of a Gemini goAway is a duration in seconds, or unknown", "[gemini]") {
  const auto left = [](const std::string& text) {
    return decoded(R"({"goAway":{"timeLeft":)" + text + "}}").go_away->count();
  };
  CHECK(left(R"("50s")") == 50000);
  CHECK(left(R"("0.25s")") == 250);
  for (const char* odd : {R"("")", R"("s")", R"("50")", R"("5m")", R"("-3s")", R"("1e9s")", "50",
                          R"("nans")", R"("infs")"}) {
    INFO(odd);
    CHECK(left(odd) == 0);
  }
  CHECK(decoded(R"({"goAway":{}})").go_away->count() == 0);
}

TEST_CASE("Gemini's token counts split into audio and the rest where details are given",
          "[gemini]") {
  const auto usage = *decoded(R"({"usageMetadata":{"promptTokenCount":1320,"responseTokenCount":)"
                              R"(96,"thoughtsTokenCount":36,"toolUsePromptTokenCount":5,)"
                              R"("promptTokensDetails":[{"modality":"TEXT","tokenCount":402},)"
                              R"({"modality":"AUDIO","tokenCount":918}]}})")
                          .usage;
  CHECK(usage.prompt == 1325);
  CHECK(usage.prompt_audio == 918);
  CHECK(usage.response == 96);
  CHECK_FALSE(usage.response_audio.has_value());
  CHECK(usage.thoughts == 36);
  CHECK(decoded(R"({"usageMetadata":{"promptTokenCount":-4}})").usage->prompt == 0);
}

TEST_CASE("Gemini may tell when the caller speaks", "[gemini]") {
  CHECK(*decoded(R"({"voiceActivity":{"voiceActivityType":"ACTIVITY_START"}})").caller_speaks);
  CHECK_FALSE(*decoded(R"({"voiceActivity":{"voiceActivityType":"ACTIVITY_END"}})").caller_speaks);
  CHECK(*decoded(R"({"voiceActivityDetectionSignal":{"vadSignalType":"VAD_SIGNAL_TYPE_SOS"}})")
             .caller_speaks);
  CHECK_FALSE(decoded(R"({"voiceActivity":{"voiceActivityType":"OTHER"}})").caller_speaks);
}

TEST_CASE("a Gemini setup leaves out what is not set", "[gemini]") {
  const auto bare =
      encoded([](auto& out) { gemini::encode_setup({.model = "models/other"}, out); });
  CHECK(bare.starts_with(R"({"setup":{"model":"models/other","generationConfig":)"
                         R"({"responseModalities":["AUDIO"]},"tools":)"));
  for (const char* absent : {"speechConfig", "systemInstruction", "handle", "historyConfig",
                             "languageCodes", "\"transfer\""}) {
    INFO(absent);
    CHECK(bare.find(absent) == std::string::npos);
  }
  // What gemini-3.8-live refuses, or what its predecessors needed.
  for (const char* refused : {"thinkingConfig", "proactiv", "enableAffectiveDialog", "toolConfig",
                              "mediaChunks", "transparent"}) {
    INFO(refused);
    CHECK(bare.find(refused) == std::string::npos);
  }
}

TEST_CASE("text of people reaches Gemini escaped and as valid UTF-8", "[gemini]") {
  CHECK(encoded([](auto& out) { gemini::encode_content("say \"no\\yes\"\n\xFF", true, out); }) ==
        "{\"clientContent\":{\"turns\":[{\"role\":\"user\",\"parts\":[{\"text\":"
        "\"say \\\"no\\\\yes\\\"\\n\xEF\xBF\xBD\"}]}],\"turnComplete\":true}}");
  CHECK(encoded([](auto& out) {
          gemini::encode_content("x", false, out);
        }).ends_with(R"("turnComplete":false}})"));
  CHECK(encoded([](auto& out) { gemini::encode_realtime_text("1 2 3", out); }) ==
        R"({"realtimeInput":{"text":"1 2 3"}})");
}

TEST_CASE("a conversation that the agent opened gets a user turn in front", "[gemini]") {
  const std::vector<call::SpokenLine> lines = {{core::Speaker::assistant, "Good day."},
                                               {core::Speaker::user, "Hello."}};
  CHECK(encoded([&](auto& out) { gemini::encode_history(lines, out); }) ==
        R"({"clientContent":{"turns":[{"role":"user","parts":[{"text":"[call connected]"}]},)"
        R"({"role":"model","parts":[{"text":"Good day."}]},)"
        R"({"role":"user","parts":[{"text":"Hello."}]}],"turnComplete":true}})");
}

TEST_CASE("a tool result that is too large for Gemini is cut between characters", "[gemini]") {
  const std::string umlauts = [] {
    std::string text = "x";
    while (text.size() < 10'000) text += "\xC3\xA4";
    return text;
  }();
  const auto out = encoded([&](auto& text) {
    gemini::encode_tool_response("i", "f", true, umlauts, gemini::LiveScheduling::when_idle, text);
  });
  CHECK(out.size() < gemini::tool_result_bytes_max + 200);
  CHECK(out.find("\xEF\xBF\xBD") == std::string::npos);
  CHECK(encoded([](auto& text) {
          gemini::encode_tool_response("i", "f", false, "no", gemini::LiveScheduling::silent, text);
        }) == R"({"toolResponse":{"functionResponses":[{"id":"i","name":"f","response":)"
              R"({"error":"no"},"scheduling":"SILENT"}]}})");
}
