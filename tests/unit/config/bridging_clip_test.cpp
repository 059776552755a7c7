#include "bridge/bridging_clip.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "codec/audio.hpp"
#include "codec/g711.hpp"
#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

std::string read_stand_in_line(const char* name) {
  const auto path = std::filesystem::path(TANDEM_SOURCE_DIR) / "tests/standins/data/agent" / name;
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// RMS over the whole clip, relative to full scale.
double level_dbfs(std::span<const std::uint8_t> clip) {
  double power = 0;
  for (const auto byte : clip) {
    const double sample = codec::ulaw_decode(byte);
    power += sample * sample;
  }
  return 10 * std::log10(power / static_cast<double>(clip.size()) / (32768.0 * 32768.0));
}

/// Little-endian PCM of `seconds` of silence at 8 kHz, mono.
std::string silent_wav(std::uint32_t seconds) {
  const std::uint32_t bytes = seconds * 16000;
  std::string wav = "RIFF????WAVEfmt ";
  const auto add = [&wav](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) wav += static_cast<char>(value >> (8 * i));
  };
  add(16, 4);
  add(1, 2);
  add(1, 2);
  add(8000, 4);
  add(16000, 4);
  add(2, 2);
  add(16, 2);
  wav += "data";
  add(bytes, 4);
  return wav + std::string(bytes, '\0');
}

}  // namespace

TEST_CASE("the built-in clip is a second or two of speech in whole frames, about -20 dBFS loud") {
  const auto clip = built_in_bridging_clip();
  CHECK(clip.size() % codec::frame_bytes == 0);
  CHECK(clip.size() >= 8000);
  CHECK(clip.size() <= 16000);
  CHECK(level_dbfs(clip) == Approx(-20).margin(1.5));
}

TEST_CASE("a WAV file becomes mu-law of the same length in whole frames") {
  const auto wav = read_stand_in_line("friday.wav");  // 24 kHz
  REQUIRE(wav.size() > 1000);
  const auto clip = decode_bridging_clip(wav);
  REQUIRE(clip);
  CHECK(clip->size() % codec::frame_bytes == 0);
  const auto expected = (wav.size() - 44) / 2 / 3;
  CHECK(clip->size() >= expected);
  CHECK(clip->size() < expected + codec::frame_bytes + 1);
  CHECK(level_dbfs(*clip) > -35);
}

TEST_CASE("what is no WAV file, holds nothing or is too long is refused as a clip") {
  CHECK_FALSE(decode_bridging_clip(""));
  CHECK_FALSE(decode_bridging_clip("One moment, please."));
  CHECK_FALSE(decode_bridging_clip(silent_wav(0)));
  CHECK(decode_bridging_clip(silent_wav(bridging_clip_seconds_max)));
  CHECK_FALSE(decode_bridging_clip(silent_wav(bridging_clip_seconds_max + 1)));
}

}  // namespace tandem
