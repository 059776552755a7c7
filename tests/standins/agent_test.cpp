#include "evi_dialogue.hpp"
#include "evi_messages.hpp"
#include "evi_reply.hpp"
#include "gemini_verdict.hpp"
#include "tests/unit/catch.hpp"

namespace {

using namespace tandem::standins;

const SpeechData& speech() {
  static const SpeechData data(TANDEM_STANDINS_DATA);
  return data;
}

// Feeds a caller clip in 20 ms pieces and gives the utterance's levels.
std::vector<double> levels_of(const std::string& clip, double gain) {
  SpeechDetector detector({}, 8000);
  Samples samples = ulaw_decode(speech().caller_clip(clip));
  for (std::int16_t& sample : samples) sample = static_cast<std::int16_t>(sample * gain);
  samples.insert(samples.begin(), 4000, 0);
  samples.resize(samples.size() + 8000, 0);
  for (std::size_t at = 0; at + 160 <= samples.size(); at += 160) {
    for (auto& event : detector.push(std::span(samples).subspan(at, 160))) {
      if (event.kind == SpeechDetector::Event::Kind::ended) return event.levels;
    }
  }
  return {};
}

TEST_CASE("every caller line is one utterance and is recognised, also when it is quieter") {
  const Recogniser recogniser(speech());
  for (const auto& [name, codes] : speech().caller_clips()) {
    INFO(name);
    CHECK(recogniser.recognise(levels_of(name, 1.0)) == name);
    CHECK(recogniser.recognise(levels_of(name, 0.5)) == name);
  }
}

TEST_CASE("a dialogue that is told of an earlier talk goes on with the answer that is owed") {
  const Recogniser recogniser(speech());
  const std::string asked = "You: How can I help?\nCaller: Hi, I'd like to book a check-up for";
  Dialogue owing(speech(), recogniser, "booking");
  CHECK_FALSE(owing.told("You: How can I help?"));
  CHECK(owing.told(asked));
  CHECK(owing.answer().clips.at(0) == "offer_1");
  CHECK_FALSE(owing.told(asked));  // it has spoken itself since

  Dialogue answered(speech(), recogniser, "booking");
  CHECK(answered.told(asked + " Thursday.\nYou: I have twenty past ten. Which suits you?"));
  CHECK(answered.answer().clips.at(0) == "confirm_1");
}

TEST_CASE("the booking dialogue answers each line in order and hangs up at the end") {
  const Recogniser recogniser(speech());
  Dialogue dialogue(speech(), recogniser, "booking");
  CHECK(dialogue.hear(levels_of("book", 1)).text ==
        "Hi, I'd like to book a check-up for Thursday.");
  CHECK(dialogue.answer().clips == std::vector<std::string>{"offer_1", "offer_2"});
  dialogue.hear(levels_of("pick", 1));
  CHECK(dialogue.answer().clips.at(0) == "confirm_1");
  dialogue.hear(levels_of("thanks", 1));
  CHECK(dialogue.answer().hang_up);
}

TEST_CASE("a line of another scenario moves the dialogue there") {
  const Recogniser recogniser(speech());
  Dialogue dialogue(speech(), recogniser, "booking");
  dialogue.hear(levels_of("saturday", 1));
  CHECK(dialogue.scenario() == "not_booked");
  CHECK(dialogue.answer().clips.at(0) == "closed_1");
}

TEST_CASE("a client message with an unknown key, a wrong type or a missing key is refused") {
  CHECK(client_message_problem(parse_object(R"({"type":"audio_input","data":"AAA="})")).empty());
  CHECK(client_message_problem(parse_object(R"({"type":"session_settings","context":null})"))
            .empty());
  for (const char* bad :
       {R"({"type":"audio_input"})", R"({"type":"audio_input","data":1})", R"({"type":"audio"})",
        R"({"type":"audio_input","data":"","x":1})",
        R"({"type":"session_settings","audio":{"format":"linear16","sample_rate":8000,)"
        R"("channels":1}})",
        R"({"type":"session_settings","audio":{"encoding":"mulaw","sample_rate":8000,)"
        R"("channels":1}})",
        R"({"type":"session_settings","audio":{"encoding":"linear16","sample_rate":"8000",)"
        R"("channels":1}})"}) {
    INFO(bad);
    CHECK_FALSE(client_message_problem(parse_object(bad)).empty());
  }
}

TEST_CASE("bracketed settings of the query become one settings message") {
  const json::object settings =
      settings_of_query({{"config_id", "x"},
                         {"session_settings[audio][encoding]", "linear16"},
                         {"session_settings[audio][sample_rate]", "8000"},
                         {"session_settings[audio][channels]", "1"},
                         {"session_settings[custom_session_id]", "call-1"}});
  CHECK(client_message_problem(settings).empty());
  CHECK(settings.at("audio").at("sample_rate") == 8000);
}

TEST_CASE("the chunks of a reply hold the whole sentence once, each a WAV file of its own") {
  EviSettings settings;
  const auto sound = speech().agent_clip("confirm_1", settings.rate);
  const Reply reply = plan_reply({{"id", "text", false, sound}}, settings, 4, true, TimePoint());
  std::size_t next = 0;
  for (const ReplyPart& part : reply.parts) {
    if (part.kind != ReplyPart::Kind::audio) continue;
    CHECK(part.first_sample == next);
    next += part.samples;
  }
  CHECK(next == sound->size());
  CHECK(reply.parts.back().kind == ReplyPart::Kind::hang_up);
  CHECK(read_wav(wav_chunk(*sound, 48000, "")).samples == *sound);
}

TEST_CASE("the verdict quotes both sides word for word") {
  const auto lines = read_transcript(
      "Transcript between the markers, one turn a line.\n<<<T\n[3] assistant: I have two times. "
      "Which suits you?\n"
      "[4] caller: Twenty past ten, please.\n[5] assistant (cut off, the caller heard only about "
      "the first 80 % of this): "
      "You're booked for Thursday at 10:20. See you then.\nT>>>");
  REQUIRE(lines.size() == 3);
  const json::object verdict = verdict_on(lines);
  CHECK(verdict.at("outcome") == "booked");
  CHECK(verdict.at("evidence").at(0).at("quote") == "Twenty past ten, please.");
  CHECK(verdict.at("evidence").at(1).at("turn") == 5);
  CHECK(verdict.at("evidence").at(1).at("quote") == "You're booked for Thursday at 10:20.");
}

TEST_CASE("a booking that the caller never heard is none") {
  const auto lines = read_transcript(
      "[1] caller: Twenty past ten, please.\n"
      "[2] assistant (cut off, the caller heard nothing of this): You're booked for Thursday.\n");
  CHECK(verdict_on(lines).at("outcome") == "not_booked");
}

}  // namespace
