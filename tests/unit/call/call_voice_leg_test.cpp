#include "tests/unit/call/call_script.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call::test {

namespace {

constexpr int loud = 0x10;

std::vector<std::uint8_t> clip() { return std::vector<std::uint8_t>(8000, 0x20); }

void lose_and_return(CallScript& script, core::Duration away = 300ms) {
  script.input(VoiceClosed{1006, ""});
  script.pass(away);
  script.ready();
}

VoiceCapabilities resumes() {
  VoiceCapabilities can;
  can.can_resume = true;
  return can;
}

}  // namespace

TEST_CASE("E08: a lost session is resumed at once, and the caller's words meanwhile are kept") {
  CallScript script;
  script.talking();
  script.speak(50);
  const auto before = script.sent(Leg::voice, "audio");
  script.input(VoiceClosed{1006, ""});
  script.speak(100, loud);
  REQUIRE(script.opens_.size() == 2);
  CHECK(script.opens_[1].endpoint.url.target.find("resume=1") != std::string::npos);
  script.ready();
  script.speak(1, loud);
  CHECK(script.sent(Leg::voice, "audio") >= before + 101);
  const auto gap = std::find_if(script.measures_.begin(), script.measures_.end(),
                                [](const Measure& m) { return m.what == Measured::voice_gap; });
  REQUIRE(gap != script.measures_.end());
  CHECK(gap->value == 2s);
}

TEST_CASE("what is kept for a returning agent is speech, not silence, and not more than 6 s") {
  CallScript script;
  script.talking();
  script.speak(50);
  script.input(VoiceClosed{1006, ""});
  script.speak(100);
  script.speak(50, loud);
  script.speak(100);
  const auto before = script.sent(Leg::voice, "audio");
  script.ready();
  script.speak(1);
  const auto sent = script.sent(Leg::voice, "audio") - before;
  CHECK(sent >= 50);
  CHECK(sent <= 50 + 15 + 10 + 10 + 10 + 1);  // hangover and margins around it
  script.carrier("stop");
  const auto audio = script.ending().audio;
  CHECK(audio.caller_frames_in == audio.caller_frames_sent + audio.caller_frames_dropped);
}

TEST_CASE("an agent that comes back does not greet again, its next answer is heard") {
  CallScript script;
  script.talking();
  script.voice("assistant u1 Hello, this is the restaurant");
  script.voice("audio u1 0 500");
  script.voice("turn_end");
  script.speak(50);
  lose_and_return(script);
  script.voice("assistant g2 Hello, this is the restaurant");
  script.voice("audio g2 0 500");
  script.voice("audio g3 0 500");
  script.voice("turn_end");
  script.speak(50);
  CHECK(script.agent_bytes_sent() == 4000);
  CHECK(script.events("second_greeting_suppressed") == 1);
  CHECK(script.records<core::TranscriptEntry>().size() == 1);
  script.voice("user A table please");
  script.voice("audio u3 0 500");
  script.voice("turn_end");
  script.speak(50);
  CHECK(script.agent_bytes_sent() == 8000);
}

TEST_CASE("words of the caller do not make the rest of a second greeting heard") {
  CallScript script;
  script.talking();
  script.voice("audio u1 0 500");
  script.voice("turn_end");
  script.speak(50);
  lose_and_return(script);
  script.voice("audio g2 0 500");
  script.voice("interim a table");
  script.voice("audio g2 1 500");
  script.voice("audio g3 0 500");
  script.voice("turn_end");
  script.speak(50);
  CHECK(script.agent_bytes_sent() == 4000);
}

TEST_CASE("an agent that was lost mid-sentence is asked to go on, and is heard") {
  CallScript script;
  script.talking();
  script.voice("audio u1 0 500");
  script.speak(10);
  lose_and_return(script);
  CHECK(script.sent(Leg::voice, "nudge") == 1);
  CHECK(script.sent(Leg::voice, "context") == 1);
  script.voice("audio g2 0 500");  // greets first
  script.voice("turn_end");
  script.speak(30);
  script.voice("nudged");
  script.voice("audio u3 0 500");  // then goes on
  script.voice("turn_end");
  script.speak(50);
  CHECK(script.agent_bytes_sent() == 8000);
}

