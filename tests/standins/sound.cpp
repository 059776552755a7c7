#include "sound.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

#include "json.hpp"

namespace tandem::standins {

namespace {

std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

void append_little(std::string& out, std::uint32_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xffU));
}

std::int16_t clamp16(double value) {
  return static_cast<std::int16_t>(std::clamp(std::lround(value), -32768L, 32767L));
}

// Half a Kaiser window with beta 9, argument 0 (centre) to 1 (edge).
double kaiser(double position) {
  const auto bessel = [](double x) {
    double sum = 1.0;
    double term = 1.0;
    for (int k = 1; k < 30; ++k) {
      term *= (x / (2.0 * k)) * (x / (2.0 * k));
      sum += term;
    }
    return sum;
  };
  constexpr double beta = 9.0;
  static const double centre = bessel(beta);
  return bessel(beta * std::sqrt(std::max(0.0, 1.0 - position * position))) / centre;
}

double sinc(double x) {
  if (std::abs(x) < 1e-9) return 1.0;
  return std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

// One row of taps for each of the `up` positions between two input samples; centre of a row: the
// sample at or before.
std::vector<std::vector<float>> phase_taps(std::uint32_t up, std::uint32_t down) {
  const double cutoff = std::min(1.0, static_cast<double>(up) / down) * 0.97;
  const double reach = 64.0 / cutoff;
  const auto half = static_cast<int>(std::ceil(reach)) + 1;
  std::vector<std::vector<float>> phases(up);
  for (std::uint32_t phase = 0; phase < up; ++phase) {
    for (int k = -half; k <= half; ++k) {
      const double distance = static_cast<double>(phase) / up - k;
      const double window = std::abs(distance) < reach ? kaiser(distance / reach) : 0.0;
      phases[phase].push_back(static_cast<float>(cutoff * sinc(distance * cutoff) * window));
    }
  }
  return phases;
}

}  // namespace

std::int16_t ulaw_decode(std::uint8_t code) {
  const int inverted = ~code & 0xff;
  const int exponent = inverted >> 4 & 7;
  const int magnitude = (((inverted & 15) << 3) + 132) << exponent;
  const int value = magnitude - 132;
  return static_cast<std::int16_t>((inverted & 0x80) != 0 ? -value : value);
}

std::uint8_t ulaw_encode(std::int16_t sample) {
  const int sign = sample < 0 ? 0x80 : 0;
  const int magnitude = std::min(std::abs(static_cast<int>(sample)), 32635) + 132;
  int exponent = 7;
  while (exponent > 0 && (magnitude & (1 << (exponent + 7))) == 0) --exponent;
  const int mantissa = magnitude >> (exponent + 3) & 15;
  return static_cast<std::uint8_t>(~(sign | exponent << 4 | mantissa) & 0xff);
}

Samples ulaw_decode(std::span<const std::uint8_t> codes) {
  Samples samples;
  samples.reserve(codes.size());
  for (const std::uint8_t code : codes) samples.push_back(ulaw_decode(code));
  return samples;
}

double rms(std::span<const std::int16_t> samples) {
  if (samples.empty()) return 0.0;
  double sum = 0.0;
  for (const std::int16_t sample : samples) sum += static_cast<double>(sample) * sample;
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

double dbfs(double rms_value) {
  return rms_value < 0.033 ? -120.0 : 20.0 * std::log10(rms_value / 32768.0);
}

std::string pcm_bytes(std::span<const std::int16_t> samples) {
  std::string bytes;
  bytes.reserve(samples.size() * 2);
  for (const std::int16_t sample : samples)
    append_little(bytes, static_cast<std::uint16_t>(sample), 2);
  return bytes;
}

Samples pcm_samples(std::string_view bytes) {
  Samples samples(bytes.size() / 2);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<std::int16_t>(little(bytes, 2 * i, 2));
  }
  return samples;
}

std::string wav_file(std::span<const std::int16_t> samples, std::uint32_t rate) {
  const auto data_size = static_cast<std::uint32_t>(samples.size() * 2);
  std::string file = "RIFF";
  append_little(file, data_size + 36, 4);
  file += "WAVEfmt ";
  append_little(file, 16, 4);
  append_little(file, 1, 2);
  append_little(file, 1, 2);
  append_little(file, rate, 4);
  append_little(file, rate * 2, 4);
  append_little(file, 2, 2);
  append_little(file, 16, 2);
  file += "data";
  append_little(file, data_size, 4);
  return file + pcm_bytes(samples);
}

Clip read_wav(std::string_view bytes) {
  Clip clip;
  if (bytes.size() < 12 || bytes.substr(0, 4) != "RIFF" || bytes.substr(8, 4) != "WAVE") {
    throw BadInput("not a WAV file");
  }
  std::size_t at = 12;
  while (at + 8 <= bytes.size()) {
    const std::string_view id = bytes.substr(at, 4);
    const std::string_view body = bytes.substr(at + 8, little(bytes, at + 4, 4));
    if (id == "fmt " && body.size() >= 16) {
      if (little(body, 2, 2) != 1 || little(body, 14, 2) != 16) throw BadInput("not 16-bit mono");
      clip.rate = little(body, 4, 4);
    } else if (id == "data") {
      clip.samples = pcm_samples(body);
    }
    at += 8 + body.size() + body.size() % 2;
  }
  if (clip.rate == 0 || clip.samples.empty()) throw BadInput("a WAV file without sound");
  return clip;
}

Samples resample(std::span<const std::int16_t> samples, std::uint32_t from, std::uint32_t to) {
  if (from == to) return {samples.begin(), samples.end()};
  const std::uint32_t common = std::gcd(from, to);
  const std::uint32_t up = to / common;
  const std::uint32_t down = from / common;
  const std::vector<std::vector<float>> phases = phase_taps(up, down);
  const auto half = static_cast<std::int64_t>(phases[0].size() / 2);
  const auto count = static_cast<std::int64_t>(samples.size());
  Samples result(samples.size() * to / from);
  for (std::size_t n = 0; n < result.size(); ++n) {
    const std::uint64_t position = n * down;
    const auto centre = static_cast<std::int64_t>(position / up);
    const std::vector<float>& taps = phases[position % up];
    float sum = 0;
    for (std::int64_t k = std::max(-half, -centre); k <= std::min(half, count - 1 - centre); ++k) {
      sum += static_cast<float>(samples[static_cast<std::size_t>(centre + k)]) *
             taps[static_cast<std::size_t>(half + k)];
    }
    result[n] = clamp16(sum);
  }
  return result;
}

Samples tone(double hertz, double level, std::uint32_t rate, int milliseconds) {
  Samples samples(static_cast<std::size_t>(milliseconds) * rate / 1000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double phase = 2.0 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
    samples[i] = clamp16(level * 32767.0 * std::sin(phase));
  }
  return samples;
}

}  // namespace tandem::standins
