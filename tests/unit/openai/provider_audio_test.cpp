// The media path of RealtimeProvider.
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "codec/g711.hpp"
#include "tests/unit/openai/realtime_talk.hpp"

using namespace tandem;
using namespace tandem::openai::test;
using std::chrono::milliseconds;

namespace {

std::vector<std::int16_t> tone(int rate, int ms, double level = 8000) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(rate * ms / 1000));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    samples[i] = static_cast<std::int16_t>(level * std::sin(1885 * t));
  }
  return samples;
}

Bytes as_pcm(const std::vector<std::int16_t>& samples) {
  Bytes bytes(samples.size() * 2);
  std::memcpy(bytes.data(), samples.data(), bytes.size());
  return bytes;
}

Bytes as_ulaw(const std::vector<std::int16_t>& samples) {
  Bytes bytes(samples.size());
  codec::ulaw_encode(samples, bytes);
  return bytes;
}

/// Hears one delta and answers its samples.
std::vector<std::int16_t> samples_of(Talk& talk, const std::string& delta, int rate) {
  talk.hear(delta);
  const auto audio = talk.only<call::VoiceAudio>();
  CHECK(audio.sample_rate_hz == rate);
  return {audio.samples.begin(), audio.samples.end()};
}

std::string usage(int audio_tokens) {
  return R"(,"usage":{"output_token_details":{"audio_tokens":)" + std::to_string(audio_tokens) +
         "}}";
}

std::string heard(Talk& talk, const std::string& utterance, int heard_ms, int length_ms) {
  return encoded([&](std::string& out) {
    talk.provider.encode_heard(utterance, milliseconds(heard_ms), milliseconds(length_ms), out);
  });
}

/// What caller audio becomes for a session in PCM.
std::vector<std::int16_t> pcm_sent(Talk& talk, const Bytes& ulaw) {
  const auto text = encoded([&](std::string& out) { talk.provider.encode_audio(ulaw, out); });
  const auto data = value_of(text, "audio");
  Bytes room(codec::decoded_size_max(data.size()));
  const auto decoded = codec::base64_decode(data, room);
  REQUIRE(decoded);
  std::vector<std::int16_t> samples(decoded.size / 2);
  std::memcpy(samples.data(), room.data(), decoded.size);
  return samples;
}

}  // namespace

TEST_CASE("caller audio goes to OpenAI as the bytes it came in", "[openai]") {
  Talk talk;
  const Bytes ulaw = as_ulaw(tone(8000, 20));
  std::string expected = R"({"type":"input_audio_buffer.append","audio":")";
  codec::base64_encode(ulaw, expected);
  expected += "\"}";
  CHECK(encoded([&](std::string& out) { talk.provider.encode_audio(ulaw, out); }) == expected);
  CHECK(encoded([&](std::string& out) { talk.provider.encode_audio({}, out); }).empty());
}

TEST_CASE("agent audio comes as samples at 8 kHz, counted per item", "[openai]") {
  Talk talk;
  const auto wave = tone(8000, 40);
  const Bytes ulaw = as_ulaw(wave);
  const auto samples = samples_of(talk, audio_delta("a1", ulaw), 8000);
  REQUIRE(samples.size() == ulaw.size());
  for (std::size_t i = 0; i < samples.size(); ++i) CHECK(samples[i] == codec::ulaw_decode(ulaw[i]));
  CHECK(talk.only<call::VoiceAudio>().utterance == "a1");
  CHECK(talk.only<call::VoiceAudio>().index == 0);
  talk.hear(audio_delta("a1", Bytes(7, 0x55)));  // any length
  CHECK(talk.only<call::VoiceAudio>().index == 1);
  CHECK(talk.only<call::VoiceAudio>().samples.size() == 7);
  talk.hear(audio_delta("a1", Bytes(7, 0x55), "resp_1", 1));  // a second part speaks on
  CHECK(talk.only<call::VoiceAudio>().index == 2);
  talk.hear(audio_delta("a2", ulaw));
  CHECK(talk.only<call::VoiceAudio>().index == 0);
}

