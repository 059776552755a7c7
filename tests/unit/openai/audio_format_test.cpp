#include "openai/audio_format.hpp"

#include <cmath>
#include <cstring>
#include <vector>

#include "codec/g711.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using openai::AudioFormat;
using openai::sounds_like;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Something like a voice: three partials of 140 Hz, swelling.
std::vector<std::int16_t> voice(int rate, int ms, double level) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(rate * ms / 1000));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    const double wave = std::sin(880 * t) + 0.6 * std::sin(2640 * t) + 0.3 * std::sin(5280 * t);
    samples[i] = static_cast<std::int16_t>(level * wave * (0.6 + 0.4 * std::sin(25 * t)));
  }
  return samples;
}

Bytes as_ulaw(const std::vector<std::int16_t>& samples) {
  Bytes bytes(samples.size());
  codec::ulaw_encode(samples, bytes);
  return bytes;
}

Bytes as_pcm(const std::vector<std::int16_t>& samples) {
  Bytes bytes(samples.size() * 2);
  std::memcpy(bytes.data(), samples.data(), bytes.size());
  return bytes;
}

}  // namespace

TEST_CASE("speech is told from its bytes: mu-law or PCM", "[openai]") {
  for (const double level : {1000.0, 4000.0, 12000.0}) {
    INFO(level);
    CHECK(sounds_like(as_pcm(voice(24000, 100, level))) == AudioFormat::pcm16_24k);
    CHECK(sounds_like(as_ulaw(voice(8000, 200, level))) != AudioFormat::pcm16_24k);
  }
  CHECK(sounds_like(as_ulaw(voice(8000, 200, 12000))) == AudioFormat::ulaw_8k);
}

TEST_CASE("what is short, silent or noise tells no format", "[openai]") {
  CHECK_FALSE(sounds_like({}));
  CHECK_FALSE(sounds_like(Bytes(399, 0x55)));
  CHECK_FALSE(sounds_like(as_pcm(voice(24000, 5, 4000))));
  CHECK_FALSE(sounds_like(Bytes(4000, 0xFF)));  // mu-law silence
  CHECK_FALSE(sounds_like(Bytes(4000, 0x00)));  // PCM silence
  Bytes noise(4000);
  std::uint32_t state = 1;
  for (auto& byte : noise)
    byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  CHECK_FALSE(sounds_like(noise));
}

TEST_CASE("the bytes of a whole answer against its tokens tell the format", "[openai]") {
  using openai::format_by_rate;
  CHECK(format_by_rate(8 * 50 * 40, 40) == AudioFormat::ulaw_8k);
  CHECK(format_by_rate(2 * 8 * 50 * 40, 40) == AudioFormat::ulaw_8k);  // a token may be longer
  CHECK(format_by_rate(48 * 50 * 40, 40) == AudioFormat::pcm16_24k);
  CHECK(format_by_rate(24 * 50 * 40, 40) == AudioFormat::pcm16_24k);
  CHECK(format_by_rate(0, 40) == AudioFormat::ulaw_8k);
  CHECK_FALSE(format_by_rate(48 * 50 * 9, 9));
  CHECK_FALSE(format_by_rate(100'000, 0));
}
