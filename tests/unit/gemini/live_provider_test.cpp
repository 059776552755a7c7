#include "gemini/live_provider.hpp"

#include "tests/unit/gemini/live_script.hpp"

using namespace tandem;
using namespace tandem::gemini::script;
using call::VoiceSeverity;
using gemini::LiveProvider;

namespace {

std::string opening(LiveProvider& provider) {
  std::vector<std::string> messages;
  provider.encode_opening(messages);
  REQUIRE(messages.size() == 1);
  return messages[0];
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

const std::vector<call::SpokenLine> said_before = {{core::Speaker::user, "Is Tuesday free?"},
                                                   {core::Speaker::assistant, "Yes, at ten."}};

}  // namespace

TEST_CASE("E28: the Gemini key travels in the header and nowhere else", "[gemini]") {
  auto provider = make_provider();
  for (const bool resume : {false, true}) {
    const auto endpoint = provider.open(resume);
    CHECK(core::find_header(endpoint.headers, "x-goog-api-key") == "example-key-not-real");
    CHECK(endpoint.headers.size() == 1);
    CHECK_FALSE(has(endpoint.url.target, "key"));
    CHECK_FALSE(has(opening(provider), "example-key-not-real"));
    feed(provider, handle_update("handle-1"));
  }
}

TEST_CASE("the Gemini Live socket has the host of the base URL and the path of v1beta",
          "[gemini]") {
  const std::string path =
      "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
  struct Case {
    const char* base;
    const char* scheme;
    std::string target;
  };
  for (const Case& expected : {Case{"https://generativelanguage.googleapis.com", "wss", path},
                               Case{"http://127.0.0.1:40005", "ws", path},
                               Case{"https://proxy.example/g/?x=1", "wss", "/g" + path}}) {
    INFO(expected.base);
    auto provider = make_provider(example_settings(expected.base));
    const auto url = provider.open(false).url;
    CHECK(url.scheme == expected.scheme);
    CHECK(url.target == expected.target);
  }
}

TEST_CASE("the Gemini setup carries the agent and everything the phone needs", "[gemini]") {
  auto settings = example_settings();
  settings.voice = "Kore";
  settings.language = "en-US";
  settings.offers_transfer = true;
  auto provider = make_provider(settings);
  provider.open(false);
  CHECK(opening(provider) ==
        R"({"setup":{"model":"models/gemini-3.8-live","generationConfig":{"responseModalities":)"
        R"(["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}},)"
        R"("languageCode":"en-US"}},"systemInstruction":{"parts":[{"text":)"
        R"("You answer the phone."}]},)"
        R"("tools":[{"functionDeclarations":[{"name":"hang_up","description":"Ends the phone )"
        R"(call. Say goodbye first, then call this once and say nothing more.","behavior":)"
        R"("BLOCKING","parametersJsonSchema":{"type":"object","properties":{"reason":{"type":)"
        R"("string","enum":["done","wrong_number","abuse"]}},"additionalProperties":false}},)"
        R"({"name":"transfer","description":"Puts the caller through to a person. Tell the caller )"
        R"(first, then call this once.","behavior":"NON_BLOCKING","parametersJsonSchema":{"type":)"
        R"("object","properties":{"note":{"type":"string","description":"One sentence for the )"
        R"(person who takes the call."}},"additionalProperties":false}}]}],)"
        R"("realtimeInputConfig":{"automaticActivityDetection":{"disabled":false,)"
        R"("startOfSpeechSensitivity":"START_SENSITIVITY_HIGH","endOfSpeechSensitivity":)"
        R"("END_SENSITIVITY_HIGH","prefixPaddingMs":60,"silenceDurationMs":500},)"
        R"("activityHandling":"START_OF_ACTIVITY_INTERRUPTS","turnCoverage":)"
        R"("TURN_INCLUDES_ONLY_ACTIVITY"},"inputAudioTranscription":{"languageCodes":["en-US"]},)"
        R"("outputAudioTranscription":{},"sessionResumption":{},"contextWindowCompression":)"
        R"({"triggerTokens":"40000","slidingWindow":{"targetTokens":"20000"}}}})");
}

