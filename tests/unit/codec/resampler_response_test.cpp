// What the polyphase filters do to tones. Levels relative to the tone that went in.
#include <algorithm>
#include <cmath>
#include <utility>

#include "codec/audio.hpp"
#include "codec/g711.hpp"
#include "codec/resampler.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/codec/signal.hpp"

using namespace tandem::codec;
using test::Samples;

namespace {

constexpr std::size_t edge = 60;  // phone samples at either end that see the tone begin or end

Samples convert(int from, int to, const Samples& input, std::size_t chunk) {
  auto resampler = Resampler::create(from, to).value();
  Samples out;
  for (std::size_t at = 0; at < input.size(); at += chunk) {
    resampler.push(std::span(input).subspan(at, std::min(chunk, input.size() - at)), out);
  }
  resampler.flush(out);
  return out;
}

// Level of everything that comes out for a tone of nearly full scale.
double gain_db(int from, int to, double hz) {
  const double dbfs = -0.5;
  const auto input = test::sine(hz, from, static_cast<std::size_t>(from) / 4, dbfs);
  return test::steady_level(convert(from, to, input, 4800), 2 * edge) - dbfs;
}

double worst_gain_db(int from, int to, double low_hz, double high_hz, double step_hz) {
  double worst = -200;
  for (double hz = low_hz; hz <= high_hz; hz += step_hz) {
    worst = std::max(worst, gain_db(from, to, hz));
  }
  return worst;
}

}  // namespace

TEST_CASE("48 to 8 kHz: tones from 4.6 kHz are 70 dB down, from 4.0 kHz 60 dB") {
  CHECK(worst_gain_db(48'000, 8000, 4000, 4600, 7) <= -60);
  CHECK(worst_gain_db(48'000, 8000, 4600, 23'990, 37) <= -70);
}

TEST_CASE("24 to 8 and 16 to 8 kHz: tones from 4.6 kHz are 70 dB down, from 4.0 kHz 60 dB") {
  for (const int from : {24'000, 16'000}) {
    CAPTURE(from);
    CHECK(worst_gain_db(from, 8000, 4000, 4600, 7) <= -60);
    CHECK(worst_gain_db(from, 8000, 4600, from / 2.0 - 10, 23) <= -70);
  }
}

TEST_CASE("the telephone band passes with at most 0.1 dB ripple") {
  constexpr std::pair<int, int> conversions[] = {
      {48'000, 8000}, {24'000, 8000}, {16'000, 8000}, {8000, 16'000}};
  for (const auto& [from, to] : conversions) {
    CAPTURE(from, to);
    double highest = -200;
    double lowest = 200;
    for (double hz = 300; hz <= 3400; hz += 20) {
      const double gain = gain_db(from, to, hz);
      highest = std::max(highest, gain);
      lowest = std::min(lowest, gain);
    }
    CHECK(highest - lowest <= 0.1);
    CHECK(std::abs(highest) <= 0.1);
    CHECK(std::abs(lowest) <= 0.1);
  }
}

TEST_CASE("8 to 16 kHz: the images of the telephone band are 70 dB down") {
  for (double hz = 300; hz <= 3400; hz += 100) {
    CAPTURE(hz);
    // Whole periods of tone and image: what is left beside the tone is image and rounding.
    const auto out = convert(8000, 16'000, test::sine(hz, 8000, 8000, -0.5), 160);
    CHECK(test::sinad(std::span(out).subspan(400, 1600), hz, 16'000) >= 70);
  }
}

TEST_CASE("after mu-law a 1004 Hz tone at -12 dBFS keeps 37 dB of SINAD") {
  for (const int from : {48'000, 24'000, 16'000, 44'100, 22'050}) {
    const auto input = test::sine(1004, from, static_cast<std::size_t>(from), -12);
    for (const std::size_t chunk :
         {std::size_t{1}, std::size_t{441}, std::size_t{960}, std::size_t{4800}}) {
      const auto linear = convert(from, 8000, input, chunk);
      std::vector<std::uint8_t> ulaw(linear.size());
      ulaw_encode(linear, ulaw);
      Samples heard(ulaw.size());
      ulaw_decode(ulaw, heard);
      CAPTURE(from, chunk);
      // 1004 Hz has 251 whole periods in 2000 samples.
      CHECK(test::sinad(std::span(heard).subspan(400, 2000), 1004, phone_rate_hz) >= 37);
      CHECK(test::sinad(std::span(linear).subspan(400, 2000), 1004, phone_rate_hz) >= 70);
    }
  }
}

TEST_CASE("full-scale noise and squares clip instead of wrapping around") {
  for (const int from : {48'000, 24'000, 16'000}) {
    Samples square(static_cast<std::size_t>(from) / 10);
    const auto half_period = static_cast<std::size_t>(from) / 800;
    for (std::size_t i = 0; i < square.size(); ++i) {
      square[i] = i / half_period % 2 == 0 ? std::int16_t{32'767} : std::int16_t{-32'768};
    }
    const auto out = convert(from, 8000, square, 960);
    // In the middle of each half wave (10 samples long) the sign must be that of the square.
    for (std::size_t i = 5; i < out.size(); i += 10) {
      REQUIRE((out[i] > 0) == (i / 10 % 2 == 0));
      REQUIRE(std::abs(out[i]) > 25'000);
    }
  }
}
