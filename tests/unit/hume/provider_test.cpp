#include "hume/provider.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/catch.hpp"

using namespace tandem;
using call::VoiceSeverity;

namespace {

hume::EviSettings example_settings(const std::string& url = "https://api.hume.ai") {
  hume::EviSettings settings;
  REQUIRE(core::parse_url(url, settings.base_url));
  settings.api_key = core::Secret("example-key-not-real");
  settings.config_id = "00000000-example-config";
  return settings;
}

hume::EviProvider make_provider(hume::EviPersona persona = {}) {
  return hume::EviProvider(std::make_shared<const hume::EviSettings>(example_settings()),
                           std::move(persona));
}

std::vector<call::VoiceEvent> feed(hume::EviProvider& provider, const std::string& text) {
  std::vector<call::VoiceEvent> events;
  INFO(text);
  REQUIRE(provider.decode(text, events).ok());
  return events;
}

template <class Event>
Event only(const std::vector<call::VoiceEvent>& events) {
  REQUIRE(events.size() == 1);
  REQUIRE(std::holds_alternative<Event>(events[0]));
  return std::get<Event>(events[0]);
}

std::string metadata(const std::string& chat, const std::string& group) {
  return R"({"type":"chat_metadata","chat_id":")" + chat + R"(","chat_group_id":")" + group + "\"}";
}

std::string error(const std::string& code) {
  return R"({"type":"error","slug":"example_slug","message":"the caller said 555","code":")" +
         code + "\"}";
}

std::string user_message(const std::string& text, bool interim, bool from_text = false) {
  return R"({"type":"user_message","from_text":)" + std::string(from_text ? "true" : "false") +
         R"(,"interim":)" + (interim ? "true" : "false") +
         R"(,"message":{"role":"user","content":")" + text +
         R"("},"models":{},"time":{"begin":4120,"end":6740}})";
}

std::string assistant_message(const std::string& content, const std::string& id) {
  return R"({"type":"assistant_message","id":")" + id +
         R"(","from_text":false,"is_quick_response":false,"message":{"content":)" + content +
         R"(},"models":{}})";
}

}  // namespace

TEST_CASE("E28: the EVI key travels in the header and nowhere else", "[hume]") {
  auto provider =
      make_provider({.system_prompt = "p", .context = "c", .variables = {{"v", std::string("x")}}});
  feed(provider, metadata("chat-a", "group-a"));
  for (const bool resume : {false, true}) {
    const auto endpoint = provider.open(resume);
    CHECK(core::find_header(endpoint.headers, "x-hume-api-key") == "example-key-not-real");
    CHECK(endpoint.headers.size() == 1);
    CHECK(endpoint.url.target.find("example-key-not-real") == std::string::npos);
    CHECK(endpoint.url.target.find("api_key") == std::string::npos);
    std::vector<std::string> messages;
    provider.encode_opening(messages);
    for (const auto& message : messages)
      CHECK(message.find("example-key-not-real") == std::string::npos);
  }
}

TEST_CASE("the EVI socket has the host of the base URL, the chat path and the audio format",
          "[hume]") {
  struct Case {
    const char* base;
    const char* scheme;
    const char* host;
    const char* port;
    const char* path;
  };
  const Case cases[] = {
      {"https://api.hume.ai", "wss", "api.hume.ai", "443", "/v0/evi/chat"},
      {"http://127.0.0.1:40002", "ws", "127.0.0.1", "40002", "/v0/evi/chat"},
      {"https://proxy.example/hume/", "wss", "proxy.example", "443", "/hume/v0/evi/chat"},
      {"https://proxy.example/hume?x=1", "wss", "proxy.example", "443", "/hume/v0/evi/chat"},
  };
  for (const Case& expected : cases) {
    INFO(expected.base);
    hume::EviProvider provider(
        std::make_shared<const hume::EviSettings>(example_settings(expected.base)));
    const auto url = provider.open(false).url;
    CHECK(url.scheme == expected.scheme);
    CHECK(url.host == expected.host);
    CHECK(url.port == expected.port);
    CHECK(url.target ==
          std::string(expected.path) +
              "?verbose_transcription=true&session_settings%5Baudio%5D%5Bencoding%5D=linear16"
              "&session_settings%5Baudio%5D%5Bsample_rate%5D=8000"
              "&session_settings%5Baudio%5D%5Bchannels%5D=1&config_id=00000000-example-config");
  }
}