TEST_CASE("Gemini is ready at setupComplete, once per connection, and not before", "[gemini]") {
  auto provider = make_provider();
  provider.open(false);
  CHECK(feed(provider, R"({"sessionResumptionUpdate":{"resumable":false}})").empty());
  const auto ready =
      only<call::VoiceReady>(feed(provider, R"({"setupComplete":{"sessionId":"ses-1"}})"));
  CHECK(ready.chat_id.str() == "ses-1");
  CHECK(ready.chat_group_id.empty());
  CHECK_FALSE(ready.is_resumed);
  CHECK(feed(provider, R"({"setupComplete":{}})").empty());
}

TEST_CASE("Gemini resumes with the newest handle that was resumable", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  provider.open(true);
  CHECK(has(opening(provider), R"("sessionResumption":{},)"));  // there was none to resume with
  feed_all(provider, {handle_update("handle-1"), handle_update("handle-2"),
                      handle_update("handle-3", false), R"({"sessionResumptionUpdate":{}})"});
  provider.open(true);
  CHECK(has(opening(provider), R"("sessionResumption":{"handle":"handle-2"})"));
  const auto ready = only<call::VoiceReady>(feed(provider, R"({"setupComplete":{}})"));
  CHECK(ready.is_resumed);
  CHECK(ready.chat_group_id.str() == "handle-2");
  provider.open(false);
  CHECK(has(opening(provider), R"("sessionResumption":{},)"));
  provider.open(true);  // a fresh session was asked for meanwhile: the old one is over
  CHECK(has(opening(provider), R"("sessionResumption":{},)"));
}

TEST_CASE("a Gemini session of another process is resumed by its handle", "[gemini]") {
  auto provider = make_provider();
  provider.adopt(core::ChatGroupId("handle-of-another"));
  provider.open(true);
  CHECK(has(opening(provider), R"("handle":"handle-of-another")"));
  CHECK(provider.classify_close(1008, "Requested entity was not found.").severity ==
        VoiceSeverity::retry_fresh);
}

TEST_CASE("every Gemini session knows what the call is about", "[gemini]") {
  auto provider = make_provider();
  provider.set_brief("It is about a table for two.");
  for (const bool resume : {false, true}) {
    provider.open(resume);
    CHECK(has(opening(provider), R"(\n\nIt is about a table for two."}]})"));
  }
}

TEST_CASE("a Gemini session that cannot resume is told what was said before", "[gemini]") {
  auto provider = make_provider();
  provider.set_history(said_before);
  provider.open(true);
  CHECK(has(opening(provider), R"("historyConfig":{"initialHistoryInClientContent":true})"));
  const auto events = feed(provider, R"({"setupComplete":{}})");
  REQUIRE(events.size() == 2);
  CHECK(std::get<call::VoiceReply>(events[0]).text ==
        R"({"clientContent":{"turns":[{"role":"user","parts":[{"text":"Is Tuesday free?"}]},)"
        R"({"role":"model","parts":[{"text":"Yes, at ten."}]}],"turnComplete":true}})");
  CHECK(std::get<call::VoiceReady>(events[1]).is_resumed);
  provider.open(false);  // told once
  CHECK_FALSE(has(opening(provider), "historyConfig"));
}

TEST_CASE("a resumed Gemini session is not told its history, a refused one is", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  feed(provider, handle_update("handle-1"));
  provider.set_history(said_before);
  provider.open(true);
  CHECK_FALSE(has(opening(provider), "historyConfig"));
  CHECK(provider.classify_close(1008, "some reason").severity == VoiceSeverity::retry_fresh);
  provider.open(false);
  CHECK(has(opening(provider), "historyConfig"));
  CHECK(all<call::VoiceReply>(feed(provider, R"({"setupComplete":{}})")).size() == 1);
}

