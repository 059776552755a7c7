#include "gemini_live_plan.hpp"
#include "gemini_live_schema.hpp"
#include "gemini_live_session.hpp"
#include "tests/unit/catch.hpp"

namespace {

using namespace tandem::standins;

std::string problem_of(const std::string& text) {
  const auto problem = live_message_problem(parse_object(text));
  return problem ? problem->reason : "";
}

std::uint16_t setup_code(const std::string& text) {
  const auto problem = live_setup_problem(parse_object(text));
  return problem ? problem->code : std::uint16_t{0};
}

}  // namespace

TEST_CASE("what the SDK may send to Gemini Live is accepted") {
  for (const char* good :
       {R"({"setup":{"model":"models/gemini-3.8-live"}})",
        R"({"setup":{"model":"m","contextWindowCompression":{"triggerTokens":"40000"}}})",
        R"({"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":"AAA="}}})",
        R"({"clientContent":{"turns":[{"role":"model","parts":[{"text":"x"}]}]}})",
        R"({"toolResponse":{"functionResponses":[{"id":"1","scheduling":"SILENT"}]}})"}) {
    INFO(good);
    CHECK(problem_of(good).empty());
  }
}

TEST_CASE("an unknown key, word or type closes a Gemini Live session in Google's words") {
  CHECK(problem_of(R"({"setup":{"model":"m","toolConfig":{}}})") ==
        "Invalid JSON payload received. Unknown name \"toolConfig\" at 'setup': Cannot find "
        "field.");
  CHECK(problem_of(R"({"setup":{"inputAudioTranscription":{"languageCode":"en"}}})")
            .find("at 'setup.input_audio_transcription'") != std::string::npos);
  for (const char* bad :
       {R"({"setup":{"realtimeInputConfig":{"automaticActivityDetection":)"
        R"({"startOfSpeechSensitivity":"START_SENSITIVITY_MEDIUM"}}}})",
        R"({"setup":{"contextWindowCompression":{"triggerTokens":40000}}})",
        R"({"setup":{"sessionResumption":{"transparent":true}}})",
        R"({"setup":{"generationConfig":{"responseModalities":["TEXT"]}}})",
        R"({"realtimeInput":{"mediaChunks":[]}})", R"({"realtimeInput":{"text":7}})",
        R"({"clientContent":{"turns":{}}})", R"({"audio":{}})", R"({})",
        R"({"clientContent":{"turns":[{"role":"system","parts":[]}]}})",
        R"({"realtimeInput":{},"clientContent":{}})"}) {
    INFO(bad);
    CHECK_FALSE(problem_of(bad).empty());
  }
}

TEST_CASE("gemini-3.8-live refuses what other models took") {
  CHECK(setup_code(R"({"model":"models/gemini-3.8-live"})") == 0);
  CHECK(setup_code(R"({"model":"gemini-3.8-live"})") == 1008);
  CHECK(setup_code(R"({"model":"models/gemini-2.0-flash-live-001"})") == 1008);
  const std::string head = R"({"model":"models/gemini-3.8-live",)";
  CHECK(setup_code(head + R"("generationConfig":{"thinkingConfig":{}}})") == 1007);
  CHECK(setup_code(head + R"("generationConfig":{"enableAffectiveDialog":true}})") == 1007);
  CHECK(setup_code(head + R"("proactivity":{"proactiveAudio":false}})") == 1007);
  CHECK(setup_code(head + R"("generationConfig":{"speechConfig":{"voiceConfig":)"
                          R"({"prebuiltVoiceConfig":{"voiceName":"Nobody"}}}}})") == 1007);
}

TEST_CASE("a planned turn speaks faster than real time and is over when it was heard") {
  const auto sound = std::make_shared<const Samples>(tone(300, 0.2, live_rate, 1000));
  const TimePoint begin{};
  const LiveTurn turn = plan_turn({{"One two three four.", sound}}, {}, 4, true, begin);
  std::size_t samples = 0;
  std::string words;
  for (const LivePart& part : turn.parts) {
    samples += part.samples.size();
    words += part.text;
  }
  CHECK(samples == sound->size());
  CHECK(words == " One two three four.");
  const auto& parts = turn.parts;
  CHECK(parts[parts.size() - 3].kind == LivePart::Kind::tool_call);
  CHECK(parts[parts.size() - 2].kind == LivePart::Kind::generated);
  CHECK(parts[parts.size() - 2].due - begin == Milliseconds(250));
  CHECK(parts.back().kind == LivePart::Kind::over);
  CHECK(parts.back().due - begin == Milliseconds(1000));
}

TEST_CASE("words come in deltas that add up to the text") {
  for (const std::string text : {"Goodbye.", "Hi, I'd like to book a check-up for Thursday."}) {
    std::string whole;
    for (const std::string& delta : deltas_of(text)) {
      CHECK(delta.front() == ' ');
      whole += delta;
    }
    CHECK(whole == " " + text);
  }
  CHECK(deltas_of("").empty());
}

TEST_CASE("a session handle is good for one connection at a time") {
  LiveHandles handles;
  const LiveMemory memory{"booking", 2, true, std::make_shared<int>(0)};
  const std::string handle = handles.issue(memory);
  CHECK_FALSE(handles.find("another"));
  REQUIRE(handles.find(handle));
  CHECK(handles.find(handle)->next_turn == 2);
  CHECK(handles.enter(memory));
  CHECK_FALSE(handles.enter(*handles.find(handle)));
  handles.leave(memory);
  CHECK(handles.enter(*handles.find(handle)));
}

TEST_CASE("a caller line ends once also where half a second of silence ends a turn") {
  const SpeechData data(TANDEM_STANDINS_DATA);
  const Recogniser recogniser(data);
  for (const auto& [name, codes] : data.caller_clips()) {
    INFO(name);
    SpeechDetector detector({500, 0.5, 300, 100}, 16000);
    Samples samples = resample(ulaw_decode(codes), 8000, 16000);
    samples.insert(samples.begin(), 8000, 0);
    samples.resize(samples.size() + 16000, 0);
    std::vector<std::string> heard;
    for (std::size_t at = 0; at + 320 <= samples.size(); at += 320) {
      for (const auto& event : detector.push(std::span(samples).subspan(at, 320))) {
        if (event.kind != SpeechDetector::Event::Kind::ended) continue;
        heard.push_back(recogniser.recognise(event.levels));
      }
    }
    CHECK(heard == std::vector<std::string>{name});
  }
}

TEST_CASE("a setting of Gemini Live that does not exist is refused") {
  CHECK_THROWS_AS(LiveSettings::from(parse_object(R"({"spede":4})")), BadInput);
  CHECK_THROWS_AS(LiveSettings::from(parse_object(R"({"speed":0})")), BadInput);
  CHECK(LiveSettings::from(parse_object(R"({"chunk_ms":200})")).chunk_ms == 200);
}
