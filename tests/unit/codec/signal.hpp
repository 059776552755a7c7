// Test signals and the measurements that the codec tests share. Levels in dBFS: a full-scale sine
// is 0.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <vector>

namespace tandem::codec::test {

using Samples = std::vector<std::int16_t>;

inline std::int16_t to_sample(double value) {
  return static_cast<std::int16_t>(std::lround(std::fmin(std::fmax(value, -32768.0), 32767.0)));
}

inline Samples sine(double hz, int rate_hz, std::size_t count, double dbfs) {
  const double amplitude = 32767.0 * std::pow(10.0, dbfs / 20.0);
  Samples samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double angle = 2.0 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
    samples[i] = to_sample(amplitude * std::sin(angle));
  }
  return samples;
}

/// White, uniform, reproducible: the generator is fixed by the standard, the arithmetic is ours.
inline Samples noise(std::size_t count, unsigned seed, int peak = 20'000) {
  std::mt19937 random(seed);
  Samples samples(count);
  for (auto& sample : samples) {
    const auto draw = static_cast<int>(random() % (2U * static_cast<unsigned>(peak) + 1U));
    sample = static_cast<std::int16_t>(draw - peak);
  }
  return samples;
}

/// Twelve tones spread over 320..3370 Hz, none a multiple of another: as wide as telephone speech.
inline Samples speech_band(int rate_hz, std::size_t count) {
  Samples samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (int tone = 0; tone < 12; ++tone) {
      const double hz = 320.0 + 277.3 * tone;
      const double seconds = static_cast<double>(i) / rate_hz;
      sum += 2000.0 * std::sin(2.0 * std::numbers::pi * hz * seconds + 1.7 * tone * tone);
    }
    samples[i] = to_sample(sum);
  }
  return samples;
}

/// dBFS of everything between the first and the last `skip` samples.
inline double steady_level(const Samples& samples, std::size_t skip) {
  double sum = 0;
  for (std::size_t i = skip; i + skip < samples.size(); ++i) {
    sum += static_cast<double>(samples[i]) * samples[i];
  }
  const double power = sum / static_cast<double>(samples.size() - 2 * skip);
  return 10.0 * std::log10(std::fmax(power, 1e-9) / (32767.0 * 32767.0 / 2.0));
}

/// Tone over everything else, in dB. `samples` must hold a whole number of periods.
inline double sinad(std::span<const std::int16_t> samples, double hz, int rate_hz) {
  double in_phase = 0;
  double quadrature = 0;
  double power = 0;
  const auto count = static_cast<double>(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double angle = 2.0 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
    in_phase += samples[i] * std::cos(angle);
    quadrature += samples[i] * std::sin(angle);
    power += static_cast<double>(samples[i]) * samples[i];
  }
  const double tone = 2.0 * (in_phase * in_phase + quadrature * quadrature) / count;
  return 10.0 * std::log10(tone / (power - tone));
}

}  // namespace tandem::codec::test
