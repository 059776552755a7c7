#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "codec/base64.hpp"
#include "codec/g711.hpp"
#include "hume/provider.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Events = std::vector<call::VoiceEvent>;

void put(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void put(Bytes& out, std::string_view letters) {
  for (const char letter : letters) out.push_back(static_cast<std::uint8_t>(letter));
}

struct WavShape {
  unsigned rate = 48000;
  unsigned channels = 1;
  unsigned bits = 16;
  unsigned encoding = 1;
  bool has_data = true;
  bool extra_chunk = false;
  std::uint32_t claimed = 0;  ///< 0: the truth
};

Bytes make_wav(const std::vector<std::int16_t>& samples, const WavShape& shape = {}) {
  Bytes out;
  const auto size = static_cast<std::uint32_t>(samples.size() * 2);
  put(out, "RIFF"), put(out, 36 + size, 4), put(out, "WAVE");
  put(out, "fmt "), put(out, 16, 4), put(out, shape.encoding, 2), put(out, shape.channels, 2);
  put(out, shape.rate, 4), put(out, shape.rate * 2, 4), put(out, 2, 2), put(out, shape.bits, 2);
  if (shape.extra_chunk) put(out, "LIST"), put(out, 3, 4), put(out, 0x00636261, 4);
  if (!shape.has_data) return out;
  put(out, "data"), put(out, shape.claimed == 0 ? size : shape.claimed, 4);
  for (const std::int16_t sample : samples) put(out, static_cast<std::uint16_t>(sample), 2);
  return out;
}

std::string audio_output(const std::string& data, const std::string& id = "utt-1",
                         std::int64_t index = 0) {
  return R"({"type":"audio_output","custom_session_id":null,"id":")" + id + R"(","index":)" +
         std::to_string(index) + R"(,"data":")" + data + "\"}";
}

std::string audio_output(const Bytes& file, const std::string& id = "utt-1",
                         std::int64_t index = 0) {
  std::string data;
  codec::base64_encode(file, data);
  return audio_output(data, id, index);
}

hume::EviProvider make_provider() {
  hume::EviSettings settings;
  REQUIRE(core::parse_url("https://api.hume.ai", settings.base_url));
  return hume::EviProvider(std::make_shared<const hume::EviSettings>(settings));
}

Events feed(hume::EviProvider& provider, const std::string& text) {
  Events events;
  REQUIRE(provider.decode(text, events).ok());
  return events;
}

std::string defect_of(const Events& events) {
  REQUIRE(events.size() == 1);
  REQUIRE(std::holds_alternative<call::VoiceDefect>(events[0]));
  return std::get<call::VoiceDefect>(events[0]).why;
}

std::vector<std::int16_t> samples_of(const Events& events) {
  REQUIRE(events.size() == 1);
  REQUIRE(std::holds_alternative<call::VoiceAudio>(events[0]));
  const auto& audio = std::get<call::VoiceAudio>(events[0]);
  return {audio.samples.begin(), audio.samples.end()};
}

const std::vector<std::int16_t> ramp = {0, 1, -1, 32767, -32768, 1234, -4321, 77};

}  // namespace

TEST_CASE("agent audio keeps its samples and whatever rate its header says", "[hume]") {
  auto provider = make_provider();
  int index = 0;
  for (const unsigned rate : {48000U, 44100U, 24000U, 22050U, 16000U, 8000U}) {
    const auto events =
        feed(provider, audio_output(make_wav(ramp, {.rate = rate}), "utt-9", index));
    CHECK(samples_of(events) == ramp);
    const auto& audio = std::get<call::VoiceAudio>(events[0]);
    CHECK(audio.sample_rate_hz == static_cast<int>(rate));
    CHECK(audio.utterance == "utt-9");
    CHECK(audio.index == index++);
  }
}

TEST_CASE("E16: agent audio survives extra chunks, stereo and lying lengths", "[hume]") {
  auto provider = make_provider();
  CHECK(samples_of(feed(provider, audio_output(make_wav(ramp, {.extra_chunk = true}), "a"))) ==
        ramp);
  CHECK(samples_of(feed(provider, audio_output(make_wav(ramp, {.claimed = 0xFFFFFFFF}), "b"))) ==
        ramp);
  CHECK(samples_of(feed(provider, audio_output(make_wav({100, 300, -50, -150}, {.channels = 2}),
                                               "c"))) == std::vector<std::int16_t>{200, -100});
  Bytes odd = make_wav(ramp);
  odd.pop_back();
  CHECK(samples_of(feed(provider, audio_output(odd, "d"))) ==
        std::vector<std::int16_t>(ramp.begin(), ramp.end() - 1));
}

TEST_CASE(
    "E16: an agent chunk that is no usable WAV is a defect with its reason, and the talk goes on",
    "[hume]") {
  auto provider = make_provider();
  const auto refused = [&](const Bytes& file, const char* id) {
    return defect_of(feed(provider, audio_output(file, id)));
  };
  CHECK(refused({}, "a") == "wav_too_short");
  CHECK(refused(make_wav(ramp, {.has_data = false}), "b") == "wav_no_data");
  CHECK(refused(make_wav(ramp, {.rate = 0}), "c") == "wav_unsupported_rate");
  CHECK(refused(make_wav(ramp, {.bits = 32}), "d") == "wav_unsupported_bits");
  CHECK(refused(make_wav(ramp, {.channels = 6}), "e") == "wav_unsupported_channels");
  CHECK(refused(make_wav(ramp, {.encoding = 7}), "f") == "wav_unsupported_encoding");
  CHECK(refused(make_wav({}), "g") == "wav_empty");
  CHECK(refused(Bytes(100, 'x'), "h") == "wav_not_riff");
  CHECK(samples_of(feed(provider, audio_output(make_wav(ramp), "i"))) == ramp);
}

