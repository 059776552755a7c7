#include "bridge/call/barge_in.hpp"

#include "tests/unit/call/call_script.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call::test {

namespace {

constexpr int loud = 0x10;

/// An agent that speaks for three seconds, the first of which has been played.
CallScript mid_sentence() {
  CallScript script;
  script.talking();
  script.voice("assistant u1 We have a table at seven or at nine");
  script.voice("audio u1 0 3000");
  script.speak(50);
  return script;
}

std::string last_event(const CallScript& script, std::string_view type) {
  std::string found;
  for (const auto& event : script.records<core::CallEvent>()) {
    if (event.type == type) found = event.json;
  }
  return found;
}

}  // namespace

TEST_CASE("the agent is held within 120 ms of the caller's first loud frame") {
  auto script = mid_sentence();
  const auto before = script.now();
  int frames = 0;
  while (script.sent(Leg::carrier, "clear") == 0 && frames < 10) {
    script.speak(1, loud);
    ++frames;
  }
  CHECK(script.now() - before <= 120ms);
  const auto sent = script.agent_bytes_sent();
  script.speak(20, loud);
  CHECK(script.agent_bytes_sent() == sent);
}

TEST_CASE(
    "a cough is not an interruption: the agent goes on from the held frame, nothing is lost") {
  auto script = mid_sentence();
  script.speak(10, loud);
  script.speak(250);
  script.voice("turn_end");
  script.speak(50);
  const auto heard = script.records<core::TranscriptHeard>();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].audio_ms == 3000);
  CHECK(heard[0].heard_ms == 3000);
  CHECK_FALSE(heard[0].was_cut);
  CHECK(script.events("barge_in_rejected") == 1);
  CHECK(script.events("barge_in") == 0);
  // 3 s, and what was taken back from the carrier's queue and sent again: at most the lead.
  CHECK(script.agent_bytes_sent() >= 24000);
  CHECK(script.agent_bytes_sent() <= 24000 + 1600 + 320);
}

TEST_CASE(
    "the agent's verdict confirms a hold: what was unheard is dropped and its end is written") {
  auto script = mid_sentence();
  script.speak(45, loud);
  script.voice("interrupted");
  const auto heard = script.records<core::TranscriptHeard>();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].was_cut);
  CHECK(heard[0].heard_ms >= 960);
  CHECK(heard[0].heard_ms <= 1120);
  CHECK(last_event(script, "barge_in").find(R"("stop_ms":60)") != std::string::npos);
  const auto sent = script.agent_bytes_sent();
  script.voice("audio u1 1 2000");  // E19: late audio of the dead utterance
  script.speak(50);
  CHECK(script.agent_bytes_sent() == sent);
}

TEST_CASE("a verdict clears the carrier in the same drain, hold or no hold") {
  auto script = mid_sentence();
  script.voice("interrupted");
  CHECK(script.sent(Leg::carrier, "clear") == 1);
  CHECK(script.drops_ == 1);
}

TEST_CASE("somebody who goes on talking without a verdict does not silence the agent for ever") {
  auto script = mid_sentence();
  script.speak(200, loud);
  CHECK(script.events("barge_in_rejected") == 1);
  script.voice("turn_end");
  script.speak(100, loud);
  REQUIRE(script.records<core::TranscriptHeard>().size() == 1);
  CHECK(script.records<core::TranscriptHeard>()[0].heard_ms == 3000);
}

TEST_CASE("a line that stutters with noise stops being held for a while") {
  CallScript script;
  script.talking();
  script.voice("audio u1 0 20000");
  script.speak(20);
  for (int i = 0; i < 6; ++i) {
    script.speak(5, loud);
    script.speak(60);
  }
  const auto held = std::count_if(script.counts_.begin(), script.counts_.end(), [](const Count& c) {
    return c.what == Counted::barge_in && c.label == "held";
  });
  CHECK(held == 3);
}