TEST_CASE("E04: a caller without an agent hears one moment please, once") {
  static const auto one_moment = clip();
  CallSettings settings;
  settings.one_moment = one_moment;
  CallScript script(settings);
  script.open_stream();
  script.speak(70);
  CHECK(script.agent_bytes_sent() == 0);
  script.speak(150);
  CHECK(script.agent_bytes_sent() == 8000);
  CHECK(script.events("one_moment_played") == 1);
  CHECK(script.records<core::TranscriptEntry>().empty());
}

TEST_CASE(
    "one moment please is said after the words that were still playing, not instead of never") {
  static const auto one_moment = clip();
  CallSettings settings;
  settings.one_moment = one_moment;
  CallScript script(settings);
  script.talking();
  script.voice("audio u1 0 3000");
  script.voice("turn_end");
  script.speak(10);
  script.input(VoiceClosed{1006, ""});
  script.speak(200);
  CHECK(script.events("one_moment_played") == 1);
  CHECK(script.agent_bytes_sent() == 24000 + 8000);
}

TEST_CASE("E22: a talk without a pause is cut from the old session before its cap") {
  auto can = resumes();
  can.session_cap = 60s;
  can.roll_over_at = 20s;
  CallScript script({}, {can});
  script.talking();
  for (int second = 0; second < 44; ++second) {
    script.voice(fmt::format("audio u1 {} 1000", second));
    script.speak(50);
  }
  CHECK(script.opens_.size() == 1);
  for (int second = 44; second < 48; ++second) {
    script.voice(fmt::format("audio u1 {} 1000", second));
    script.speak(50);
  }
  CHECK(script.opens_.size() == 2);
  CHECK(script.events("voice_rollover") == 1);
}

TEST_CASE("E22: in a silence the roll-over does not wait, and no frame of the caller is lost") {
  auto can = resumes();
  can.session_cap = 60s;
  can.roll_over_at = 20s;
  CallScript script({}, {can});
  script.talking();
  script.speak(900);
  CHECK(script.opens_.size() == 1);
  script.speak(110);
  REQUIRE(script.opens_.size() == 2);
  CHECK(script.opens_[1].endpoint.url.target.find("resume=1") != std::string::npos);
  script.speak(20, loud);
  script.ready();
  script.speak(50, loud);
  CHECK(script.call().state() == State::talking);
  script.carrier("stop");
  CHECK(script.ending().audio.caller_frames_dropped <= 20);
}

TEST_CASE("a provider that says it goes away is replaced before it does") {
  CallScript script({}, {resumes()});
  script.talking();
  script.voice("going_away 60000");
  script.speak(5);
  CHECK(script.opens_.size() == 2);
}

TEST_CASE("E01: a refused provider is followed by the next one, with what was said so far") {
  CallScript script({}, {resumes(), {}});
  script.talking();
  script.voice("user I would like to book");
  script.voice("assistant u1 Of course");
  script.voice("audio u1 0 500");
  script.voice("turn_end");
  script.speak(50);
  script.voice("error fatal E0100");
  script.pass(10ms);
  REQUIRE(script.opens_.size() == 2);
  CHECK(script.events("voice_failover") == 1);
  script.input(VoiceOpened{});
  CHECK(script.sent(Leg::voice, "history 2") == 1);
  script.voice("ready chat-2");
  CHECK(script.call().state() == State::talking);
  const auto chats = script.records<core::ChatOpened>();
  REQUIRE(chats.size() == 2);
  CHECK(chats[1].provider == "line");
}

TEST_CASE("a frozen provider is followed by the next one, which has its own patience") {
  CallScript script({}, {resumes(), {}});
  script.talking();
  script.speak(50, loud);
  script.speak(50);
  script.voice("user Hello");
  script.speak(600);
  script.ready();
  script.speak(360);
  CHECK(script.events("voice_failover") == 1);
  script.ready();
  script.speak(100);
  CHECK(script.call().state() == State::talking);
  script.voice("nudged");
  script.voice("audio u1 0 500");
  script.speak(100);
  CHECK(script.agent_bytes_sent() == 4000);
}

