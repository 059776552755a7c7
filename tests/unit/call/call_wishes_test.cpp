// A machine that picked up, and people who do not want to be called again.
#include "bridge/call/answering.hpp"
#include "tests/unit/call/call_script.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace tandem::call;
using tandem::call::test::CallScript;
using namespace std::chrono_literals;

namespace {

CallSettings placed(AnsweredPolicy policy) {
  CallSettings settings;
  settings.direction = core::Direction::outbound;
  settings.time_limit = 3600s;
  settings.answered_policy = policy;
  settings.machine_message = "Please call us back.";
  return settings;
}

/// The agent's first words, heard to their end.
void greet(CallScript& script) {
  script.talking();
  script.voice("audio hello 0 500");
  script.voice("turn_end");
  script.speak(40);
}

/// One turn of each side.
void talk(CallScript& script, const std::string& words, const std::string& utterance) {
  script.speak(50, 0x20);
  script.speak(30);
  script.voice("user " + words);
  script.voice("audio " + utterance + " 0 500");
  script.voice("turn_end");
  script.speak(60);
}

void say_message(CallScript& script, int ms) {
  script.voice(fmt::format("audio message 0 {}", ms));
  script.voice("turn_end");
}

}  // namespace

TEST_CASE("O06: a machine is hung up on when that is the policy") {
  CallScript script(placed(AnsweredPolicy::hang_up));
  script.talking();
  script.voice("audio a 0 5000");
  script.speak(20);
  script.input(CarrierAnswered{AnsweredBy::machine});
  CHECK(script.event("answered_by") == R"({"by":"machine","then":"hang_up"})");
  CHECK(script.sent(Leg::carrier, "clear") == 1);
  script.pass(1s);
  CHECK(script.hang_ups_ == 1);
  script.pass(5s);
  CHECK(script.ending().end_reason == "answered_by_machine");
}

TEST_CASE("O06: a person, or nobody knows: the talk goes on") {
  for (const auto by : {AnsweredBy::human, AnsweredBy::unknown}) {
    CallScript script(placed(AnsweredPolicy::hang_up));
    script.talking();
    script.input(CarrierAnswered{by});
    script.pass(2s);
    CHECK(script.events("answered_by") == 1);
    CHECK(script.call().state() == State::talking);
  }
}

TEST_CASE("O06: with the policy to talk, the agent talks to a machine as well") {
  CallScript script(placed(AnsweredPolicy::talk));
  script.talking();
  script.input(CarrierAnswered{AnsweredBy::machine});
  script.input(CarrierAnswered{AnsweredBy::fax});
  script.speak(100);
  CHECK(script.call().state() == State::talking);
}

TEST_CASE("O06: a machine hears the message, all of it, and then the line ends") {
  CallScript script(placed(AnsweredPolicy::leave_message));
  script.talking();
  script.voice("audio greeting 0 5000");
  script.speak(20);
  script.input(CarrierAnswered{AnsweredBy::machine});
  CHECK(script.sent(Leg::carrier, "clear") == 1);
  script.voice("audio greeting 1 500");  // what it was saying is not heard, and is not the message
  script.voice("audio offer 0 500");
  CHECK(script.sent(Leg::voice, "say ") == 0);
  script.voice("turn_end");
  CHECK(script.sent(Leg::voice, "say Please call us back.") == 1);
  say_message(script, 3000);
  script.speak(140, 0x20);  // the machine makes noises: neither a hold nor words for the agent
  CHECK(script.sent(Leg::carrier, "clear") == 1);
  CHECK(script.call().state() == State::talking);
  script.speak(30);
  CHECK(script.call().end_reason() == EndReason::answered_by_machine);
  script.pass(5s);
  CHECK(script.hang_ups_ == 1);
  const auto sent = script.ending().audio.agent_ms_sent;
  CHECK(sent >= 3000);
  CHECK(sent < 4000);
}

TEST_CASE("O06: an agent whose turn does not end is told the message all the same") {
  CallScript script(placed(AnsweredPolicy::leave_message));
  script.talking();
  script.voice("audio greeting 0 5000");
  script.input(CarrierAnswered{AnsweredBy::machine});
  script.speak(90);
  CHECK(script.sent(Leg::voice, "say ") == 0);
  script.speak(15);
  CHECK(script.sent(Leg::voice, "say ") == 1);
}