TEST_CASE("a resumed Gemini session is told what was said since its handle was given", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  feed_all(provider, {caller("Is Tuesday free?"), audio(), agent("Yes."), turn_over,
                      handle_update("handle-1")});
  SECTION("nothing, when it knows everything") {
    CHECK(all<call::VoiceReply>(start(provider, true)).empty());
  }
  SECTION("the words that went down with the connection") {
    feed_all(provider, {caller("At ten"), audio(), agent("You")});
    const auto events = start(provider, true);
    CHECK(only<call::VoiceReply>({events.end() - 2, events.end() - 1}).text ==
          R"({"clientContent":{"turns":[{"role":"user","parts":[{"text":"At ten"}]},)"
          R"({"role":"model","parts":[{"text":"You"}]}],"turnComplete":false}})");
    CHECK(std::holds_alternative<call::VoiceReady>(events.back()));
  }
}

TEST_CASE("a Gemini session lost before it had a handle is followed by one that knows",
          "[gemini]") {
  auto provider = make_provider();
  start(provider);
  feed_all(provider, {caller("Is Tuesday free?"), audio(), agent("Yes")});
  provider.open(true);
  CHECK(has(opening(provider), "historyConfig"));
  const auto replies = all<call::VoiceReply>(feed(provider, R"({"setupComplete":{}})"));
  REQUIRE(replies.size() == 1);
  CHECK(has(replies[0].text, "Is Tuesday free?"));
}

TEST_CASE("a fresh Gemini session knows the words that nobody had settled yet", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  feed_all(provider, {caller("And on"), audio(), agent("We")});
  provider.set_history(said_before);
  const auto replies = all<call::VoiceReply>(start(provider));
  REQUIRE(replies.size() == 1);
  CHECK(has(replies[0].text, "Yes, at ten."));
  CHECK(has(replies[0].text, R"({"text":"And on"}]},{"role":"model","parts":[{"text":"We"}]}])"));
}

TEST_CASE("of a long history Gemini gets the newest lines", "[gemini]") {
  auto provider = make_provider();
  std::vector<call::SpokenLine> lines;
  for (int i = 0; i < 100; ++i) {
    lines.push_back({core::Speaker::user, std::to_string(i) + std::string(999, 'x')});
    lines.push_back({core::Speaker::assistant, ""});
  }
  provider.set_history(lines);
  provider.open(false);
  const auto seed = all<call::VoiceReply>(feed(provider, R"({"setupComplete":{}})")).at(0).text;
  CHECK(seed.size() < 20'000);
  CHECK(has(seed, R"("99x)"));
  CHECK_FALSE(has(seed, R"("70x)"));
  CHECK_FALSE(has(seed, R"({"text":""})"));
}

TEST_CASE("what Gemini is asked to say, know and answer is one message each", "[gemini]") {
  auto provider = make_provider();
  const std::string head = R"({"clientContent":{"turns":[{"role":"user","parts":[{"text":")";
  CHECK(encoded([&](auto& out) { provider.encode_greeting(out); }) ==
        head + R"([call connected] Say exactly: Good day."}]}],"turnComplete":true}})");
  CHECK(encoded([&](auto& out) { provider.encode_say("Hold on.", out); }) ==
        head + "[operator] Say exactly this to the caller now, and nothing else: Hold on." +
            R"("}]}],"turnComplete":true}})");
  CHECK(encoded([&](auto& out) { provider.encode_context("VIP", out); }) ==
        head + R"([context] VIP"}]}],"turnComplete":false}})");
  CHECK(encoded([&](auto& out) {
          provider.encode_nudge(out);
        }).ends_with(R"("turnComplete":true}})"));
  CHECK(encoded([&](auto& out) { provider.encode_text("42", out); }) ==
        R"({"realtimeInput":{"text":"42"}})");
  CHECK(encoded([&](auto& out) {
          provider.encode_pause(true, out);
          provider.encode_heard("gemini-1", std::chrono::milliseconds{1},
                                std::chrono::milliseconds{2}, out);
        }).empty());
  auto settings = example_settings();
  settings.greeting.clear();
  auto unscripted = make_provider(settings);
  CHECK(has(encoded([&](auto& out) { unscripted.encode_greeting(out); }), "Greet the caller"));
}

