// What the agent is asked to say and do: greeting, words of others, nudges, pauses, tools,
// failures.
#include <string>
#include <vector>

#include "openai/realtime_provider.hpp"
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

TEST_CASE("the greeting is asked for with its exact words and the session's instructions",
          "[openai]") {
  Talk talk;
  const auto message = encoded([&](std::string& out) { talk.provider.encode_greeting(out); });
  CHECK(value_of(message, "type") == "response.create");
  CHECK(value_of(message, "tool_choice") == "none");
  const auto instructions = value_of(message, "instructions");
  CHECK(contains(instructions, "You answer the phone."));
  CHECK(contains(instructions, "Hello, this is the example."));
}

TEST_CASE("what the operator wants said waits for the answer under way", "[openai]") {
  Talk talk;
  talk.hear(response_created("resp_1"));
  CHECK(encoded([&](std::string& out) { talk.provider.encode_say("One moment.", out); }).empty());
  talk.hear(audio_delta("a1", frames(1)));
  CHECK(talk.none<call::VoiceReply>());
  talk.hear(response_done("resp_1"));
  const auto message = talk.only<call::VoiceReply>().text;
  CHECK(contains(message, "One moment."));
  // The server's own answer wins the race; ours is asked for again after it.
  talk.hear_all({response_created("resp_2"),
                 error("conversation_already_has_active_response", value_of(message, "event_id"))});
  CHECK(talk.only<call::VoiceError>().severity == VoiceSeverity::warning);
  CHECK(talk.none<call::VoiceReply>());
  talk.hear(response_done("resp_2"));
  CHECK(talk.only<call::VoiceReply>().text == message);
}

TEST_CASE("what the caller keys in is one item, then an answer once the server has it",
          "[openai]") {
  Talk talk;
  const auto item =
      encoded([&](std::string& out) { talk.provider.encode_text("(pressed 1)", out); });
  CHECK(value_of(item, "type") == "conversation.item.create");
  CHECK(contains(item, R"("role":"user")"));
  const auto id = value_of(item, "event_id");
  talk.hear(R"({"type":"rate_limits.updated","rate_limits":[]})");
  CHECK(talk.none<call::VoiceReply>());
  talk.hear(item_added(id, "user", "", "(pressed 1)"));
  CHECK(talk.lines() == Lines{"user: (pressed 1)"});
  CHECK(talk.only<call::VoiceText>().is_typed);
  CHECK(value_of(talk.only<call::VoiceReply>().text, "type") == "response.create");
}

TEST_CASE("a nudge asks for an answer, but not for a second one", "[openai]") {
  Talk talk;
  const auto nudge = encoded([&](std::string& out) { talk.provider.encode_nudge(out); });
  CHECK(value_of(nudge, "type") == "response.create");
  CHECK_FALSE(contains(nudge, "instructions"));
  CHECK(encoded([&](std::string& out) { talk.provider.encode_nudge(out); }).empty());
  talk.hear_all({response_created("resp_1", value_of(nudge, "event_id")), response_done("resp_1")});
  CHECK_FALSE(encoded([&](std::string& out) { talk.provider.encode_nudge(out); }).empty());
}

TEST_CASE("a paused agent listens, and the answer under way is taken back", "[openai]") {
  Talk talk;
  talk.hear_all({response_created("resp_1"), audio_delta("a1", frames(1))});
  const auto pause = encoded([&](std::string& out) { talk.provider.encode_pause(true, out); });
  CHECK(value_of(pause, "type") == "session.update");
  CHECK(contains(pause, R"("create_response":false,"interrupt_response":false)"));
  talk.hear(audio_delta("a1", frames(1)));
  CHECK(talk.none<call::VoiceAudio>());
  CHECK(value_of(talk.only<call::VoiceReply>().text, "type") == "response.cancel");
  talk.hear(
      response_done("resp_1", "cancelled", R"(,"status_details":{"reason":"client_cancelled"})"));
  CHECK(talk.none<call::VoiceInterrupted>());
  CHECK(talk.none<call::VoiceReply>());
  // It stays paused over a reconnect, until told otherwise.
  talk.provider.open(true);
  CHECK(contains(opening(talk.provider)[0], R"("create_response":false)"));
  talk.hear_all({Talk::created, Talk::updated()});
  const auto resume = encoded([&](std::string& out) { talk.provider.encode_pause(false, out); });
  CHECK(contains(resume, R"("create_response":true,"interrupt_response":true)"));
}

