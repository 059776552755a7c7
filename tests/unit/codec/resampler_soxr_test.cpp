// libsoxr twice: at its very high quality as the oracle for our filters, and as our engine for odd
// rates.
#include <soxr.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "codec/audio.hpp"
#include "codec/resampler.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/codec/signal.hpp"

using namespace tandem::codec;
using test::Samples;

namespace {

std::vector<float> very_high_quality(int from, int to, const Samples& input) {
  std::vector<float> out(
      input.size() * static_cast<std::size_t>(to) / static_cast<std::size_t>(from) + 100);
  const soxr_io_spec_t format = soxr_io_spec(SOXR_INT16_I, SOXR_FLOAT32_I);
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ, 0);
  std::size_t given = 0;
  const soxr_error_t error =
      soxr_oneshot(from, to, 1, input.data(), input.size(), nullptr, out.data(), out.size(), &given,
                   &format, &quality, nullptr);
  REQUIRE(error == nullptr);
  out.resize(given);
  for (float& sample : out) sample *= 32768.0F;
  return out;
}

Samples ours(int from, int to, const Samples& input) {
  auto resampler = Resampler::create(from, to).value();
  Samples out;
  resampler.push(input, out);
  resampler.flush(out);
  return out;
}

double correlation(const Samples& left, const std::vector<float>& right, int lag) {
  double product = 0;
  double left_power = 0;
  double right_power = 0;
  for (std::size_t i = 100; i + 100 < std::min(left.size(), right.size()); ++i) {
    const double a = left[i];
    const double b = right[i + static_cast<std::size_t>(lag + 16) - 16];
    product += a * b;
    left_power += a * a;
    right_power += b * b;
  }
  return product / std::sqrt(left_power * right_power);
}

double signal_to_difference_db(const Samples& samples, const std::vector<float>& oracle) {
  double signal = 0;
  double difference = 0;
  for (std::size_t i = 100; i + 100 < std::min(samples.size(), oracle.size()); ++i) {
    signal += static_cast<double>(oracle[i]) * oracle[i];
    difference += std::pow(samples[i] - static_cast<double>(oracle[i]), 2);
  }
  return 10.0 * std::log10(signal / difference);
}

double gain_db(int from, double hz) {
  const auto input = test::sine(hz, from, static_cast<std::size_t>(from) / 4, -0.5);
  return test::steady_level(ours(from, phone_rate_hz, input), 300) + 0.5;
}

}  // namespace

TEST_CASE("for every rate the telephone band agrees with soxr VHQ, sample for sample and in time") {
  constexpr std::pair<int, int> conversions[] = {{48'000, 8000}, {24'000, 8000}, {16'000, 8000},
                                                 {8000, 16'000}, {44'100, 8000}, {22'050, 8000},
                                                 {32'000, 8000}, {12'000, 8000}, {96'000, 8000}};
  for (const auto& [from, to] : conversions) {
    CAPTURE(from, to);
    const auto input = test::speech_band(from, static_cast<std::size_t>(from));
    const auto oracle = very_high_quality(from, to, input);
    const auto samples = ours(from, to, input);
    CHECK(samples.size() == oracle.size());
    CHECK(signal_to_difference_db(samples, oracle) >= 50);
    for (int lag = -16; lag <= 16; ++lag) {
      const double likeness = correlation(samples, oracle, lag);
      CHECK((lag == 0 ? likeness > 0.9999 : likeness < 0.99));
    }
  }
}

TEST_CASE("44.1 and 22.05 kHz: tones from 4.0 kHz are 70 dB down, the telephone band is flat") {
  for (const int from : {44'100, 22'050}) {
    CAPTURE(from);
    double worst = -200;
    for (double hz = 4000; hz < from / 2.0; hz += 61) worst = std::max(worst, gain_db(from, hz));
    CHECK(worst <= -70);
    double ripple = 0;
    for (double hz = 300; hz <= 3400; hz += 50)
      ripple = std::max(ripple, std::abs(gain_db(from, hz)));
    CHECK(ripple <= 0.1);
  }
}

TEST_CASE("soxr never holds back more than delay() says, whatever the rate") {
  for (const int from : {4000, 7999, 11'025, 22'050, 32'000, 44'100, 47'999, 96'000, 192'000}) {
    auto resampler = Resampler::create(from, phone_rate_hz).value();
    CAPTURE(from);
    const auto chunk = static_cast<std::size_t>(from) / 50;
    std::chrono::nanoseconds held_max{0};
    Samples out;
    for (std::size_t chunks = 1; chunks < 500; ++chunks) {
      resampler.push(Samples(chunk), out);
      held_max = std::max(
          held_max, duration_of(chunks * chunk, from) - duration_of(out.size(), phone_rate_hz));
    }
    CHECK(held_max <= resampler.delay());
    CHECK(held_max > std::chrono::milliseconds{10});
  }
}
