// Sessions, turns, answers, tools, errors. The media path is in provider_audio_test.cpp.
#include "openai/realtime_provider.hpp"

#include <string>
#include <vector>

#include "tests/unit/openai/realtime_talk.hpp"

using namespace tandem;
using namespace tandem::openai::test;
using call::VoiceSeverity;
using Lines = std::vector<std::string>;

namespace {

std::vector<std::string> opening(openai::RealtimeProvider& provider) {
  std::vector<std::string> messages;
  provider.encode_opening(messages);
  return messages;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the OpenAI key travels in the Authorization header and nowhere else", "[openai]") {
  auto provider = make_provider();
  for (const bool resume : {false, true}) {
    const auto endpoint = provider.open(resume);
    REQUIRE(endpoint.headers.size() == 1);
    CHECK(core::find_header(endpoint.headers, "authorization") == "Bearer example-key-not-real");
    CHECK_FALSE(contains(endpoint.url.target, "example-key-not-real"));
    for (const auto& message : opening(provider))
      CHECK_FALSE(contains(message, "example-key-not-real"));
  }
}

TEST_CASE("the Realtime socket has the host of the base URL, and the model in the query",
          "[openai]") {
  struct Case {
    const char* base;
    const char* scheme;
    const char* port;
    const char* target;
  };
  const Case cases[] = {
      {"https://api.openai.com", "wss", "443", "/v1/realtime?model=gpt-realtime-2.1-mini"},
      {"https://api.openai.com/v1/", "wss", "443", "/v1/realtime?model=gpt-realtime-2.1-mini"},
      {"http://127.0.0.1:40003", "ws", "40003", "/v1/realtime?model=gpt-realtime-2.1-mini"},
      {"https://proxy.example/ai?x=1", "wss", "443", "/ai/v1/realtime?model=gpt-realtime-2.1-mini"},
  };
  for (const Case& expected : cases) {
    INFO(expected.base);
    openai::RealtimeProvider provider(
        std::make_shared<const openai::RealtimeSettings>(example_settings(expected.base)));
    const auto url = provider.open(false).url;
    CHECK(url.scheme == expected.scheme);
    CHECK(url.port == expected.port);
    CHECK(url.target == expected.target);
  }
  auto settings = example_settings();
  settings.model = "x&intent=y z";
  CHECK(openai::realtime_url(settings).target == "/v1/realtime?model=x%26intent%3Dy%20z");
}

TEST_CASE("a Realtime session is ready when our settings hold, once, and not before", "[openai]") {
  Talk talk;
  talk.provider.open(false);
  talk.hear(Talk::created);
  CHECK(talk.none<call::VoiceReady>());
  talk.hear(Talk::updated());
  const auto ready = talk.only<call::VoiceReady>();
  CHECK(ready.chat_id.str() == "sess_Inv1");
  CHECK(ready.chat_group_id.empty());
  CHECK_FALSE(ready.is_resumed);
  talk.hear(Talk::updated());
  CHECK(talk.none<call::VoiceReady>());
}

TEST_CASE("Realtime settings ask for mu-law both ways, server detection, words and tools",
          "[openai]") {
  auto provider = make_provider();
  provider.open(false);
  const auto messages = opening(provider);
  REQUIRE(messages.size() == 1);
  const std::string& update = messages[0];
  CHECK(value_of(update, "type") == "session.update");
  CHECK(contains(update, R"("input":{"format":{"type":"audio/pcmu"})"));
  CHECK(contains(update, R"("output":{"format":{"type":"audio/pcmu"},"voice":"marin"})"));
  CHECK(contains(update, R"("create_response":true,"interrupt_response":true)"));
  CHECK(contains(update, R"("transcription":{"model":"gpt-live-transcribe"})"));
  CHECK(contains(update, R"("instructions":"You answer the phone.")"));
  CHECK(contains(update, R"("name":"hang_up")"));
  CHECK(contains(update, R"("name":"transfer")"));
}

TEST_CASE("every OpenAI session knows what the call is about", "[openai]") {
  auto provider = make_provider();
  provider.set_brief("It is about a table for two.");
  for (const bool resume : {false, true}) {
    provider.open(resume);
    CHECK(contains(opening(provider).at(0),
                   R"("You answer the phone.\n\nIt is about a table for two.")"));
  }
  std::string greeting;
  provider.encode_greeting(greeting);
  CHECK(contains(greeting, "It is about a table for two."));
}

TEST_CASE("a transfer is offered only where there is somebody, a voice only if OpenAI has it",
          "[openai]") {
  auto settings = example_settings();
  settings.offers_transfer = false;
  settings.voice = "Puck";
  openai::RealtimeProvider provider(std::make_shared<const openai::RealtimeSettings>(settings));
  provider.open(false);
  const auto update = opening(provider)[0];
  CHECK_FALSE(contains(update, "transfer"));
  CHECK_FALSE(contains(update, "\"voice\""));
}

TEST_CASE("a new Realtime session is told what was said and noted in the old one", "[openai]") {
  Talk talk;
  encoded(
      [&](std::string& out) { talk.provider.encode_context("The caller is Zo\xC3\xAB.", out); });
  encoded(
      [&](std::string& out) { talk.provider.encode_context("The caller is Zo\xC3\xAB.", out); });
  talk.provider.set_history({{core::Speaker::user, "Hello?"},
                             {core::Speaker::assistant, "Good \"day\"."},
                             {core::Speaker::user, ""}});
  talk.provider.open(true);
  const auto messages = opening(talk.provider);
  REQUIRE(messages.size() == 4);
  CHECK(contains(messages[1],
                 R"("role":"system","content":[{"type":"input_text","text":"The caller)"));
  CHECK(
      contains(messages[2], R"("role":"user","content":[{"type":"input_text","text":"Hello?"}])"));
  CHECK(
      contains(messages[3],
               R"("role":"assistant","content":[{"type":"output_text","text":"Good \"day\"."}])"));
  // Their echoes are not said again.
  talk.hear_all({Talk::created, Talk::updated()});
  CHECK(talk.only<call::VoiceReady>().is_resumed);
  talk.hear(item_added(value_of(messages[2], "event_id"), "user", "", "Hello?"));
  CHECK(talk.events.empty());
}

TEST_CASE("of a long conversation a new Realtime session is told the newest part", "[openai]") {
  auto provider = make_provider();
  std::vector<call::SpokenLine> lines;
  for (int i = 0; i < 100; ++i)
    lines.push_back({core::Speaker::user, std::to_string(i) + std::string(1022, '.')});
  provider.set_history(lines);
  provider.open(false);
  const auto messages = opening(provider);
  CHECK(messages.size() == 1 + 32);
  CHECK(contains(messages.back(), "\"99."));
}

TEST_CASE("speech of the caller is reported as it begins and ends, each once", "[openai]") {
  Talk talk;
  CHECK(talk.hear(speech_started("u1")).size() == 1);
  CHECK(talk.only<call::VoiceCallerSpeech>().is_speaking);
  CHECK(talk.hear(speech_started("u1")).empty());
  talk.hear(speech_stopped("u1"));
  CHECK_FALSE(talk.only<call::VoiceCallerSpeech>().is_speaking);
  CHECK(talk.hear(speech_stopped("u1")).empty());
}

TEST_CASE("a Realtime turn gives the caller's words, the answer's, usage, and its end",
          "[openai]") {
  Talk talk;
  talk.hear_all({speech_started("u1", 4120), speech_stopped("u1", 6280), committed("u1"),
                 item_added("u1", "user"), response_created("resp_1"),
                 item_added("a1", "assistant", "u1"), spoken_piece("a1", "At"),
                 audio_delta("a1", frames(5)), spoken("a1", "At ten.")});
  CHECK(talk.lines().empty());
  talk.hear(transcribed("u1", "When?"));
  CHECK(talk.lines() == Lines{"user: When?", "assistant: At ten."});
  CHECK(talk.all<call::VoiceText>()[0].begin.count() == 4120);
  CHECK(talk.all<call::VoiceText>()[0].end.count() == 6280);
  CHECK(talk.all<call::VoiceText>()[1].utterance == "a1");
  talk.hear(
      response_done("resp_1", "completed",
                    R"(,"usage":{"input_token_details":{"text_tokens":410,"audio_tokens":230},)"
                    R"("output_token_details":{"text_tokens":40,"audio_tokens":2}})"));
  CHECK(talk.all<call::VoiceTurnEnded>().size() == 1);
  const auto usage = talk.only<call::VoiceUsage>();
  CHECK(usage.input_text_tokens == 410);
  CHECK(usage.input_audio_tokens == 230);
  CHECK(usage.output_text_tokens == 40);
  CHECK(usage.output_audio_tokens == 2);
}

TEST_CASE("a turn is over when the words that caused it are there, or the talk goes on",
          "[openai]") {
  Talk talk;
  const auto turn = [&](const std::string& number) {
    talk.hear_all({committed("u" + number), response_created("resp_" + number),
                   audio_delta("a" + number, frames(5), "resp_" + number),
                   spoken("a" + number, "Yes."), response_done("resp_" + number)});
    CHECK(talk.none<call::VoiceTurnEnded>());
  };
  turn("1");
  talk.hear(transcribed("u1", "Really?"));
  CHECK(talk.lines().size() == 2);
  CHECK(std::holds_alternative<call::VoiceTurnEnded>(talk.events.back()));
  turn("2");
  talk.hear(speech_started("u3"));
  CHECK(std::holds_alternative<call::VoiceTurnEnded>(talk.events.front()));
  turn("3");
  talk.hear(response_created("resp_4"));
  CHECK(std::holds_alternative<call::VoiceTurnEnded>(talk.events.front()));
}

TEST_CASE("words that cannot be transcribed are a warning and hold up nothing", "[openai]") {
  Talk talk;
  talk.hear_all({committed("u1"), spoken("a1", "Pardon?")});
  CHECK(talk.lines().empty());
  talk.hear(R"({"type":"conversation.item.input_audio_transcription.failed","item_id":"u1",)"
            R"("error":{"code":"audio_unintelligible","message":"secret"}})");
  CHECK(talk.lines() == Lines{"assistant: Pardon?"});
  CHECK(talk.only<call::VoiceError>().severity == VoiceSeverity::warning);
  CHECK(talk.only<call::VoiceError>().code == "audio_unintelligible");
}

TEST_CASE("an answer that the server cuts is void, its words end where they were cut", "[openai]") {
  Talk talk;
  talk.hear_all({response_created("resp_1"), spoken_piece("a1", "Tuesday at "),
                 spoken_piece("a1", "ten or"), audio_delta("a1", frames(5)), speech_started("u2")});
  CHECK(talk.none<call::VoiceInterrupted>());
  talk.hear(response_done("resp_1", "cancelled", cut_by_speech));
  CHECK(talk.all<call::VoiceInterrupted>().size() == 1);
  CHECK(talk.lines().empty());  // its item is not over yet
  talk.hear(spoken("a1", "Tuesday at ten or"));
  CHECK(talk.lines() == Lines{"assistant: Tuesday at ten or"});
  talk.hear(audio_delta("a1", frames(5)));
  CHECK(talk.none<call::VoiceAudio>());
}

TEST_CASE("the words of a cut answer come from its end when nothing else tells them", "[openai]") {
  Talk talk;
  talk.hear_all({response_created("resp_1"), audio_delta("a1", frames(5))});
  talk.hear(response_done("resp_1", "cancelled",
                          cut_by_speech + R"(,"output":[{"id":"a1","type":"message","content":)"
                                          R"([{"type":"output_audio","transcript":"Tuesday"}]}])"));
  CHECK(talk.lines() == Lines{"assistant: Tuesday"});
}

TEST_CASE("an answer cut before its first sound, or unknown, interrupts nothing", "[openai]") {
  Talk talk;
  talk.hear_all({response_created("resp_1"), response_done("resp_1", "cancelled", cut_by_speech),
                 response_done("resp_0", "cancelled", cut_by_speech)});
  CHECK(talk.none<call::VoiceInterrupted>());
}

TEST_CASE("an answer to speech over words that were generated already voids these", "[openai]") {
  Talk talk;
  talk.hear_all({response_created("resp_1"), audio_delta("a1", frames(200)),
                 response_done("resp_1"), speech_started("u2"), speech_stopped("u2"),
                 committed("u2", "a1")});
  CHECK(talk.none<call::VoiceInterrupted>());
  talk.hear(response_created("resp_2"));
  CHECK(talk.all<call::VoiceInterrupted>().size() == 1);
  // Once, and not for answers that we asked for.
  talk.hear_all({response_done("resp_2"), response_created("resp_3")});
  CHECK(talk.none<call::VoiceInterrupted>());
}

TEST_CASE("an answer to speech after the words were played voids nothing", "[openai]") {
  Talk talk;
  const auto send = [&](int ms) {
    encoded([&](std::string& out) { talk.provider.encode_audio(frames(ms / 20), out); });
  };
  const auto answer_to_speech_at = [&](int ms, const std::string& number) {
    talk.hear_all({speech_started("u" + number, ms), speech_stopped("u" + number, ms + 500),
                   committed("u" + number), response_created("resp_" + number)});
    return !talk.none<call::VoiceInterrupted>();
  };
  send(1000);
  talk.hear_all({response_created("resp_1"), audio_delta("a1", frames(200)),
                 response_done("resp_1")});  // 4 s of it, heard from 1 s on
  CHECK_FALSE(answer_to_speech_at(7000, "2"));
  send(1000);
  talk.hear_all({audio_delta("a2", frames(200), "resp_2"), response_done("resp_2")});
  CHECK(answer_to_speech_at(7000, "3"));  // two answers in a row are 8 s
}

TEST_CASE("settings that the server refuses are fatal, other refused messages are not",
          "[openai]") {
  for (const std::string code : {"unknown_parameter", "invalid_value", ""}) {
    Talk talk;
    talk.provider.open(false);
    const auto setup = value_of(opening(talk.provider)[0], "event_id");
    talk.hear_all({Talk::created, error(code, setup)});
    CHECK(talk.only<call::VoiceError>().severity == VoiceSeverity::fatal);
    CHECK(talk.only<call::VoiceError>().slug == "bad_session");
    talk.reopen();
    talk.hear(error(code, "tandem_note_1"));
    CHECK(talk.only<call::VoiceError>().severity == VoiceSeverity::warning);
  }
}

TEST_CASE("an error never carries the caller's words", "[openai]") {
  Talk talk;
  talk.hear(error("a caller said 555\n"));
  const auto told = talk.only<call::VoiceError>();
  CHECK(told.code == "a_caller_said_555_");
  CHECK_FALSE(contains(told.slug, "555"));
}

TEST_CASE("the last error explains a close, unless the talk went on after it", "[openai]") {
  Talk talk;
  talk.hear(error("session_expired"));
  CHECK(talk.only<call::VoiceError>().severity == VoiceSeverity::retry_fresh);
  CHECK(talk.provider.classify_close(1001, "").severity == VoiceSeverity::retry_fresh);
  CHECK(talk.provider.classify_close(1001, "Your session hit the maximum duration of 60 minutes.")
            .why == "session_expired");
  talk.hear(error("", "", "server_error"));
  CHECK(talk.provider.classify_close(1000, "").why == "server");
  talk.hear(spoken_piece("a1", "I am back"));
  CHECK(talk.provider.classify_close(1000, "").severity == VoiceSeverity::ended);
  talk.hear(error("", "", "server_error"));
  talk.hear(audio_delta("a1", frames(1)));
  CHECK(talk.provider.classify_close(1006, "").why == "lost");
  talk.hear(error("response_cancel_not_active"));
  CHECK(talk.provider.classify_close(1006, "").why == "lost");
  CHECK(talk.provider.classify_close(1008, "invalid_request_error.invalid_api_key").why == "auth");
  CHECK(talk.provider.classify_refusal(401).severity == VoiceSeverity::fatal);
}

TEST_CASE("lines of a lost Realtime session come with the first message of the next", "[openai]") {
  Talk talk;
  talk.hear_all({committed("u1"), spoken_piece("a1", "At ten o'")});
  CHECK(talk.lines().empty());
  talk.provider.open(false);
  talk.hear(Talk::created);
  CHECK(talk.lines() == Lines{"assistant: At ten o'"});
}

TEST_CASE("what a Realtime session kept back is given out when it is over, once", "[openai]") {
  Talk talk;
  talk.hear_all({committed("u1"), spoken_piece("a1", "At ten o'")});
  std::vector<call::VoiceEvent> events;
  talk.provider.settle(events);
  REQUIRE(events.size() == 1);
  const auto& text = std::get<call::VoiceText>(events.front());
  CHECK(text.text == "At ten o'");
  CHECK(text.is_final);
  talk.provider.open(false);
  talk.hear(Talk::created);
  CHECK(talk.lines().empty());
}

TEST_CASE("what a Realtime session does not know of is passed over", "[openai]") {
  Talk talk;
  for (const std::string text : {
           R"({"type":"a.new.event","x":{"y":[1,2]}})",
           R"({"type":"conversation.item.done","item":{}})",
           R"({"type":"input_audio_buffer.timeout_triggered","item_id":"u1"})",
           R"({"type":"conversation.item.truncated","item_id":"a1"})",
       }) {
    CHECK(talk.hear(text).empty());
  }
}

TEST_CASE("E17: Realtime text that is no message is a failure and changes nothing", "[openai]") {
  struct Bad {
    const char* text;
    call::VoiceWireError error;
  };
  const Bad cases[] = {
      {"", call::VoiceWireError::not_json},
      {"{", call::VoiceWireError::not_json},
      {"{\"type\":\"\xC3\x28\"}", call::VoiceWireError::not_json},
      {"[1]", call::VoiceWireError::bad_shape},
      {"null", call::VoiceWireError::bad_shape},
      {R"({"type":7})", call::VoiceWireError::bad_shape},
      {R"({})", call::VoiceWireError::bad_shape},
      {R"({"type":"session.updated"})", call::VoiceWireError::bad_shape},
      {R"({"type":"response.done","response":{"status":"completed"}})",
       call::VoiceWireError::bad_shape},
      {R"({"type":"response.output_audio.delta","item_id":"a","delta":"AA=="})",
       call::VoiceWireError::bad_shape},
      {R"({"type":"response.output_audio.delta","response_id":"r","item_id":"a","delta":7})",
       call::VoiceWireError::bad_shape},
      {R"({"type":"conversation.item.added","item":{"type":"message"}})",
       call::VoiceWireError::bad_shape},
      {R"({"type":"error","error":null})", call::VoiceWireError::bad_shape},
  };
  Talk talk;
  for (const Bad& bad : cases) {
    INFO(bad.text);
    Events events;
    const auto decoded = talk.provider.decode(bad.text, events);
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.error().error == bad.error);
    CHECK(events.empty());
  }
}

TEST_CASE("values of the wrong kind in a Realtime message count as absent", "[openai]") {
  Talk talk;
  talk.hear(R"({"type":"response.done","response":{"id":"r","status":3,"status_details":"x",)"
            R"("output":{"a":1},"usage":{"input_token_details":{"text_tokens":-5},)"
            R"("output_token_details":{"audio_tokens":"9"}}}})");
  CHECK(talk.none<call::VoiceUsage>());
  talk.hear(R"({"type":"input_audio_buffer.speech_started","item_id":"u1","audio_start_ms":1e30})");
  talk.hear(transcribed("u1", "Hm"));
  CHECK(talk.only<call::VoiceText>().begin.count() == 0);
}

TEST_CASE("the flags of a Realtime session say what it can do", "[openai]") {
  const auto provider = make_provider();
  const auto& can = provider.capabilities();
  CHECK(can.can_truncate);
  CHECK(can.reports_caller_speech);
  CHECK(can.reports_interruptions);
  CHECK_FALSE(can.can_resume);
  CHECK_FALSE(can.speaks_verbatim);
  CHECK_FALSE(can.greets_by_itself);
  CHECK(can.session_cap.count() == 3600);
  CHECK(can.roll_over_at < can.session_cap);
}
