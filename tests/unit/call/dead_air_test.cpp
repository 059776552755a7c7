#include "bridge/call/dead_air.hpp"

#include "tests/unit/call/call_script.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call::test {

namespace {

constexpr int loud = 0x10;

long steps(const CallScript& script, std::string_view label) {
  return std::count_if(script.counts_.begin(), script.counts_.end(), [&](const Count& c) {
    return c.what == Counted::voice_freeze && c.label == label;
  });
}

/// The agent has greeted, the caller has asked something, and the agent says nothing.
CallScript asked() {
  CallScript script;
  script.talking();
  script.voice("audio u1 0 200");
  script.voice("turn_end");
  script.speak(50);
  script.speak(60, loud);
  script.speak(10);
  script.voice("user Do you have a table");
  return script;
}

}  // namespace

TEST_CASE("E12: a frozen agent is nudged after 4 s, resumed after 8 s and given up after 15 s") {
  auto script = asked();
  script.speak(195);
  CHECK(steps(script, "nudge") == 0);
  script.speak(10);
  CHECK(steps(script, "nudge") == 1);
  CHECK(script.sent(Leg::voice, "nudge") == 1);
  script.speak(190);
  CHECK(steps(script, "resume") == 0);
  script.speak(10);
  CHECK(steps(script, "resume") == 1);
  REQUIRE(script.opens_.size() == 2);
  CHECK(script.opens_[1].endpoint.url.target.find("resume=1") != std::string::npos);
  script.ready();
  CHECK(script.sent(Leg::voice, "nudge") == 2);
  script.speak(345);
  CHECK(script.call().state() == State::talking);
  script.speak(20);
  CHECK(steps(script, "give_up") == 1);
  CHECK(script.call().end_reason() == EndReason::voice_frozen);
}

TEST_CASE(
    "E13: a socket that is open and says nothing at all is found out by the caller's speech") {
  CallScript script;
  script.talking();
  script.speak(50, loud);
  script.speak(250);
  CHECK(steps(script, "nudge") == 1);
}

TEST_CASE("an agent that answers is not frozen, however often") {
  CallScript script;
  script.talking();
  for (int turn = 0; turn < 5; ++turn) {
    script.speak(60, loud);
    script.speak(100);
    script.voice("user Next question");
    script.voice(fmt::format("audio u{} 0 1000", turn));
    script.voice("turn_end");
    script.speak(100);
  }
  CHECK(steps(script, "nudge") == 0);
}

TEST_CASE("a caller who thinks is left in peace") {
  CallScript script;
  script.talking();
  script.voice("audio u1 0 1000");
  script.voice("turn_end");
  script.speak(3000);
  CHECK(steps(script, "nudge") == 0);
  script.carrier("stop");
  const auto silences = script.records<core::CallEvent>();
  const auto found = std::find_if(silences.begin(), silences.end(),
                                  [](const auto& event) { return event.type == "silences"; });
  REQUIRE(found != silences.end());
  CHECK(found->json.find(R"("caller_thinking_ms":59)") != std::string::npos);
}

TEST_CASE("a short noise obliges the agent to nothing") {
  CallScript script;
  script.talking();
  script.speak(15, loud);
  script.speak(500);
  CHECK(steps(script, "nudge") == 0);
}

TEST_CASE("a cough after the question does not release the agent from its answer") {
  auto script = asked();
  script.speak(50);
  script.speak(15, loud);
  script.speak(230);
  CHECK(steps(script, "nudge") == 1);
}

TEST_CASE("hello, hello: asking again does not start the clock of a frozen agent anew") {
  auto script = asked();
  script.speak(160);
  script.speak(20, loud);
  script.speak(60);
  CHECK(steps(script, "nudge") == 1);
}

TEST_CASE("a caller who goes on after a breath is not answered yet, and nobody is frozen") {
  auto script = asked();
  for (int i = 0; i < 4; ++i) {
    script.speak(100);
    script.speak(40, loud);
  }
  CHECK(steps(script, "nudge") == 0);
}

TEST_CASE("an agent that works on a tool call has its time anew") {
  auto script = asked();
  script.speak(150);
  script.voice("tool t1 find_slot {}");
  script.speak(150);
  CHECK(steps(script, "nudge") == 0);
  script.speak(60);
  CHECK(steps(script, "nudge") == 1);
}

TEST_CASE("T13: a line that delivers nothing for two seconds is written down as silent") {
  CallScript script;
  script.talking();
  script.speak(50);
  script.pass(1900ms);
  CHECK(script.events("line_silent") == 0);
  script.pass(200ms);
  CHECK(script.events("line_silent") == 1);
}

TEST_CASE("E12: an agent that stops in mid-sentence with its session open is asked to go on") {
  CallScript script;
  script.talking();
  script.voice("audio u1 0 1000");
  script.speak(240);
  CHECK(steps(script, "nudge") == 0);
  script.speak(30);
  CHECK(steps(script, "nudge") == 1);
}

TEST_CASE("an agent that was paused has its time anew when it may speak again") {
  auto script = asked();
  script.input(OperatorPause{true});
  script.speak(900);
  script.input(OperatorPause{false});
  script.speak(190);
  CHECK(steps(script, "nudge") == 0);
  CHECK(steps(script, "give_up") == 0);
  script.speak(20);
  CHECK(steps(script, "nudge") == 1);
}

TEST_CASE("a stall that hid the silence does not make the ladder jump") {
  DeadAir dead_air;
  const core::TimePoint start{1h};
  DeadAir::Scene scene;
  scene.carrier_heard_at = start;
  dead_air.caller_words(start);
  CHECK(dead_air.advance(start + 20s, scene) == FreezeStep::nudge);
  CHECK(dead_air.advance(start + 20100ms, scene) == FreezeStep::none);
  CHECK(dead_air.advance(start + 24s, scene) == FreezeStep::resume);
  CHECK(dead_air.advance(start + 30s, scene) == FreezeStep::none);
  CHECK(dead_air.advance(start + 31s, scene) == FreezeStep::give_up);
  CHECK(dead_air.advance(start + 60s, scene) == FreezeStep::none);
  CHECK_FALSE(dead_air.deadline());
}

TEST_CASE("a paused agent owes nothing") {
  auto script = asked();
  script.input(OperatorPause{true});
  script.speak(1000);
  CHECK(steps(script, "nudge") == 0);
}

}  // namespace tandem::call::test