TEST_CASE("what is typed for the caller is in the transcript, what we ask for is not", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  std::string out;
  provider.encode_text(" 42 ", out);
  provider.encode_nudge(out);
  provider.encode_say("Hold on.", out);
  const auto text = only<call::VoiceText>(feed(provider, "{}"));
  CHECK(text.text == "42");
  CHECK(text.is_typed);
  CHECK(text.is_final);
}

TEST_CASE("hang_up of Gemini ends the call once and is answered without another word", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const auto events = feed(provider, tool_call("id-1", "hang_up", R"({"reason":"done"})"));
  REQUIRE(events.size() == 2);
  CHECK(std::get<call::VoiceReply>(events[0]).text ==
        R"({"toolResponse":{"functionResponses":[{"id":"id-1","name":"hang_up","response":)"
        R"({"output":"ok"},"scheduling":"SILENT"}]}})");
  CHECK(std::holds_alternative<call::VoiceHangUp>(events[1]));
  CHECK(feed(provider, tool_call("id-1", "hang_up")).empty());
  CHECK(only<call::VoiceReply>(feed(provider, tool_call("id-2", "hang_up"))).text.size() > 50);
  CHECK(feed(provider, R"({"toolCallCancellation":{"ids":["id-1","id-2"]}})").empty());
  CHECK(provider.classify_close(1000, "").why == "hang_up");
  provider.open(true);
  CHECK(provider.classify_close(1006, "").why == "lost");
}

TEST_CASE("Gemini function calls reach the call and their results go back under the same id",
          "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const auto call = only<call::VoiceToolCall>(
      feed(provider, tool_call("id-1", "transfer", R"({ "note" : "angry" })")));
  CHECK(call.id == "id-1");
  CHECK(call.name == "transfer");
  CHECK(call.arguments == R"({"note":"angry"})");
  CHECK(call.response_required);
  CHECK(encoded([&](auto& out) { provider.encode_tool_result(call, true, "on its way", out); }) ==
        R"({"toolResponse":{"functionResponses":[{"id":"id-1","name":"transfer","response":)"
        R"({"output":"on its way"},"scheduling":"WHEN_IDLE"}]}})");
  // One answer per id: a second one would close the connection.
  CHECK(encoded([&](auto& out) { provider.encode_tool_result(call, true, "x", out); }).empty());
}

TEST_CASE("a function that Gemini calls again is carried out once and answered each time",
          "[gemini]") {
  auto provider = make_provider();
  start(provider);
  only<call::VoiceToolCall>(feed(provider, tool_call("id-1", "book", R"({"day":1})")));
  CHECK(feed(provider, tool_call("id-1", "book", R"({"day":1})")).empty());
  const auto reply =
      only<call::VoiceReply>(feed(provider, tool_call("id-2", "book", R"({"day":1})")));
  CHECK(has(reply.text, R"("id":"id-2")"));
  CHECK(has(reply.text, "Do not call again"));
  only<call::VoiceToolCall>(feed(provider, tool_call("id-3", "book", R"({"day":2})")));
  pass_time(provider, std::chrono::seconds{11});
  only<call::VoiceToolCall>(feed(provider, tool_call("id-4", "book", R"({"day":1})")));
}