TEST_CASE(
    "E23: an agent that ends the chat for inactivity has its last words heard, and the reason "
    "kept") {
  CallScript script;
  script.talking();
  script.voice("assistant u1 Are you still there? Then goodbye");
  script.voice("audio u1 0 2000");
  script.voice("turn_end");
  script.voice("error ended E0714");
  script.input(VoiceClosed{1000, ""});
  script.speak(90);
  CHECK(script.hang_ups_ == 0);
  script.speak(40);
  CHECK(script.hang_ups_ == 1);
  CHECK(script.call().end_reason() == EndReason::voice_ended);
  const auto events = script.records<core::CallEvent>();
  CHECK(std::any_of(events.begin(), events.end(), [](const core::CallEvent& event) {
    return event.type == "voice_error" && event.json.find("E0714") != std::string::npos;
  }));
  CHECK(script.records<core::TranscriptHeard>().back().heard_ms == 2000);
}

TEST_CASE("E26: a resume that is refused goes on in a new chat that is told what was said") {
  CallScript script;
  script.talking();
  script.voice("user I would like to book");
  script.input(VoiceClosed{1006, ""});
  script.pass(10ms);
  script.input(VoiceOpened{});
  script.voice("error retry_fresh E0708");
  script.pass(10ms);
  script.input(VoiceOpened{});
  CHECK(script.events("context_lost") == 1);
  CHECK(script.sent(Leg::voice, "history 1") == 1);
}

TEST_CASE("E20: a provider that does not read for 5 s is replaced") {
  CallScript script;
  script.talking();
  script.voice_outbox_bytes = limits::uplink_outbox_bytes_max;
  script.speak(240);
  CHECK(script.opens_.size() == 1);
  script.voice_outbox_bytes = limits::uplink_outbox_bytes_max;
  script.speak(20);
  CHECK(script.opens_.size() == 2);
}

TEST_CASE("E25: words that are written down after they were answered oblige and cut off nobody") {
  auto can = resumes();
  can.transcribes_late = true;
  CallScript script({}, {can});
  script.talking();
  script.speak(60, loud);
  script.speak(20);
  script.voice("audio u1 0 3000");
  script.voice("turn_end");
  script.speak(20);
  script.voice("user Do you have a table");
  CHECK(script.sent(Leg::carrier, "clear") == 0);
  script.speak(400);
  CHECK(script.sent(Leg::voice, "nudge") == 0);
  CHECK(script.records<core::TranscriptEntry>().size() == 1);
}

TEST_CASE("a truncating provider is told what was heard of what it said") {
  auto can = resumes();
  can.can_truncate = true;
  CallScript script({}, {can});
  script.talking();
  script.voice("audio u1 0 3000");
  script.speak(50);
  script.voice("interrupted");
  CHECK(script.sent(Leg::voice, "heard u1 ") == 1);
  CHECK(script.sent(Leg::voice, "heard u1 1") == 1);
}

TEST_CASE(
    "an agent that was lost before its first word is asked for the answer that the caller awaits") {
  CallScript script;
  script.talking();
  script.voice("user Hello");
  script.speak(10);
  lose_and_return(script);
  CHECK(script.sent(Leg::voice, "nudge") == 1);
}

TEST_CASE("an agent that does not speak first is asked to, once both legs are there") {
  auto can = resumes();
  can.greets_by_itself = false;
  CallScript warm({}, {can});
  warm.ready();
  CHECK(warm.sent(Leg::voice, "greet") == 0);
  warm.open_stream();
  CHECK(warm.sent(Leg::voice, "greet") == 1);
  warm.input(VoiceClosed{1006, ""});
  warm.pass(10ms);
  warm.ready();
  CHECK(warm.sent(Leg::voice, "greet") == 1);
}

TEST_CASE("a call that another process began goes on in the same chat, told not to greet again") {
  CallSettings settings;
  settings.previous = PreviousCall{core::CallId("00000000-0000-4000-8000-0000000000aa"),
                                   core::ChatGroupId("group"),
                                   {{core::Speaker::user, "A table for two"}}};
  CallScript script(settings);
  CHECK(script.events("resumed_call") == 1);
  REQUIRE(script.opens_.size() == 1);
  CHECK(script.opens_[0].endpoint.url.target.find("resume=1") != std::string::npos);
  script.open_stream();
  script.ready();
  CHECK(script.sent(Leg::voice, "nudge") == 1);
}

TEST_CASE("a pause outlives the session in which it was asked for") {
  CallScript script;
  script.talking();
  script.input(OperatorPause{true});
  lose_and_return(script);
  CHECK(script.sent(Leg::voice, "pause") == 2);
}

}  // namespace tandem::call::test