TEST_CASE("E17: audio that is no base64 is a defect, and the next piece follows the last",
          "[openai]") {
  Talk talk;
  talk.hear(audio_delta("a1", frames(1)));
  for (const std::string data : {"****", "A", "AA A", "AAAA====", "AA\\nAA"}) {
    talk.hear(R"({"type":"response.output_audio.delta","response_id":"resp_1","item_id":"a1",)"
              R"("delta":")" +
              data + "\"}");
    CHECK(talk.only<call::VoiceDefect>().why == "base64");
    CHECK(talk.none<call::VoiceAudio>());
  }
  CHECK(talk.hear(audio_delta("a1", {})).empty());
  talk.hear(audio_delta("a1", frames(1)));
  CHECK(talk.only<call::VoiceAudio>().index == 1);
}

TEST_CASE("a session that says PCM is understood, in both directions, and told once", "[openai]") {
  Talk talk;
  talk.provider.open(false);
  talk.hear_all({Talk::created, Talk::updated("audio/pcm", "audio/pcm")});
  CHECK(talk.only<call::VoiceDefect>().why == "pcm_fallback");
  CHECK(talk.all<call::VoiceReady>().size() == 1);
  const auto wave = tone(24000, 20);
  CHECK(samples_of(talk, audio_delta("a1", as_pcm(wave)), 24000) == wave);
  CHECK(talk.none<call::VoiceDefect>());

  // Caller audio: three samples for one, on the line from the last to the next.
  const Bytes loud = as_ulaw(tone(8000, 20));
  const auto sent = pcm_sent(talk, loud);
  REQUIRE(sent.size() == 3 * loud.size());
  for (std::size_t i = 0; i < loud.size(); ++i)
    CHECK(sent[3 * i + 2] == codec::ulaw_decode(loud[i]));
  CHECK(sent[4] == sent[2] + (sent[5] - sent[2]) * 2 / 3);
  CHECK(pcm_sent(talk, Bytes(7, 0xFF)).size() == 21);
  CHECK(pcm_sent(talk, Bytes(1000, 0xFF)).size() == 3000);
}

TEST_CASE("a session that promises mu-law and sends PCM is found out by its sound", "[openai]") {
  Talk talk;
  const auto wave = tone(24000, 40);
  talk.hear(audio_delta("a1", as_pcm(wave)));
  CHECK(talk.only<call::VoiceDefect>().why == "pcm_fallback");
  CHECK(talk.only<call::VoiceAudio>().sample_rate_hz == 24000);
  CHECK(talk.only<call::VoiceAudio>().samples.size() == wave.size());
  // What we send stays mu-law: the session confirmed that.
  CHECK_FALSE(
      encoded([&](std::string& out) { talk.provider.encode_audio(frames(1), out); }).empty());
  talk.hear(audio_delta("a1", as_pcm(wave)));
  CHECK(talk.none<call::VoiceDefect>());
}

TEST_CASE("a session that sends PCM is found out by its weight where its sound tells nothing",
          "[openai]") {
  Talk talk;
  talk.hear(audio_delta("a1", Bytes(48 * 1000, 0xFE)));
  CHECK(talk.only<call::VoiceAudio>().sample_rate_hz == 8000);
  talk.hear(response_done("resp_1", "completed", usage(20)));
  CHECK(talk.only<call::VoiceDefect>().why == "pcm_fallback");
  talk.hear(audio_delta("a2", Bytes(480, 0xFE), "resp_2"));
  CHECK(talk.only<call::VoiceAudio>().sample_rate_hz == 24000);
}