TEST_CASE("a tool call that Gemini cancels is not answered, and may be made again", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const auto call = only<call::VoiceToolCall>(feed(provider, tool_call("id-1", "book")));
  const std::string cancelled = R"({"toolCallCancellation":{"ids":["id-1","id-unknown"]}})";
  CHECK(only<call::VoiceToolCancelled>(feed(provider, cancelled)).id == "id-1");
  CHECK(encoded([&](auto& out) { provider.encode_tool_result(call, true, "x", out); }).empty());
  CHECK(feed(provider, cancelled).empty());
  only<call::VoiceToolCall>(feed(provider, tool_call("id-2", "book")));
}

TEST_CASE("a tool call does not outlive its Gemini connection", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  const auto call = only<call::VoiceToolCall>(feed(provider, tool_call("id-1", "book")));
  start(provider, true);
  CHECK(encoded([&](auto& out) { provider.encode_tool_result(call, true, "x", out); }).empty());
  CHECK(only<call::VoiceDefect>(feed(provider, tool_call("", "book"))).why ==
        "tool_call_without_id");
}

TEST_CASE("Gemini's notice of its end, its bill and its ear reach the call", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  CHECK(only<call::VoiceGoingAway>(feed(provider, R"({"goAway":{"timeLeft":"50s"}})")).left ==
        std::chrono::seconds{50});
  CHECK(provider.classify_close(1000, "").severity == VoiceSeverity::retry);
  const auto usage = only<call::VoiceUsage>(
      feed(provider, R"({"usageMetadata":{"promptTokenCount":1320,"responseTokenCount":100,)"
                     R"("thoughtsTokenCount":36,"promptTokensDetails":[{"modality":"AUDIO",)"
                     R"("tokenCount":918}],"responseTokensDetails":[{"modality":"AUDIO",)"
                     R"("tokenCount":96}]}})"));
  CHECK(usage.input_audio_tokens == 918);
  CHECK(usage.input_text_tokens == 402);
  CHECK(usage.output_audio_tokens == 96);
  CHECK(usage.output_text_tokens == 40);
  const auto bare = only<call::VoiceUsage>(
      feed(provider, R"({"usageMetadata":{"promptTokenCount":522,"responseTokenCount":42}})"));
  CHECK(bare.input_audio_tokens == 522);
  CHECK(bare.output_text_tokens == 0);
  CHECK(only<call::VoiceCallerSpeech>(
            feed(provider, R"({"voiceActivity":{"voiceActivityType":"ACTIVITY_START"}})"))
            .is_speaking);
}

TEST_CASE("Gemini text that is no message is a wire error of the right kind", "[gemini]") {
  auto provider = make_provider();
  start(provider);
  Events events;
  CHECK(provider.decode("{", events).error().error == call::VoiceWireError::not_json);
  CHECK(provider.decode("[]", events).error().error == call::VoiceWireError::bad_shape);
  CHECK(events.empty());
  const auto mixed = provider.decode(R"({"toolCall":[],"goAway":{"timeLeft":"9s"}})", events);
  CHECK(mixed.error().error == call::VoiceWireError::bad_shape);
  only<call::VoiceGoingAway>(events);  // what could be read is not lost
}

TEST_CASE("Gemini's verdicts know how far the connection had come", "[gemini]") {
  auto provider = make_provider();
  provider.open(false);
  const std::string vague = "Request contains an invalid argument.";
  CHECK(provider.classify_close(1007, vague).severity == VoiceSeverity::fatal);
  feed(provider, R"({"setupComplete":{}})");
  CHECK(provider.classify_close(1007, vague).severity == VoiceSeverity::retry_fresh);
  feed(provider, handle_update("handle-1"));
  CHECK(provider.classify_refusal(429).why == "rate_limit");
  // A handle that keeps being refused while the old session lingers is given up.
  std::vector<VoiceSeverity> verdicts;
  for (int i = 0; i < 3; ++i) {
    provider.open(true);
    verdicts.push_back(provider.classify_close(1011, "Internal error encountered.").severity);
  }
  CHECK(verdicts == std::vector<VoiceSeverity>{VoiceSeverity::retry, VoiceSeverity::retry,
                                               VoiceSeverity::retry_fresh});
}