TEST_CASE("O06: a message waits for its agent, and no greeting is asked for") {
  CallScript script(placed(AnsweredPolicy::leave_message), {{.greets_by_itself = false}});
  script.input(CarrierAnswered{AnsweredBy::machine});
  script.open_stream();
  script.pass(1s);
  script.ready();
  CHECK(script.sent(Leg::voice, "greet") == 0);
  CHECK(script.sent(Leg::voice, "say ") == 1);
}

TEST_CASE("O06: a session lost before the message began: the next one says it") {
  CallScript script(placed(AnsweredPolicy::leave_message));
  script.talking();
  script.input(CarrierAnswered{AnsweredBy::machine});
  script.input(VoiceClosed{});
  script.pass(10ms);
  script.ready();
  CHECK(script.sent(Leg::voice, "say ") == 2);
  CHECK(script.sent(Leg::voice, "nudge") == 0);
  say_message(script, 1000);
  script.input(VoiceClosed{});
  script.pass(10ms);
  script.ready();
  CHECK(script.sent(Leg::voice, "say ") == 2);  // it was under way: not from the beginning again
  script.pass(3s);
  CHECK(script.call().end_reason() == EndReason::answered_by_machine);
}

TEST_CASE("O06: an agent that does not say the message does not keep the line") {
  CallScript script(placed(AnsweredPolicy::leave_message));
  script.talking();
  script.input(CarrierAnswered{AnsweredBy::machine});
  script.speak(9 * 50);
  CHECK_FALSE(script.call().end_reason());
  script.speak(2 * 50);
  CHECK(script.call().end_reason() == EndReason::answered_by_machine);
}

TEST_CASE("O06: nobody talks to a beep for ever: an endless message is cut off") {
  CallScript script(placed(AnsweredPolicy::leave_message));
  script.talking();
  script.input(CarrierAnswered{AnsweredBy::machine});
  int pieces = 0;
  for (; !script.call().has_ended() && pieces < 100; ++pieces) {
    script.voice(fmt::format("audio message {} 1000", pieces));
    script.speak(50);
  }
  CHECK(pieces > 55);
  CHECK(pieces < 66);
  CHECK(script.ending().end_reason == "answered_by_machine");
}

TEST_CASE("O06: a fax gets no message, and neither does a machine without one") {
  CallScript fax(placed(AnsweredPolicy::leave_message));
  fax.talking();
  fax.input(CarrierAnswered{AnsweredBy::fax});
  CHECK(fax.call().end_reason() == EndReason::answered_by_machine);
  CHECK(fax.sent(Leg::voice, "say ") == 0);
  auto settings = placed(AnsweredPolicy::leave_message);
  settings.machine_message.clear();
  CallScript mute(settings);
  mute.talking();
  mute.input(CarrierAnswered{AnsweredBy::machine});
  CHECK(mute.call().end_reason() == EndReason::answered_by_machine);
}

TEST_CASE("O06: a late verdict does not cut off a talk that has a person in it") {
  CallScript script(placed(AnsweredPolicy::hang_up));
  greet(script);
  talk(script, "yes this is she", "b");
  talk(script, "friday would be fine", "c");
  script.input(CarrierAnswered{AnsweredBy::machine});
  CHECK(script.event("answered_by") == R"({"by":"machine","then":"talk"})");
  script.speak(100);
  CHECK(script.call().state() == State::talking);
}

TEST_CASE("O06: an announcement is not a person, however often it speaks") {
  CallScript script(placed(AnsweredPolicy::hang_up));
  greet(script);
  talk(script, "you have reached the Lopez family", "b");
  talk(script, "please leave a message after the tone", "c");
  script.input(CarrierAnswered{AnsweredBy::machine});
  CHECK(script.call().end_reason() == EndReason::answered_by_machine);
}

TEST_CASE("O06: words into a silent agent make no person: it may be an announcement") {
  Answering answering(AnsweredPolicy::hang_up, false);
  for (int i = 0; i < 5; ++i) answering.caller_said("hello");
  CHECK_FALSE(answering.has_person());
  answering.agent_was_heard();
  answering.caller_said("hello");
  answering.agent_was_heard();
  answering.caller_said("who is this");
  CHECK(answering.has_person());
}

