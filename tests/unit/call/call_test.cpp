#include "bridge/call/call.hpp"

#include "tests/unit/call/call_script.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call::test {

namespace {
constexpr int loud = 0x10;  // about -6 dBFS in mu-law
}  // namespace

TEST_CASE("a new call dials its voice leg and writes its first record before any input") {
  CallScript script;
  CHECK(script.opens_.size() == 1);
  CHECK(script.records<core::CallStarted>().size() == 1);
  CHECK(script.call().state() == State::announced);
}

TEST_CASE("the agent's greeting waits for the stream and plays without a gap") {
  CallScript script;
  script.ready();
  script.voice("assistant u1 Hello there");
  script.voice("audio u1 0 400");
  script.voice("turn_end");
  CHECK(script.agent_bytes_sent() == 0);
  script.pass(3s);
  script.open_stream();
  CHECK(script.call().state() == State::talking);
  CHECK(script.agent_bytes_sent() == 1600);  // the lead of 200 ms leaves at once
  script.pass(1s);
  CHECK(script.agent_bytes_sent() == 3200);
  const auto heard = script.records<core::TranscriptHeard>();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].audio_ms == 400);
  CHECK(heard[0].heard_ms == 400);
}

TEST_CASE("every caller frame goes to the agent at once") {
  CallScript script;
  script.talking();
  script.speak(50);
  CHECK(script.sent(Leg::voice, "audio 160") == 50);
  script.carrier("stop");
  CHECK(script.ending().audio.caller_frames_in == 50);
  CHECK(script.ending().audio.caller_frames_sent == 50);
  CHECK(script.ending().audio.caller_frames_dropped == 0);
  CHECK(script.ending().end_reason == "caller_hung_up");
}

TEST_CASE("caller audio before the agent is ready is held and sent in order") {
  CallScript script;
  script.open_stream();
  script.speak(40);
  CHECK(script.sent(Leg::voice, "audio") == 0);
  script.ready();
  script.speak(10);
  CHECK(script.sent(Leg::voice, "audio") == 50);
}

TEST_CASE("a slow voice leg makes old caller audio drop, and every frame stays accounted for") {
  CallScript script;
  script.talking();
  script.voice_outbox_bytes = 1 << 20;
  script.speak(100);
  script.carrier("stop");
  const auto audio = script.ending().audio;
  CHECK(audio.caller_frames_in == 100);
  CHECK(audio.caller_frames_sent == 0);
  CHECK(audio.caller_frames_dropped == 100);
}

TEST_CASE("silence by clock reaches the agent while the line is quiet") {
  CallScript script;
  script.talking();
  script.pass(1s);
  const auto frames = script.sent(Leg::voice, "audio 160");
  CHECK(frames >= 47);
  CHECK(frames <= 50);
  script.carrier("stop");
  CHECK(script.ending().audio.caller_frames_in == 0);
  CHECK(script.ending().audio.silence_frames_sent == frames);
}

TEST_CASE("an interruption by the agent's verdict clears the line in the same drain") {
  CallScript script;
  script.talking();
  script.voice("assistant u1 A long story");
  script.voice("audio u1 0 4000");
  script.pass(1s);
  const auto before = script.sends_.size();
  script.voice("interrupted");
  REQUIRE(script.sends_.size() > before);
  CHECK(script.sends_[before].text == "clear");
  CHECK(script.drops_ == 1);
  const auto bytes = script.agent_bytes_sent();
  script.voice("audio u1 1 1000");  // E19: late audio of the dead utterance
  script.pass(2s);
  CHECK(script.agent_bytes_sent() == bytes);
  const auto heard = script.records<core::TranscriptHeard>();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].audio_ms == 4000);
  CHECK(heard[0].heard_ms >= 980);
  CHECK(heard[0].heard_ms <= 1020);
  CHECK(script.events("barge_in") == 1);
}

TEST_CASE("the agent's next utterance plays after an interruption") {
  CallScript script;
  script.talking();
  script.voice("audio u1 0 2000");
  script.voice("interrupted");
  const auto bytes = script.agent_bytes_sent();
  script.voice("audio u2 0 200");
  script.voice("turn_end");
  script.pass(1s);
  CHECK(script.agent_bytes_sent() == bytes + 1600);
}

TEST_CASE("words of the caller cut a finished turn that still plays, a backchannel does not") {
  for (const bool is_cut_in : {true, false}) {
    CallScript script;
    script.talking();
    script.voice("audio u1 0 4000");
    script.voice("turn_end");
    script.pass(500ms);
    script.voice(is_cut_in ? "interim wait a moment" : "interim uh-huh");
    CHECK(script.sent(Leg::carrier, "clear") == (is_cut_in ? 1 : 0));
  }
}

