// What broken or hostile wires do to a call, by the ids of the fault catalogue
// (tests/tidy/faults.txt).
#include "bridge/call/call.hpp"
#include "tests/unit/call/call_script.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call::test {

TEST_CASE("T01: five malformed messages within ten seconds close the stream with 1008") {
  CallScript script;
  script.talking();
  for (int i = 0; i < 4; ++i) script.carrier("bad");
  CHECK_FALSE(script.call().has_ended());
  script.carrier("bad");
  REQUIRE(script.call().has_ended());
  CHECK(script.ending().end_reason == "carrier_protocol");
  REQUIRE_FALSE(script.closes_.empty());
  CHECK(script.closes_.back().code == 1008);
}

TEST_CASE("T01: malformed messages spread over time only count") {
  CallScript script;
  script.talking();
  for (int i = 0; i < 20; ++i) {
    script.carrier("bad");
    script.pass(3s);
  }
  CHECK_FALSE(script.call().has_ended());
}

TEST_CASE("T02: an unknown event changes nothing") {
  CallScript script;
  script.talking();
  script.carrier("surprise");
  CHECK(script.call().state() == State::talking);
}

TEST_CASE("T03: a binary frame closes the stream with 1003") {
  CallScript script;
  script.talking();
  script.input(CarrierBinary{});
  CHECK(script.ending().end_reason == "carrier_protocol");
  CHECK(script.closes_.back().code == 1003);
}

TEST_CASE("T04: a stream closed for an oversize message ends as a protocol error") {
  CallScript script;
  script.talking();
  script.input(CarrierClosed{1009});
  CHECK(script.ending().end_reason == "carrier_protocol");
}

TEST_CASE("T05: no start within five seconds closes the stream with 1008") {
  CallScript script;
  script.input(CarrierOpened{"TOKEN-1"});
  script.pass(4900ms);
  CHECK_FALSE(script.call().has_ended());
  script.pass(200ms);
  CHECK(script.ending().end_reason == "no_start");
  CHECK(script.closes_.back().code == 1008);
}

TEST_CASE("T06: media before start closes the stream and nothing reaches the agent") {
  CallScript script;
  script.ready();
  script.input(CarrierOpened{"TOKEN-1"});
  script.carrier("media 1 100 160");
  CHECK(script.ending().end_reason == "carrier_protocol");
  CHECK(script.ending().audio.caller_frames_sent == 0);
  CHECK(script.closes_.back().code == 1008);
}

TEST_CASE("T07: a second start changes nothing unless it names another call") {
  CallScript script;
  script.talking();
  script.carrier("start CALL-1 TOKEN-1 ACCOUNT-1");
  CHECK(script.call().state() == State::talking);
  script.carrier("start CALL-2 TOKEN-1 ACCOUNT-1");
  CHECK(script.ending().end_reason == "wrong_call");
}

TEST_CASE("T10: a wrong or missing token ends the stream at once and no audio reaches the agent") {
  for (const auto* start : {"start CALL-1 TOKEN-2 ACCOUNT-1", "start CALL-1"}) {
    CallScript script;
    script.ready();
    script.input(CarrierOpened{"TOKEN-1"});
    script.carrier(start);
    CHECK(script.call().has_ended());
    CHECK(script.closes_.back().code == 1008);
    CHECK(script.ending().audio.caller_frames_sent == 0);
  }
}

TEST_CASE("T11: a token of one call on another call is refused as token_call_mismatch") {
  CallScript script;
  script.input(CarrierOpened{"TOKEN-1"});
  script.carrier("start CALL-2 TOKEN-1 ACCOUNT-1");
  CHECK(script.ending().end_reason == "wrong_call");
  CHECK(script.closes_.back().reason == "token_call_mismatch");
}

TEST_CASE("T23: an unreadable payload is concealed by 20 ms of silence") {
  CallScript script;
  script.talking();
  script.speak(2);
  for (int i = 0; i < 10; ++i) script.carrier("bad_payload");
  CHECK(script.sent(Leg::voice, "audio 160") == 12);
  CHECK_FALSE(script.call().has_ended());
}

TEST_CASE("T24: payloads of any size become whole frames") {
  CallScript script;
  script.talking();
  script.carrier("media 2 100 0");
  script.carrier("media 3 100 1");
  script.carrier("media 4 100 8000");
  CHECK(script.sent(Leg::voice, "audio 160") + script.sent(Leg::voice, "audio") > 0);
  script.speak(60);
  script.carrier("stop");
  const auto audio = script.ending().audio;
  CHECK(audio.caller_frames_in == 110);
  CHECK(audio.caller_frames_in == audio.caller_frames_sent + audio.caller_frames_dropped);
}

TEST_CASE("E16: a chunk that cannot be read is noted and the session goes on") {
  CallScript script;
  script.talking();
  script.voice("defect wav_no_data");
  script.voice("audio u1 0 100");
  CHECK(script.events("voice_defect") == 1);
  CHECK(script.agent_bytes_sent() == 800);
}

TEST_CASE("E17: an undecodable provider message is counted and the session goes on") {
  CallScript script;
  script.talking();
  script.voice("bad");
  CHECK(script.call().state() == State::talking);
  CHECK(script.counts_.size() == 1);
}

TEST_CASE("another medium than mu-law is refused") {
  CallScript script;
  script.input(CarrierOpened{"TOKEN-1"});
  script.carrier("start CALL-1 TOKEN-1 ACCOUNT-1");
  CHECK_FALSE(script.call().has_ended());
  CallScript other;
  other.input(CarrierOpened{"TOKEN-1"});
  other.carrier("start CALL-1 TOKEN-1 opus");
  CHECK(other.call().has_ended());
}

}  // namespace tandem::call::test