TEST_CASE("the weight of a whole answer overrules its sound, that of a cut one does not",
          "[openai]") {
  Talk talk;
  talk.hear(audio_delta("a1", as_pcm(tone(24000, 40))));
  talk.hear(response_done("resp_1", "cancelled", usage(200)));
  talk.hear(audio_delta("a2", frames(50), "resp_2"));
  CHECK(talk.only<call::VoiceAudio>().sample_rate_hz == 24000);
  talk.hear(response_done("resp_2", "completed", usage(20)));
  talk.hear(audio_delta("a3", frames(1), "resp_3"));
  CHECK(talk.only<call::VoiceAudio>().sample_rate_hz == 8000);
}

TEST_CASE("the two halves of a PCM sample may come in two messages", "[openai]") {
  Talk talk;
  talk.provider.open(false);
  talk.hear_all({Talk::created, Talk::updated("audio/pcmu", "audio/pcm")});
  const std::vector<std::int16_t> wave = {1, -2, 300, -400};
  const Bytes bytes = as_pcm(wave);
  std::vector<std::int16_t> all;
  std::size_t at = 0;
  for (const std::size_t length : {3U, 1U, 1U, 3U}) {
    const auto part = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    talk.hear(audio_delta("a1", Bytes(part, part + static_cast<std::ptrdiff_t>(length))));
    for (const auto& audio : talk.all<call::VoiceAudio>())
      all.insert(all.end(), audio.samples.begin(), audio.samples.end());
    at += length;
  }
  CHECK(all == wave);
}

TEST_CASE("a session in a format nobody asked for is given up", "[openai]") {
  Talk talk;
  talk.provider.open(false);
  talk.hear_all({Talk::created, Talk::updated("audio/pcmu", "audio/pcma")});
  CHECK(talk.all<call::VoiceError>()[0].severity == call::VoiceSeverity::fatal);
}

TEST_CASE("the agent is told how much of its words was heard", "[openai]") {
  Talk talk;
  talk.hear(audio_delta("a1", frames(50)));  // a second
  const auto message = heard(talk, "a1", 480, 1000);
  CHECK(message == R"({"type":"conversation.item.truncate","item_id":"a1",)"
                   R"("content_index":0,"audio_end_ms":480})");
  CHECK(heard(talk, "a1", 480, 1000).empty());  // once
  talk.hear(audio_delta("a1", frames(1)));
  CHECK(talk.none<call::VoiceAudio>());  // what still comes of it was cut off
}

TEST_CASE("words of which nothing was heard are taken back, words heard to the end are left",
          "[openai]") {
  Talk talk;
  talk.hear_all({audio_delta("a1", frames(50)), audio_delta("a2", frames(50), "resp_2", 1)});
  CHECK(heard(talk, "a1", 1000, 1000).empty());
  CHECK(heard(talk, "a1", 5200, 6000).empty());  // more than ever came
  CHECK(heard(talk, "a1", 0, 1000) == R"({"type":"conversation.item.delete","item_id":"a1"})");
  CHECK(value_of(heard(talk, "a2", 20, 1000), "type") == "conversation.item.truncate");
  CHECK(heard(talk, "bridge:one_moment", 20, 1000).empty());
  CHECK(heard(talk, "", 20, 1000).empty());
  talk.reopen();
  CHECK(heard(talk, "a2", 20, 1000).empty());  // of a session that is gone
}

TEST_CASE("the part of an item that speaks is the one cut short", "[openai]") {
  Talk talk;
  talk.hear(audio_delta("a1", frames(50), "resp_1", 2));
  CHECK(heard(talk, "a1", 100, 1000).find(R"("content_index":2)") != std::string::npos);
}

TEST_CASE("how long PCM words are is counted at their own rate", "[openai]") {
  Talk talk;
  talk.provider.open(false);
  talk.hear_all({Talk::created, Talk::updated("audio/pcmu", "audio/pcm")});
  talk.hear(audio_delta("a1", as_pcm(tone(24000, 500))));
  CHECK(heard(talk, "a1", 500, 600).empty());
  CHECK_FALSE(heard(talk, "a1", 499, 600).empty());
}