TEST_CASE("the agent's hang-up lets its last words play, then ends the phone call") {
  CallScript script;
  script.talking();
  script.voice("assistant u1 Goodbye");
  script.voice("audio u1 0 1000");
  script.voice("hang_up");
  script.voice("turn_end");
  script.input(VoiceClosed{1000, ""});
  script.pass(900ms);
  CHECK(script.hang_ups_ == 0);
  script.pass(500ms);
  CHECK(script.hang_ups_ == 1);
  CHECK(script.agent_bytes_sent() == 8000);
  script.carrier("stop");
  CHECK(script.ending().end_reason == "agent_hung_up");
  CHECK_FALSE(script.call().deadline().has_value());
}

TEST_CASE("a hang-up that the carrier never confirms still ends the call") {
  CallScript script;
  script.talking();
  script.input(OperatorHangUp{});
  script.pass(10s);
  CHECK(script.hang_ups_ == 1);
  CHECK(script.call().has_ended());
  CHECK(script.ending().end_reason == "operator_hung_up");
}

TEST_CASE("a lost voice leg is dialled again and resumes") {
  CallScript script;
  script.talking();
  script.input(VoiceClosed{1006, ""});
  CHECK(script.call().state() == State::connecting);
  script.pass(1ms);
  REQUIRE(script.opens_.size() == 2);
  CHECK(script.opens_[1].endpoint.url.target == "/?resume=1");
  script.speak(10);
  script.ready();
  CHECK(script.call().state() == State::talking);
  CHECK(script.sent(Leg::voice, "audio 160") == 10);
}

TEST_CASE("a voice provider that cannot be reached gives the call back to the carrier") {
  CallScript script;
  script.open_stream();
  for (int i = 0; i < 4; ++i) {
    script.input(VoiceUnreachable{503, "upgrade"});
    script.pass(2s);
  }
  CHECK(script.call().has_ended());
  CHECK(script.ending().end_reason == "voice_unavailable");
  CHECK(script.hang_ups_ ==
        0);  // the carrier asks what to do next and gets an apology or a transfer
}

TEST_CASE("refused credentials are not tried again") {
  CallScript script;
  script.input(VoiceUnreachable{401, "upgrade"});
  script.pass(5s);
  CHECK(script.opens_.size() == 1);
  script.open_stream();
  script.pass(1s);
  CHECK(script.ending().end_reason == "voice_refused");
}

TEST_CASE("a provider that never becomes ready runs into the attempt's time-out") {
  CallScript script;
  script.open_stream();
  script.input(VoiceOpened{});
  script.pass(60s);
  CHECK(script.opens_.size() == 4);
  CHECK(script.call().has_ended());
}

TEST_CASE("a provider lost for good ends the call as voice_lost") {
  CallScript script;
  script.talking();
  script.input(VoiceClosed{1006, ""});
  for (int i = 0; i < 6 && !script.call().has_ended(); ++i) {
    script.pass(1100ms);
    script.input(VoiceUnreachable{0, "connect"});
  }
  script.pass(1s);
  CHECK(script.ending().end_reason == "voice_lost");
}

TEST_CASE("a provider that keeps losing its session is given up") {
  CallScript script;
  script.talking();
  for (int i = 0; i < 6; ++i) {
    REQUIRE_FALSE(script.call().has_ended());
    script.input(VoiceClosed{1006, ""});
    script.pass(1ms);
    if (!script.call().end_reason()) script.ready();
  }
  script.pass(1s);
  CHECK(script.ending().end_reason == "voice_lost");
}

TEST_CASE("a regular end of the provider's session ends the call") {
  CallScript script;
  script.talking();
  script.input(VoiceClosed{1000, ""});
  script.pass(5s);
  CHECK(script.hang_ups_ == 1);
  CHECK(script.ending().end_reason == "voice_ended");
}

TEST_CASE("a call that no stream ever joins ends by itself") {
  CallScript script;
  script.pass(61s);
  CHECK(script.ending().end_reason == "no_stream");
}

TEST_CASE("the hard cap ends a call whatever the agent does") {
  CallScript script(10s);
  script.talking();
  script.speak(500);
  script.pass(2s);
  CHECK(script.hang_ups_ == 1);
  script.pass(5s);
  CHECK(script.ending().end_reason == "time_limit");
}

TEST_CASE("a carrier that goes silent for half a minute is gone") {
  CallScript script;
  script.talking();
  script.pass(31s);
  CHECK(script.ending().end_reason == "carrier_lost");
}

TEST_CASE("a broken media socket ends the call as carrier_lost, an unread one as carrier_stalled") {
  CallScript lost;
  lost.talking();
  lost.input(CarrierClosed{1006});
  CHECK(lost.call().state() == State::parked);
  lost.pass(5s);
  CHECK(lost.ending().end_reason == "carrier_lost");
  CallScript stalled;
  stalled.talking();
  stalled.input(CarrierFull{});
  CHECK(stalled.ending().end_reason == "carrier_stalled");
}