TEST_CASE("the echo of the agent's own voice does not interrupt it") {
  CallScript script;
  script.talking();
  script.voice("audio u1 0 3000");
  script.speak(20);
  // The agent's tone is about -15 dBFS; its echo comes back 16 dB lower, as loud as many callers.
  constexpr int echo = 0x58;
  const auto level = codec::ulaw_level_dbfs(std::vector<std::uint8_t>{echo, echo ^ 0x80});
  CHECK(level < -30.5F);
  CHECK(level > -40.0F);
  script.speak(80, echo);
  CHECK(script.sent(Leg::carrier, "clear") == 0);
}

TEST_CASE("words decide once the agent has finished generating; backchannels do not") {
  const auto cleared_by = [](std::string_view line) {
    CallScript script;
    script.talking();
    script.voice("audio u1 0 5000");
    script.voice("turn_end");
    script.pass(1s);
    script.voice(line);
    return script.sent(Leg::carrier, "clear") == 1;
  };
  CHECK(cleared_by("interim can we"));
  CHECK(cleared_by("user Stop"));
  CHECK_FALSE(cleared_by("interim stop"));
  CHECK_FALSE(cleared_by("user Uh-huh"));
  CHECK_FALSE(cleared_by("user Yeah, okay."));
  CHECK_FALSE(cleared_by("user I see"));
  CHECK_FALSE(cleared_by("typed Please stop now"));
}

TEST_CASE("backchannels are told from words that mean something") {
  CHECK(is_backchannel("uh-huh"));
  CHECK(is_backchannel("Mm-hmm."));
  CHECK(is_backchannel("Yes, yes, right"));
  CHECK_FALSE(is_backchannel("no"));
  CHECK_FALSE(is_backchannel("yes but not today"));
  CHECK_FALSE(is_backchannel(""));
  CHECK_FALSE(is_backchannel("  ..."));
  CHECK_FALSE(is_backchannel("antidisestablishmentarianism"));
  CHECK_FALSE(is_backchannel("\xC3\xA4hm"));
}

TEST_CASE("a provider that hears the caller first holds as well") {
  auto script = mid_sentence();
  script.voice("speech on");
  CHECK(script.sent(Leg::carrier, "clear") == 1);
  const auto sent = script.agent_bytes_sent();
  script.pass(100ms);
  CHECK(script.agent_bytes_sent() == sent);
  script.voice("speech off");
  script.pass(600ms);
  CHECK(script.agent_bytes_sent() > sent);
}

TEST_CASE("a protected greeting is not held, and the agent hears silence meanwhile") {
  CallSettings settings;
  settings.protected_greeting = 2s;
  CallScript script(settings);
  script.talking();
  script.voice("audio u1 0 4000");
  script.speak(25, loud);
  CHECK(script.sent(Leg::carrier, "clear") == 0);
  script.speak(100);
  script.speak(25, loud);  // two seconds later it is like any other sentence
  CHECK(script.sent(Leg::carrier, "clear") == 1);
  script.carrier("stop");
  const auto audio = script.ending().audio;
  CHECK(audio.caller_frames_dropped >= 95);
  CHECK(audio.caller_frames_in == audio.caller_frames_sent + audio.caller_frames_dropped);
}

TEST_CASE("holding and deciding") {
  BargeIn barge_in;
  const core::TimePoint start{1h};
  CHECK_FALSE(barge_in.caller_started(start, start + 60ms, false));
  CHECK(barge_in.confirm(start + 100ms) == 100ms);  // never held: silent only now
  CHECK(barge_in.caller_started(start, start + 60ms, true));
  CHECK(barge_in.deadline() == start + 60ms + limits::barge_in_verdict_max);
  barge_in.caller_stopped(start + 200ms);
  CHECK(barge_in.deadline() == start + 200ms + limits::barge_in_quiet_release);
  CHECK_FALSE(barge_in.advance(start + 600ms));
  CHECK(barge_in.advance(start + 650ms));
  CHECK_FALSE(barge_in.is_holding());
  CHECK_FALSE(barge_in.advance(start + 5s));
  CHECK_FALSE(barge_in.caller_started(start + 900ms, start + 950ms, true));  // too soon
  CHECK(barge_in.caller_started(start + 2s, start + 2060ms, true));
  CHECK(barge_in.confirm(start + 3s) == 60ms);
}

}  // namespace tandem::call::test