TEST_CASE("E17: agent audio that is not base64 is a defect, and the talk goes on", "[hume]") {
  auto provider = make_provider();
  for (const std::string data :
       {"UklGR", "UklG*A==", "UklG Rg=", "UklGRg", "\\nUklG", "UklG\\u0000A=="}) {
    INFO(data);
    CHECK(defect_of(feed(provider, audio_output(data, data))) == "base64");
  }
  CHECK(samples_of(feed(provider, audio_output(make_wav(ramp), "ok"))) == ramp);
}

TEST_CASE("gaps and repeats of the chunk index are counted, and the audio is kept", "[hume]") {
  auto provider = make_provider();
  const auto gaps = [&](const char* id, std::int64_t index) {
    const auto events = feed(provider, audio_output(make_wav(ramp), id, index));
    REQUIRE(std::holds_alternative<call::VoiceAudio>(events.back()));
    if (events.size() > 1) CHECK(std::get<call::VoiceDefect>(events[0]).why == "index_gap");
    return events.size() - 1;
  };
  CHECK(gaps("a", 0) == 0);
  CHECK(gaps("a", 1) == 0);
  CHECK(gaps("a", 3) == 1);
  CHECK(gaps("a", 4) == 0);
  CHECK(gaps("a", 4) == 1);
  CHECK(gaps("b", 0) == 0);
  CHECK(gaps("a", 5) == 0);
  // tests/fuzz/crashes/hume/index_overflow
  CHECK(gaps("c", std::numeric_limits<std::int64_t>::max()) == 1);
  CHECK(gaps("c", std::numeric_limits<std::int64_t>::min()) == 0);
  CHECK(gaps("c", 1) == 1);
  provider.open(true);
  CHECK(gaps("a", 0) == 0);
}

TEST_CASE("E19: audio that comes late after an interruption still names its dead utterance",
          "[hume]") {
  auto provider = make_provider();
  feed(provider, audio_output(make_wav(ramp), "dead", 0));
  const auto cut = feed(provider, R"({"type":"user_interruption","time":1773049512874})");
  REQUIRE(cut.size() == 1);
  CHECK(std::holds_alternative<call::VoiceInterrupted>(cut[0]));
  for (int index = 1; index < 4; ++index) {
    const auto late = feed(provider, audio_output(make_wav(ramp), "dead", index));
    REQUIRE(late.size() == 1);
    CHECK(std::get<call::VoiceAudio>(late[0]).utterance == "dead");
  }
  const auto fresh = feed(provider, audio_output(make_wav(ramp), "alive", 0));
  CHECK(std::get<call::VoiceAudio>(fresh[0]).utterance == "alive");
}

TEST_CASE("caller audio becomes little-endian linear16 in one audio_input, at any length",
          "[hume]") {
  auto provider = make_provider();
  for (const std::size_t size : {1U, 2U, 3U, 159U, 160U, 479U, 480U, 481U, 960U, 4000U}) {
    INFO(size);
    Bytes ulaw(size);
    for (std::size_t i = 0; i < size; ++i) ulaw[i] = static_cast<std::uint8_t>(i * 7);
    std::string out;
    provider.encode_audio(ulaw, out);
    REQUIRE(out.starts_with(hume::audio_input_head));
    REQUIRE(out.ends_with(hume::audio_input_tail));
    const std::string_view data = std::string_view(out).substr(
        hume::audio_input_head.size(),
        out.size() - hume::audio_input_head.size() - hume::audio_input_tail.size());
    Bytes pcm(codec::decoded_size_max(data.size()));
    const auto decoded = codec::base64_decode(data, pcm);
    REQUIRE(decoded);
    REQUIRE(decoded.size == size * 2);
    for (std::size_t i = 0; i < size; ++i) {
      const auto sample = static_cast<std::int16_t>(pcm[2 * i] | pcm[2 * i + 1] << 8);
      REQUIRE(sample == codec::ulaw_decode(ulaw[i]));
    }
  }
}

TEST_CASE("caller audio is appended, and not at all when there is none", "[hume]") {
  auto provider = make_provider();
  std::string out = "before";
  provider.encode_audio({}, out);
  CHECK(out == "before");
  provider.encode_audio(Bytes(160, 0xFF), out);
  CHECK(out.starts_with("before{\"type\":\"audio_input\",\"data\":\"AAAA"));
}

TEST_CASE("caller audio needs no new memory once the string has its capacity", "[hume]") {
  auto provider = make_provider();
  const Bytes frame(160, 0x55);
  std::string out;
  provider.encode_audio(frame, out);
  const char* const where = out.data();
  const std::size_t capacity = out.capacity();
  for (int i = 0; i < 100; ++i) {
    out.clear();
    provider.encode_audio(frame, out);
  }
  CHECK(out.data() == where);
  CHECK(out.capacity() == capacity);
}