TEST_CASE("a shutdown lets running calls close and ends those that never began") {
  CallScript announced;
  announced.input(ShutDown{});
  CHECK(announced.ending().end_reason == "shutdown");
  CallScript talking;
  talking.talking();
  talking.input(ShutDown{});
  talking.pass(1s);
  CHECK(talking.ending().end_reason == "shutdown");
}

TEST_CASE("a bug of ours ends this call as internal, with its final record") {
  CallScript script;
  script.talking();
  script.call().abandon(script.now());
  Output output;
  bool has_final_record = false;
  while (script.call().poll(output)) {
    const auto* write = std::get_if<WriteDown>(&output);
    if (write != nullptr && std::holds_alternative<core::CallEnded>(write->record.body))
      has_final_record = true;
  }
  CHECK(has_final_record);
  CHECK(script.call().end_reason() == EndReason::internal);
}

TEST_CASE("handling an input before the outputs were drained is a bug") {
  CallSettings settings;
  std::vector<std::unique_ptr<VoiceProvider>> voices;
  voices.push_back(std::make_unique<simulation::LineVoice>());
  Call call(std::move(settings), std::make_unique<simulation::LineCarrier>(), std::move(voices),
            core::TimePoint{}, core::WallTime{});
  CHECK_THROWS_AS(call.handle(TimerFired{}, Moment{}), core::BugError);
}

TEST_CASE("transcript entries are numbered without holes in the order in which they came") {
  CallScript script;
  script.talking();
  script.voice("assistant u1 Hello");
  script.voice("interim I would");
  script.voice("user I would like to book");
  script.voice("assistant u2 Of course");
  const auto entries = script.records<core::TranscriptEntry>();
  REQUIRE(entries.size() == 3);
  for (std::size_t i = 0; i < entries.size(); ++i)
    CHECK(entries[i].seq == static_cast<std::int32_t>(i));
  CHECK(entries[1].speaker == core::Speaker::user);
  CHECK(entries[1].text == "I would like to book");
}

TEST_CASE("what was said but never played is written down as unheard") {
  CallScript script;
  script.talking();
  script.voice("assistant u1 Nobody will hear this");
  script.carrier("stop");
  const auto heard = script.records<core::TranscriptHeard>();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].heard_ms == 0);
}

TEST_CASE("the stages of a turn add up to the audible gap") {
  CallScript script;
  script.talking();
  script.speak(20);
  script.speak(50, loud);
  script.speak(30);
  script.voice("user I would like to book");
  script.pass(200ms);
  script.voice("assistant u1 Sure");
  script.voice("audio u1 0 300");
  script.voice("turn_end");
  script.pass(1s);
  script.carrier("stop");
  const auto turns = script.ending().turns;
  REQUIRE(turns.size() == 1);
  const auto& turn = turns[0];
  CHECK(turn.gap_us == turn.to_last_audio_sent_us + turn.to_text_final_us + turn.to_first_audio_us +
                           turn.to_carrier_us + turn.to_audible_us + turn.unexplained_us);
  CHECK(turn.gap_us >= 790'000);
  CHECK(turn.gap_us <= 830'000);
  CHECK(turn.to_first_audio_us == 200'000);
}

TEST_CASE("marks that never come, come twice or come late change nothing but statistics") {
  CallScript script;
  script.talking();
  script.voice("assistant u1 Hello");
  script.voice("audio u1 0 1000");
  script.voice("turn_end");
  script.pass(600ms);
  script.carrier("mark nonsense");
  script.carrier("mark g0:99999999");
  script.carrier("mark g0:99999999");
  script.pass(2s);
  const auto heard = script.records<core::TranscriptHeard>();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].heard_ms == 1000);
}

TEST_CASE("an unknown tool gets an error, so that the agent does not wait") {
  CallScript script;
  script.talking();
  script.voice("tool tool-1 find_slot {}");
  CHECK(script.sent(Leg::voice, "tool_error tool-1") == 1);
}

TEST_CASE("operators speak, whisper and pause through the agent") {
  CallScript script;
  script.talking();
  script.input(OperatorSay{"one moment"});
  script.input(OperatorContext{"the caller is a regular"});
  script.input(OperatorPause{true});
  script.input(OperatorPause{false});
  CHECK(script.sent(Leg::voice, "say one moment") == 1);
  CHECK(script.sent(Leg::voice, "context the caller") == 1);
  CHECK(script.sent(Leg::voice, "pause") == 1);
  CHECK(script.sent(Leg::voice, "resume") == 1);
}

TEST_CASE("the state table has no way out of ended and reaches every state") {
  for (const auto& transition : transitions) CHECK(transition.from != State::ended);
  for (const auto state : {State::waiting_for_start, State::connecting, State::talking,
                           State::closing, State::ended}) {
    CHECK(std::any_of(transitions.begin(), transitions.end(),
                      [&](const Transition& t) { return t.to == state; }));
  }
  CHECK_FALSE(is_allowed(State::ended, State::talking));
}

}  // namespace tandem::call::test
