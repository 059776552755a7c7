#include "tests/unit/call/call_script.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call::test {

namespace {

constexpr int loud = 0x10;

CallScript mid_sentence() {
  CallScript script;
  script.talking();
  script.voice("assistant u1 We have a table at seven or at nine");
  script.voice("audio u1 0 3000");
  script.voice("turn_end");
  script.speak(50);
  return script;
}

void another_stream(CallScript& script, std::string_view token = "TOKEN-2") {
  script.input(CarrierOpened{token});
  script.carrier("connected");
  script.carrier(fmt::format("start CALL-1 {} ACCOUNT-1", token));
}

}  // namespace

TEST_CASE("T17: a media socket that breaks parks the call, and a new stream goes on mid-sentence") {
  auto script = mid_sentence();
  script.input(CarrierClosed{1006});
  CHECK(script.call().state() == State::parked);
  CHECK(script.opens_.size() == 1);
  script.pass(1s);
  another_stream(script);
  CHECK(script.call().state() == State::talking);
  script.pass(4s);
  const auto heard = script.records<core::TranscriptHeard>();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].heard_ms == 3000);
  CHECK(script.records<core::CallAnswered>().size() == 1);
  CHECK(script.events("stream_resumed") == 1);
  CHECK(script.agent_bytes_sent() <= 24000 + 1600 + 320);
}

TEST_CASE("nothing is sent to a stream that is gone, and the agent goes on hearing silence") {
  auto script = mid_sentence();
  const auto voice_before = script.sent(Leg::voice, "audio");
  const auto carrier_before = script.sent(Leg::carrier, "");
  script.input(CarrierClosed{1006});
  script.voice("audio u2 0 500");
  script.pass(2s);
  CHECK(script.sent(Leg::carrier, "") == carrier_before);
  CHECK(script.sent(Leg::voice, "audio") >= voice_before + 95);
}

TEST_CASE("a second media socket takes over: only its own token opens it") {
  auto script = mid_sentence();
  another_stream(script);
  CHECK(script.call().state() == State::talking);
  CHECK(script.events("stream_resumed") == 1);
  script.input(CarrierOpened{"TOKEN-3"});
  script.carrier("connected");
  script.carrier("start CALL-1 TOKEN-2 ACCOUNT-1");
  CHECK(script.call().state() == State::parked);
  REQUIRE(script.closes_.size() == 1);
  CHECK(script.closes_[0].code == 1008);
  script.pass(6s);
  CHECK(script.ending().end_reason == "carrier_lost");
}

TEST_CASE("a caller whose call the carrier reports as over while parked was lost, not rude") {
  auto script = mid_sentence();
  script.input(CarrierClosed{1006});
  script.input(CarrierEnded{});
  CHECK(script.ending().end_reason == "carrier_lost");
}

TEST_CASE("streams that keep breaking end the call") {
  auto script = mid_sentence();
  for (int i = 0; i < limits::reattach_max; ++i) {
    another_stream(script);
    CHECK(script.call().state() == State::talking);
  }
  script.input(CarrierOpened{"TOKEN-9"});
  CHECK(script.ending().end_reason == "carrier_lost");
}

TEST_CASE("an operator's hang-up reaches a parked call") {
  auto script = mid_sentence();
  script.input(CarrierClosed{1006});
  script.input(OperatorHangUp{});
  CHECK(script.hang_ups_ == 1);
  CHECK(script.ending().end_reason == "operator_hung_up");
}

TEST_CASE("an agent that is lost for good while the call is parked is told to the next stream") {
  auto script = mid_sentence();
  script.input(CarrierClosed{1006});
  script.voice("error fatal E0100");
  CHECK(script.call().state() == State::parked);
  another_stream(script);
  CHECK(script.call().end_reason() == EndReason::voice_refused);
}

TEST_CASE("T18: a carrier that floods is cut off, one that catches up is not") {
  CallScript catches_up;
  catches_up.talking();
  for (int i = 0; i < 400; ++i)
    catches_up.carrier(fmt::format("media {} {} 160", i + 2, 120 + 20 * i));
  CHECK_FALSE(catches_up.call().has_ended());
  CallScript stalled;
  stalled.talking();
  stalled.speak(10);
  stalled.pass(20s);
  for (int i = 0; i < 1000; ++i)
    stalled.carrier(fmt::format("media {} {} 160", i + 20, 400 + 20 * i));
  CHECK_FALSE(stalled.call().has_ended());
  CallScript floods;
  floods.talking();
  for (int i = 0; i < 500; ++i) floods.carrier(fmt::format("media {} {} 160", i + 2, 120 + 20 * i));
  CHECK(floods.ending().end_reason == "carrier_protocol");
  CHECK(floods.closes_.back().code == 1008);
}

TEST_CASE(
    "T19: a carrier that does not read has its stale audio dropped, and is given up after 10 s") {
  auto script = mid_sentence();
  script.carrier_outbox_bytes = 13 * 1024;
  script.speak(1);
  CHECK(script.sent(Leg::carrier, "clear") == 1);
  CHECK(script.drops_ == 1);
  const auto sent = script.agent_bytes_sent();
  script.speak(100);
  CHECK(script.agent_bytes_sent() == sent);
  script.carrier_outbox_bytes = 0;
  script.speak(1);
  CHECK(script.agent_bytes_sent() > sent);
  script.carrier_outbox_bytes = 13 * 1024;
  script.speak(505);
  CHECK(script.ending().end_reason == "carrier_stalled");
}