TEST_CASE("O06: the callback that comes again acts once; a better verdict counts") {
  CallScript script(placed(AnsweredPolicy::leave_message));
  script.talking();
  script.input(CarrierAnswered{AnsweredBy::unknown});
  script.input(CarrierAnswered{AnsweredBy::unknown});
  script.input(CarrierAnswered{AnsweredBy::machine});
  script.input(CarrierAnswered{AnsweredBy::machine});
  CHECK(script.events("answered_by") == 2);
  CHECK(script.sent(Leg::voice, "say ") == 1);
  say_message(script, 500);
  script.input(CarrierAnswered{AnsweredBy::unknown});
  script.input(CarrierAnswered{AnsweredBy::machine});  // a carrier that wavers cuts nothing off
  CHECK(script.sent(Leg::carrier, "clear") == 1);      // at the first verdict
  script.pass(2s);
  script.input(CarrierAnswered{AnsweredBy::machine});
  script.pass(10s);
  CHECK(script.hang_ups_ == 1);
  CHECK(script.ending().end_reason == "answered_by_machine");
}

TEST_CASE("O06: a verdict before the stream ends the call without one") {
  CallScript script(placed(AnsweredPolicy::hang_up));
  script.input(CarrierAnswered{AnsweredBy::machine});
  CHECK(script.ending().end_reason == "answered_by_machine");
  CHECK(script.hang_ups_ == 1);
}

TEST_CASE("Who says not to be called again is not asked anything more") {
  CallScript script;
  script.talking();
  script.voice("user who is this");
  script.voice("audio a 0 5000");
  script.speak(20);
  script.voice("user Please stop calling me.");
  CHECK(script.event("opt_out") == R"({"by":"speech","seq":1})");
  CHECK(script.call().end_reason() == EndReason::opted_out);
  CHECK(script.sent(Leg::carrier, "clear") >= 1);
  script.pass(1s);
  CHECK(script.ending().end_reason == "opted_out");
  CHECK(script.hang_ups_ == 0);  // the carrier asks what to do, and confirms
}

TEST_CASE("Only the caller's final, spoken words are a wish, and only where it is asked for") {
  CallScript script;
  script.talking();
  script.voice("interim stop calling me");
  script.voice("typed stop calling me");
  script.voice("assistant a you said stop calling me");
  script.voice("user don't call me before five");
  CHECK(script.events("opt_out") == 0);
  CallSettings deaf;
  deaf.hears_opt_out = false;
  CallScript other(deaf);
  other.talking();
  other.voice("user stop calling me");
  CHECK(other.events("opt_out") == 0);
  CHECK(other.call().state() == State::talking);
}

TEST_CASE("A wish is written down once, also by key and while the call is ending already") {
  CallSettings settings;
  settings.opt_out_digit = '9';
  CallScript script(settings);
  script.talking();
  script.voice("audio a 0 3000");
  script.voice("hang_up");
  script.voice("turn_end");
  script.input(ShutDown{});
  CHECK(script.call().state() == State::closing);
  script.carrier("dtmf 9");
  script.carrier("dtmf 9");
  CHECK(script.event("opt_out") == R"({"by":"key","digit":"9"})");
  CHECK(script.call().end_reason() == EndReason::shutdown);
}

TEST_CASE("O05: put on the do-not-call list while talking, the call ends with the confirmation") {
  CallScript script;
  script.talking();
  script.voice("audio a 0 1500");
  script.voice("turn_end");
  script.speak(10);
  script.input(OptedOutElsewhere{});
  script.input(OptedOutElsewhere{});
  CHECK(script.event("opt_out") == R"({"by":"list"})");
  CHECK(script.sent(Leg::carrier, "clear") == 0);  // not in the middle of a word
  script.pass(3s);
  CHECK(script.ending().end_reason == "opted_out");
  CHECK(script.ending().audio.agent_ms_sent == 1500);
  CHECK(script.hang_ups_ == 0);
}

TEST_CASE("O05: the same before the agent is there, and while the stream is away") {
  CallScript early;
  early.input(OptedOutElsewhere{});
  CHECK(early.ending().end_reason == "opted_out");
  CallScript parked;
  parked.talking();
  parked.input(CarrierClosed{});
  parked.input(OptedOutElsewhere{});
  CHECK(parked.ending().end_reason == "opted_out");
}