TEST_CASE("an EVI configuration id cannot add parameters to the URL", "[hume]") {
  auto settings = example_settings();
  settings.config_id = "x&api_key=y z";
  settings.config_version = 12;
  hume::EviProvider provider(std::make_shared<const hume::EviSettings>(settings));
  CHECK(provider.open(false).url.target.ends_with(
      "&config_id=x%26api_key%3Dy%20z&config_version=12"));
}

TEST_CASE("EVI is ready at chat_metadata, once per connection, and not before", "[hume]") {
  auto provider = make_provider();
  provider.open(false);
  CHECK(feed(provider, R"({"type":"session_settings","audio":null})").empty());
  const auto ready = only<call::VoiceReady>(feed(provider, metadata("chat-a", "group-a")));
  CHECK(ready.chat_id.str() == "chat-a");
  CHECK(ready.chat_group_id.str() == "group-a");
  CHECK(feed(provider, metadata("chat-a", "group-a")).empty());
  provider.open(true);
  CHECK(only<call::VoiceReady>(feed(provider, metadata("chat-b", "group-a"))).chat_id.str() ==
        "chat-b");
}

TEST_CASE("EVI resumes the newest chat group, and only when there is one", "[hume]") {
  auto provider = make_provider();
  CHECK(provider.open(true).url.target.find("resumed") == std::string::npos);
  feed(provider, metadata("chat-a", "group a"));
  CHECK(provider.open(false).url.target.find("resumed") == std::string::npos);
  CHECK(provider.open(true).url.target.ends_with("&resumed_chat_group_id=group%20a"));
  CHECK(provider.classify_refusal(404).severity == VoiceSeverity::retry_fresh);
  provider.open(false);
  CHECK(provider.classify_refusal(404).severity == VoiceSeverity::fatal);
}

TEST_CASE("what may be personal travels to EVI in a settings message, and again after a resume",
          "[hume]") {
  std::vector<std::string> messages;
  auto plain = make_provider();
  plain.open(false);
  plain.encode_opening(messages);
  CHECK(messages.empty());
  auto provider = make_provider({.system_prompt = "Be brief.",
                                 .context = "Rang twice.",
                                 .variables = {{"caller", std::string("Dana")}}});
  for (const bool resume : {false, true}) {
    messages.clear();
    CHECK(provider.open(resume).url.target.find("Dana") == std::string::npos);
    provider.encode_opening(messages);
    REQUIRE(messages.size() == 1);
    CHECK(messages[0] ==
          R"({"type":"session_settings","system_prompt":"Be brief.",)"
          R"("context":{"text":"Rang twice.","type":"persistent"},"variables":{"caller":"Dana"}})");
  }
}

TEST_CASE("E25: interim and final user words keep their order and their kind", "[hume]") {
  auto provider = make_provider();
  const auto interim = only<call::VoiceText>(feed(provider, user_message("Hi I", true)));
  CHECK_FALSE(interim.is_final);
  const auto final = only<call::VoiceText>(feed(provider, user_message("Hi, I'd like", false)));
  CHECK(final.is_final);
  CHECK(final.speaker == core::Speaker::user);
  CHECK(final.text == "Hi, I'd like");
  CHECK_FALSE(final.is_typed);
  CHECK(final.begin.count() == 4120);
  CHECK(final.end.count() == 6740);
  CHECK(only<call::VoiceText>(feed(provider, user_message("typed", false, true))).is_typed);
  // A late interim, a repetition and words after an error: all are passed on as what they are.
  CHECK_FALSE(only<call::VoiceText>(feed(provider, user_message("Hi, I'd", true))).is_final);
  CHECK(only<call::VoiceText>(feed(provider, user_message("Hi, I'd like", false))).is_final);
}

TEST_CASE("EVI messages without words make no transcript", "[hume]") {
  auto provider = make_provider();
  CHECK(feed(provider, assistant_message("null", "utt-1")).empty());
  CHECK(feed(provider, assistant_message("\" \\n\"", "utt-1")).empty());
  CHECK(feed(provider, user_message("", false)).empty());
  CHECK(feed(provider, R"({"type":"assistant_prosody","id":"utt-1","models":{"prosody":null}})")
            .empty());
  CHECK(feed(provider, R"({"type":"novelty","id":"utt-1"})").empty());
}