TEST_CASE("a tool is called when its answer is complete, once, and answered once", "[openai]") {
  Talk talk;
  const std::string calls = R"(,"output":[)" + function_call("call_1", "transfer") + "," +
                            function_call("call_2", "find_slot") + "," +
                            function_call("call_3", "x", "incomplete") + "]";
  talk.hear_all({response_created("resp_1"), response_done("resp_1", "completed", calls)});
  const auto made = talk.all<call::VoiceToolCall>();
  REQUIRE(made.size() == 2);
  CHECK(made[0].id == "call_1");
  CHECK(made[0].name == "transfer");
  CHECK(made[0].arguments == R"({"reason":"x"})");
  CHECK(made[0].response_required);
  CHECK(talk.none<call::VoiceTurnEnded>());  // the agent still owes its words
  talk.hear(response_done("resp_1", "completed", calls));
  CHECK(talk.none<call::VoiceToolCall>());

  const auto give = [&](const call::VoiceToolCall& call, bool ok) {
    return encoded(
        [&](std::string& out) { talk.provider.encode_tool_result(call, ok, "no \"x\"", out); });
  };
  const auto first = give(made[0], true);
  CHECK(value_of(first, "call_id") == "call_1");
  CHECK(contains(first, R"("output":"no \"x\"")"));
  CHECK(give(made[0], true).empty());
  talk.hear(tool_added(value_of(first, "event_id")));
  CHECK(talk.none<call::VoiceReply>());  // one answer for both results
  const auto second = give(made[1], false);
  CHECK(contains(second, R"("output":"{\"error\":\"no \\\"x\\\"\"}")"));
  talk.hear(tool_added(value_of(second, "event_id")));
  CHECK(value_of(talk.only<call::VoiceReply>().text, "type") == "response.create");
  CHECK(give({"call_9", "x", "{}", true}, true).empty());  // nobody asked
}

TEST_CASE("the tool calls of an answer that was cut are not meant", "[openai]") {
  Talk talk;
  for (const std::string status : {"cancelled", "incomplete", "failed"}) {
    talk.hear(response_done("resp_" + status, status,
                            R"(,"output":[)" + function_call("call_1", "hang_up") + "]"));
    CHECK(talk.none<call::VoiceHangUp>());
    CHECK(talk.none<call::VoiceToolCall>());
  }
}

TEST_CASE("the agent hangs up once, before the end of the turn that says so", "[openai]") {
  Talk talk;
  talk.hear_all({committed("u1"), response_created("resp_1"), spoken("a1", "Goodbye!"),
                 audio_delta("a1", frames(5))});
  talk.hear(response_done("resp_1", "completed",
                          R"(,"output":[)" + function_call("call_1", "hang_up") + "," +
                              function_call("call_2", "hang_up") + "]"));
  REQUIRE(talk.all<call::VoiceHangUp>().size() == 1);
  CHECK(std::holds_alternative<call::VoiceTurnEnded>(talk.events.back()));
  CHECK(talk.lines() == Lines{"assistant: Goodbye!"});  // waits for nobody any more
  CHECK(talk.provider.classify_close(1000, "").severity == VoiceSeverity::ended);
  CHECK(talk.provider.classify_close(1006, "").why == "hang_up");
}

TEST_CASE("an answer that failed is a warning, the third in a row is the end of the session",
          "[openai]") {
  Talk talk;
  const std::string failed = R"(,"status_details":{"error":{"type":"invalid_request_error",)"
                             R"("code":"inference_rate_limit_exceeded","message":"secret"}})";
  const auto fail = [&](const std::string& id) {
    talk.hear(response_done(id, "failed", failed));
    CHECK(talk.none<call::VoiceTurnEnded>());
    return talk.only<call::VoiceError>();
  };
  CHECK(fail("resp_1").severity == VoiceSeverity::warning);
  CHECK(fail("resp_2").severity == VoiceSeverity::warning);
  talk.hear(response_done("resp_3"));
  CHECK(fail("resp_4").severity == VoiceSeverity::warning);
  CHECK(fail("resp_5").severity == VoiceSeverity::warning);
  const auto last = fail("resp_6");
  CHECK(last.severity == VoiceSeverity::retry);
  CHECK(last.code == "inference_rate_limit_exceeded");
  CHECK(last.slug == "rate_limit");
}

TEST_CASE("an answer that failed is asked for once more, at once", "[openai]") {
  Talk talk;
  const auto greeting = encoded([&](std::string& out) { talk.provider.encode_greeting(out); });
  talk.hear(response_created("resp_1", value_of(greeting, "event_id")));
  talk.hear(response_done("resp_1", "failed"));
  CHECK(talk.only<call::VoiceReply>().text == greeting);
  talk.hear(response_created("resp_2", value_of(greeting, "event_id")));
  talk.hear(response_done("resp_2", "failed"));
  CHECK(talk.none<call::VoiceReply>());
  talk.hear_all({response_created("resp_3"), response_done("resp_3")});
  talk.hear_all({response_created("resp_4"), response_done("resp_4", "failed")});
  CHECK(value_of(talk.only<call::VoiceReply>().text, "purpose") == "answer");
}

TEST_CASE("an answer that failed for want of quota is the end of the provider", "[openai]") {
  Talk talk;
  talk.hear(response_done("resp_1", "failed",
                          R"(,"status_details":{"error":{"type":"insufficient_quota",)"
                          R"("code":"insufficient_quota"}})"));
  CHECK(talk.only<call::VoiceError>().severity == VoiceSeverity::fatal);
  CHECK(talk.only<call::VoiceError>().slug == "quota");
}

TEST_CASE("a rate limit that closes the session is waited out as long as was told", "[openai]") {
  Talk talk;
  talk.hear(R"({"type":"rate_limits.updated","rate_limits":[{"name":"requests","remaining":7,)"
            R"("reset_seconds":60},{"name":"tokens","remaining":0,"reset_seconds":2.5}]})");
  talk.hear(error("rate_limit_exceeded"));
  const auto verdict = talk.provider.classify_close(1013, "");
  CHECK(verdict.severity == VoiceSeverity::retry);
  CHECK(verdict.why == "rate_limit");
  CHECK(verdict.retry_after.count() == 2500);
}
