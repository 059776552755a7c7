// Who listens, and what may be seen of a call.
#include "tests/unit/call/call_script.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace tandem::call;
using tandem::call::test::CallScript;
using namespace std::chrono_literals;

namespace {

std::size_t bytes_of(const std::vector<Listen>& heard, Track track) {
  std::size_t bytes = 0;
  for (const auto& piece : heard) bytes += piece.track == track ? piece.ulaw.size() : 0;
  return bytes;
}

}  // namespace

TEST_CASE("Nobody listens: nothing is copied") {
  CallScript script;
  script.talking();
  script.voice("audio a 0 400");
  script.speak(25, 0x20);
  CHECK(script.heard_.empty());
}

TEST_CASE("Listeners get both tracks, each piece with the time at which it is heard") {
  CallScript script;
  script.talking();
  script.pass(1s);
  script.input(OperatorListen{1, "rosa", true});
  script.voice("audio a 0 400");
  script.voice("turn_end");
  script.speak(25);
  CHECK(bytes_of(script.heard_, Track::caller) == 25 * 160);
  CHECK(bytes_of(script.heard_, Track::agent) == 400 * 8);
  core::MediaOffset caller{980};
  core::MediaOffset agent{1000};
  for (const auto& piece : script.heard_) {
    auto& expected = piece.track == Track::caller ? caller : agent;
    if (piece.track == Track::caller) expected += 20ms;
    CHECK(piece.offset == expected);
    if (piece.track == Track::agent) expected += std::chrono::milliseconds(piece.ulaw.size() / 8);
  }
  script.input(OperatorListen{0, "rosa", false});
  script.heard_.clear();
  script.speak(5, 0x20);
  CHECK(script.heard_.empty());
}

TEST_CASE("What was silenced is heard again later, at its new time") {
  CallScript script;
  script.talking();
  script.input(OperatorListen{1, "rosa", true});
  script.voice("audio a 0 3000");
  script.speak(50);
  script.speak(6, 0x20);  // holds the agent
  script.speak(60);       // and was nothing
  core::MediaOffset end{0};
  int replaced = 0;
  for (const auto& piece : script.heard_) {
    if (piece.track != Track::agent) continue;
    if (piece.offset < end) ++replaced;
    end = piece.offset + std::chrono::milliseconds(piece.ulaw.size() / 8);
  }
  CHECK(script.events("barge_in_rejected") == 1);
  CHECK(replaced <= 1);  // the first piece after the hold, if it comes that soon
  CHECK(bytes_of(script.heard_, Track::agent) >
        static_cast<std::size_t>(script.call().snapshot(script.now()).audio.agent_ms_sent) * 8);
}

TEST_CASE("Every listen and every act of an operator says who it was") {
  CallScript script;
  script.talking();
  script.input(OperatorListen{1, "rosa", true});
  CHECK(script.event("operator_listen") == R"({"by":"rosa","on":true})");
  script.input(OperatorSay{"One \"moment\".", "rosa"});
  script.input(OperatorContext{"A regular.", "local"});
  script.input(OperatorPause{true, "rosa"});
  script.input(OperatorPause{false, "rosa"});
  script.input(OperatorTransfer{core::PhoneNumber("+15555550188"), "", "rosa"});
  CHECK(script.event("operator_say") == R"({"text":"One \"moment\".","by":"rosa"})");
  CHECK(script.event("operator_context") == R"({"text":"A regular.","by":"local"})");
  for (const auto* type : {"operator_pause", "operator_resume", "operator_transfer"})
    CHECK(script.event(type) == R"({"by":"rosa"})");
  CallScript other;
  other.talking();
  other.input(OperatorHangUp{"rosa"});
  CHECK(other.event("operator_hang_up") == R"({"by":"rosa"})");
}

TEST_CASE("The levels of both tracks are written every 30 seconds and at the end") {
  CallScript script;
  script.talking();
  script.voice("audio a 0 1000");
  script.voice("turn_end");
  script.speak(29 * 50, 0x20);
  CHECK(script.events("levels") == 0);
  script.speak(100, 0x20);
  const auto window = script.event("levels");
  CHECK(window.starts_with(R"({"from_ms":0,"step_ms":250,"caller":[-)"));
  CHECK(window.find("-99") > window.find("agent"));  // the caller spoke all along
  script.carrier("stop");
  CHECK(script.events("levels") == 2);
  CHECK(script.records<core::CallEvent>().rbegin()[1].json.starts_with(R"({"from_ms":30000,)"));
}

TEST_CASE("A call that never had a stream has no levels") {
  CallScript script;
  script.pass(70s);
  CHECK(script.call().has_ended());
  CHECK(script.events("levels") == 0);
}

TEST_CASE("A snapshot shows who listens, who is paused and how loud it is") {
  CallScript script;
  script.talking();
  script.input(OperatorListen{2, "rosa", true});
  script.input(OperatorPause{true, "rosa"});
  script.speak(30, 0x20);
  script.call().note_written(Leg::voice, script.now() - 300us, script.now());
  const auto seen = script.call().snapshot(script.now());
  CHECK(seen.listeners == 2);
  CHECK(seen.paused);
  CHECK(seen.caller_dbfs > -40.0F);
  CHECK(seen.agent_dbfs == codec::silence_dbfs);
  CHECK(seen.uplink_transit.count == 1);
  CHECK(seen.downlink_transit.count == 0);
  CHECK(seen.turns == 0);
}

TEST_CASE("The brief is told in every session before anything else") {
  CallSettings settings;
  settings.brief = "It is about a table for two.";
  settings.time_limit = 3600s;
  CallScript script(settings, {{.can_resume = true}, {}});
  script.talking();
  CHECK(script.sends_.at(0).text == "brief It is about a table for two.");
  script.voice("user hello");
  script.input(VoiceClosed{});
  script.pass(10ms);
  script.input(VoiceOpened{});
  CHECK(script.sent(Leg::voice, "brief") == 2);
  script.voice("ready chat-2");
  script.voice("error fatal broken");
  script.pass(10ms);
  script.input(VoiceOpened{});  // the other provider
  CHECK(script.sent(Leg::voice, "brief") == 3);
}