TEST_CASE("emotion scores are passed on with final words and for utterances, to who keeps them",
          "[hume]") {
  const std::string spoken =
      R"({"type":"user_message","from_text":false,"interim":false,)"
      R"("message":{"role":"user","content":"Hi"},"models":{"prosody":{"scores":{"Joy":0.5}}}})";
  const std::string prosody =
      R"({"type":"assistant_prosody","id":"utt-1","models":{"prosody":{"scores":{"Calm":0.25}}}})";
  auto provider = make_provider();
  CHECK(feed(provider, spoken).size() == 1);
  CHECK(feed(provider, prosody).empty());
  auto settings = std::make_shared<hume::EviSettings>();
  settings->keeps_emotions = true;
  hume::EviProvider keeper{std::shared_ptr<const hume::EviSettings>(settings)};
  const auto said = feed(keeper, spoken);
  REQUIRE(said.size() == 2);
  CHECK(std::get<call::VoiceEmotions>(said[1]).scores == R"({"Joy":0.5})");
  const auto sounded = only<call::VoiceEmotions>(feed(keeper, prosody));
  CHECK(sounded.speaker == core::Speaker::assistant);
  CHECK(sounded.utterance == "utt-1");
  CHECK(sounded.scores == R"({"Calm":0.25})");
  auto interim = spoken;
  interim.replace(interim.find("false,\"mess"), 5, "true");
  CHECK(feed(keeper, interim).size() == 1);
}

TEST_CASE("assistant words name the utterance that speaks them", "[hume]") {
  auto provider = make_provider();
  const auto text = only<call::VoiceText>(feed(provider, assistant_message("\"Sure,\"", "utt-7")));
  CHECK(text.speaker == core::Speaker::assistant);
  CHECK(text.text == "Sure,");
  CHECK(text.utterance == "utt-7");
  CHECK(text.is_final);
  only<call::VoiceTurnEnded>(feed(provider, R"({"type":"assistant_end"})"));
  only<call::VoiceInterrupted>(feed(provider, R"({"type":"user_interruption","time":1})"));
  only<call::VoiceInterrupted>(feed(provider, R"({"type":"user_interruption","time":NaN})"));
}

TEST_CASE("the EVI hang-up tool ends the call once, other built-in tools do nothing", "[hume]") {
  auto provider = make_provider();
  const std::string response =
      R"({"type":"tool_response","tool_call_id":"t","content":"ending chat",)"
      R"("tool_name":"hang_up","tool_type":"builtin"})";
  only<call::VoiceHangUp>(feed(provider, response));
  CHECK(feed(provider, response).empty());
  CHECK(provider.classify_close(1000, "").severity == VoiceSeverity::ended);
  CHECK(provider.classify_close(1006, "").why == "hang_up");
  CHECK(feed(provider, R"({"type":"tool_response","tool_call_id":"t","content":"x",)"
                       R"("tool_name":"web_search","tool_type":"builtin"})")
            .empty());
  auto other = make_provider();
  only<call::VoiceHangUp>(feed(other,
                               R"({"type":"tool_call","tool_call_id":"t","tool_type":"builtin",)"
                               R"("name":"hang_up","parameters":"{}","response_required":false})"));
}

TEST_CASE("EVI function calls reach the call and their results go back under the same id",
          "[hume]") {
  auto provider = make_provider();
  const auto call = only<call::VoiceToolCall>(
      feed(provider,
           R"({"type":"tool_call","tool_call_id":"t1","tool_type":"function","name":"find_slot",)"
           R"("parameters":"{\"day\":1}","response_required":true})"));
  CHECK(call.arguments == R"({"day":1})");
  CHECK(call.response_required);
  std::string out;
  provider.encode_tool_result(call, true, R"({"ok":1})", out);
  CHECK(out == R"({"type":"tool_response","tool_call_id":"t1","content":"{\"ok\":1}",)"
               R"("tool_name":"find_slot","tool_type":"function"})");
  out.clear();
  provider.encode_tool_result(call, false, "the diary is slow", out);
  CHECK(out == R"({"type":"tool_error","tool_call_id":"t1","error":"tool failed",)"
               R"("content":"the diary is slow","level":"warn","tool_type":"function"})");
  const auto warning = only<call::VoiceError>(
      feed(provider, R"({"type":"tool_error","tool_call_id":"t","error":"e"})"));
  CHECK(warning.severity == VoiceSeverity::warning);
}

TEST_CASE("every EVI session knows what the call is about, whatever else it is told", "[hume]") {
  auto provider = make_provider({.system_prompt = {}, .context = "Rang twice.", .variables = {}});
  provider.set_brief("It is about a table for two.");
  std::string out;
  for (int i = 0; i < 40; ++i) provider.encode_context(std::string(1000, 'x'), out);
  std::vector<std::string> messages;
  provider.open(false);
  provider.encode_opening(messages);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].find(R"("text":"Rang twice.\nIt is about a table for two.\nxxx)") !=
        std::string::npos);
  CHECK(messages[0].size() < 17 * 1024);
}

