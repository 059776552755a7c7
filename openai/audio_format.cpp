#include "openai/audio_format.hpp"

#include "codec/g711.hpp"

namespace tandem::openai {

namespace {

constexpr std::size_t bytes_min = 400;
/// 40 dB below full scale: quieter speech says nothing.
constexpr double variance_min = 300.0 * 300.0;
/// How much smoother it must be in one format than in the other.
constexpr double surely = 4.0;
constexpr std::int64_t tokens_min = 10;
constexpr std::int64_t token_ms = 50;
/// Bytes per millisecond: between 8 of mu-law and 48 of PCM, as far from either.
constexpr std::int64_t rate_limit = 20;

/// Of a sequence of samples: how far it moves from one to the next against how far it reaches.
/// 2 for white noise, near 0 for a slow wave.
struct Motion {
  double sum = 0, squares = 0, steps = 0, last = 0, count = 0;

  void add(double sample) noexcept {
    if (count > 0) steps += (sample - last) * (sample - last);
    last = sample;
    sum += sample;
    squares += sample * sample;
    count += 1;
  }
  [[nodiscard]] double variance() const noexcept {
    const double mean = sum / count;
    return squares / count - mean * mean;
  }
  [[nodiscard]] double roughness() const noexcept { return steps / count / variance(); }
};

}  // namespace

std::optional<AudioFormat> sounds_like(std::span<const std::uint8_t> bytes) noexcept {
  if (bytes.size() < bytes_min) return std::nullopt;
  Motion ulaw;
  Motion pcm;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    ulaw.add(codec::ulaw_decode(bytes[i]));
    ulaw.add(codec::ulaw_decode(bytes[i + 1]));
    pcm.add(static_cast<std::int16_t>(bytes[i] | bytes[i + 1] << 8));
  }
  if (ulaw.variance() < variance_min || pcm.variance() < variance_min) return std::nullopt;
  if (pcm.roughness() * surely < ulaw.roughness()) return AudioFormat::pcm16_24k;
  if (ulaw.roughness() * surely < pcm.roughness()) return AudioFormat::ulaw_8k;
  return std::nullopt;
}

std::optional<AudioFormat> format_by_rate(std::int64_t bytes, std::int64_t tokens) noexcept {
  if (tokens < tokens_min) return std::nullopt;
  return bytes > rate_limit * token_ms * tokens ? AudioFormat::pcm16_24k : AudioFormat::ulaw_8k;
}

}  // namespace tandem::openai