TEST_CASE("T16: a stop ends the call and closes the socket from our side") {
  auto script = mid_sentence();
  script.carrier("stop");
  CHECK(script.ending().end_reason == "caller_hung_up");
  CHECK(script.closes_.back().leg == Leg::carrier);
  CHECK(script.closes_.back().code == 1000);
}

TEST_CASE("T29: marks that never come back change nothing that anybody hears") {
  CallScript script;
  script.talking();
  script.voice("assistant u1 A long story");
  script.voice("audio u1 0 50000");
  script.voice("turn_end");
  script.speak(2600);
  const auto heard = script.records<core::TranscriptHeard>();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].heard_ms == 50000);
}

TEST_CASE("T30: a caller who hangs up during the handshake leaves no agent behind, at any moment") {
  for (auto wait = 0ms; wait <= 3000ms; wait += 10ms) {
    CallScript script;
    script.input(CarrierOpened{"TOKEN-1"});
    script.carrier("connected");
    script.carrier("start CALL-1 TOKEN-1 ACCOUNT-1");
    script.pass(wait / 2);
    script.input(VoiceOpened{});
    script.pass(wait / 2);
    script.carrier("stop");
    REQUIRE(script.call().has_ended());
    const auto closed =
        std::count_if(script.closes_.begin(), script.closes_.end(),
                      [](const CloseLeg& close) { return close.leg == Leg::voice; });
    REQUIRE(closed == static_cast<long>(script.opens_.size()));
  }
}

TEST_CASE("the caller is put through with what they said last, after the agent's last words") {
  CallSettings settings;
  settings.transfer_to = core::PhoneNumber("+15555550199");
  CallScript script(settings);
  script.talking();
  script.voice("user I want to talk to a person");
  script.voice("tool t1 transfer {}");
  CHECK(script.sent(Leg::voice, "tool_ok t1") == 1);
  script.voice("assistant u1 One moment");
  script.voice("audio u1 0 1000");
  script.voice("turn_end");
  script.speak(40);
  CHECK(script.transfers_.empty());
  script.speak(40);
  REQUIRE(script.transfers_.size() == 1);
  CHECK(script.transfers_[0].to == core::PhoneNumber("+15555550199"));
  CHECK(script.transfers_[0].whisper == "I want to talk to a person");
  CHECK(script.ending().end_reason == "transferred");
  CHECK(script.hang_ups_ == 0);
}

TEST_CASE("an agent with nobody to transfer to is told so") {
  CallScript script;
  script.talking();
  script.voice("tool t1 transfer {}");
  CHECK(script.sent(Leg::voice, "tool_error t1") == 1);
}

TEST_CASE("E24: a tool call that comes twice is answered once, an unknown one politely") {
  CallScript script;
  script.talking();
  script.voice("tool t1 launch_missiles {not json");
  script.voice("tool t1 launch_missiles {not json");
  CHECK(script.sent(Leg::voice, "tool_error t1") == 1);
  script.voice("hang_up");
  script.voice("audio u1 0 100");
  script.voice("turn_end");
  script.pass(3s);
  script.voice("tool t2 find_slot {}");
  CHECK(script.sent(Leg::voice, "tool_error t2") == 0);
}

TEST_CASE("an operator's transfer of a call that nobody is on is refused in the record") {
  CallScript script;
  script.input(OperatorTransfer{core::PhoneNumber("+15555550188"), ""});
  CHECK(script.transfers_.empty());
  CHECK(script.events("operator_transfer_refused") == 1);
}

TEST_CASE("an operator transfers with a note") {
  auto script = mid_sentence();
  script.input(OperatorTransfer{core::PhoneNumber("+15555550188"), "An angry guest"});
  REQUIRE(script.transfers_.size() == 1);
  CHECK(script.transfers_[0].whisper == "An angry guest");
}

TEST_CASE("a farewell that comes after the announced hang-up is played to its end") {
  CallScript script;
  script.talking();
  script.voice("audio u1 0 200");
  script.voice("turn_end");
  script.speak(50);
  script.voice("hang_up");
  script.speak(30);
  script.voice("assistant u2 Goodbye then");
  script.voice("audio u2 0 2000");
  script.voice("turn_end");
  script.speak(95);
  CHECK(script.hang_ups_ == 0);
  script.speak(30);
  CHECK(script.hang_ups_ == 1);
  CHECK(script.records<core::TranscriptHeard>().back().heard_ms == 2000);
}

TEST_CASE("an agent that announces the end and says nothing more does not keep the line open") {
  CallScript script;
  script.talking();
  script.voice("hang_up");
  script.speak(250);
  CHECK(script.hang_ups_ == 1);
}

TEST_CASE("a frame of the caller never disturbs what another socket of the call left behind") {
  auto script = mid_sentence();
  script.speak(10, loud);
  script.input(CarrierClosed{1006});
  another_stream(script);
  script.pass(5s);
  CHECK(script.records<core::TranscriptHeard>().back().heard_ms == 3000);
}

}  // namespace tandem::call::test