TEST_CASE("saying, knowing and pausing are EVI messages of one key each", "[hume]") {
  auto provider = make_provider();
  const auto encoded = [](auto&& write) {
    std::string out;
    write(out);
    return out;
  };
  CHECK(encoded([&](auto& out) { provider.encode_say("Hold on.", out); }) ==
        R"({"type":"assistant_input","text":"Hold on."})");
  CHECK(encoded([&](auto& out) { provider.encode_context("VIP", out); }) ==
        R"({"type":"session_settings","context":{"text":"VIP","type":"persistent"}})");
  CHECK(encoded([&](auto& out) { provider.encode_pause(true, out); }) ==
        R"({"type":"pause_assistant_message"})");
  CHECK(encoded([&](auto& out) { provider.encode_pause(false, out); }) ==
        R"({"type":"resume_assistant_message"})");
}

TEST_CASE("E11: EVI error frames carry code, slug and class, never the message", "[hume]") {
  auto provider = make_provider();
  const auto ended = only<call::VoiceError>(feed(provider, error("E0714")));
  CHECK(ended.severity == VoiceSeverity::ended);
  CHECK(ended.code == "E0714");
  CHECK(ended.slug == "example_slug");
  CHECK(only<call::VoiceError>(feed(provider, error("E0101"))).severity == VoiceSeverity::fatal);
  CHECK(only<call::VoiceError>(feed(provider, error("E0712"))).severity == VoiceSeverity::warning);
  CHECK(only<call::VoiceError>(feed(provider, error("E 07\\n"))).code == "E_07_");
}

TEST_CASE("E11: the last EVI error explains a close that says nothing", "[hume]") {
  struct Case {
    const char* code;
    VoiceSeverity severity;
    const char* why;
  };
  const Case cases[] = {
      {"E0714", VoiceSeverity::ended, "inactivity_timeout"},
      {"E0708", VoiceSeverity::retry_fresh, "chat_group_not_found"},
      {"I0118", VoiceSeverity::retry, "transcription_disconnected"},
      {"E0101", VoiceSeverity::fatal, "bad_request"},
      {"E0712", VoiceSeverity::ended, "closed_normal"},
      {"E0705", VoiceSeverity::retry, "language_model_lost"},
      {"E0799", VoiceSeverity::retry, "unknown_error"},
  };
  for (const Case& expected : cases) {
    INFO(expected.code);
    auto provider = make_provider();
    provider.open(false);
    CHECK(provider.classify_close(1000, "").why == "closed_normal");
    feed(provider, error(expected.code));
    const auto verdict = provider.classify_close(1000, "");
    CHECK(verdict.severity == expected.severity);
    CHECK(verdict.why == expected.why);
    provider.open(false);
    CHECK(provider.classify_close(1000, "").why == "closed_normal");
  }
}

TEST_CASE("E11: a second connection lost to a passing EVI error is the last", "[hume]") {
  for (const std::string code : {"I0118", "E0799"}) {
    INFO(code);
    auto provider = make_provider();
    provider.open(false);
    feed(provider, error(code));
    CHECK(provider.classify_close(1000, "").severity == VoiceSeverity::retry);
    provider.open(true);
    feed(provider, error(code));
    CHECK(provider.classify_close(1000, "").severity == VoiceSeverity::fatal);
  }
}

TEST_CASE("E11: a warning that the talk survived explains no later close and counts for nothing",
          "[hume]") {
  auto provider = make_provider();
  provider.open(false);
  feed(provider, error("E0799"));
  feed(provider, user_message("still here", false));
  CHECK(provider.classify_close(1000, "").why == "closed_normal");
  provider.open(true);
  CHECK(only<call::VoiceError>(feed(provider, error("I0118"))).severity == VoiceSeverity::retry);
}

TEST_CASE("EVI text that is no message is a wire error of the right kind", "[hume]") {
  auto provider = make_provider();
  std::vector<call::VoiceEvent> events;
  const auto not_json = provider.decode("{", events);
  REQUIRE_FALSE(not_json.ok());
  CHECK(not_json.error().error == call::VoiceWireError::not_json);
  const auto bad_shape = provider.decode("{}", events);
  REQUIRE_FALSE(bad_shape.ok());
  CHECK(bad_shape.error().error == call::VoiceWireError::bad_shape);
  CHECK(events.empty());
}
