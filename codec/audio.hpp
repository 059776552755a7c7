// The numbers of telephone audio, each stated once. Twilio Media Streams carries mu-law, 8000 Hz,
// one channel
// ("Media Streams WebSocket messages", message `start`, mediaFormat); everything of ours counts in
// 20 ms frames.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tandem::codec {

inline constexpr int phone_rate_hz = 8000;
inline constexpr std::chrono::milliseconds frame_duration{20};
inline constexpr std::size_t frame_samples = 160;
inline constexpr std::size_t frame_bytes = frame_samples;  ///< mu-law: one byte per sample

/// The mu-law byte of sample 0. 0x7F is "negative zero": decodes to 0 as well, our encoder never
/// makes it for 0.
inline constexpr std::uint8_t ulaw_silence = 0xFF;

/// What the WAV reader and the resampler accept. Wider than any provider sends; keeps sizes
/// bounded.
inline constexpr int sample_rate_min_hz = 4000;
inline constexpr int sample_rate_max_hz = 192'000;

using UlawFrame = std::array<std::uint8_t, frame_bytes>;
using PcmFrame = std::array<std::int16_t, frame_samples>;

/// Exact at 8 kHz: one sample is 125 us.
constexpr std::chrono::microseconds duration_of(std::size_t phone_samples) noexcept {
  return std::chrono::microseconds{static_cast<std::int64_t>(phone_samples) *
                                   (1'000'000 / phone_rate_hz)};
}

/// Rounded down to the nanosecond. `rate_hz` > 0; counts beyond 2^33 samples overflow.
constexpr std::chrono::nanoseconds duration_of(std::size_t samples, int rate_hz) noexcept {
  return std::chrono::nanoseconds{static_cast<std::int64_t>(samples) * 1'000'000'000 / rate_hz};
}

/// Whole samples that fit into `duration`; 0 for a negative one. `rate_hz` > 0.
constexpr std::size_t samples_in(std::chrono::nanoseconds duration,
                                 int rate_hz = phone_rate_hz) noexcept {
  if (duration.count() <= 0) return 0;
  const std::int64_t seconds = duration.count() / 1'000'000'000;
  const std::int64_t rest = duration.count() % 1'000'000'000;
  return static_cast<std::size_t>(seconds * rate_hz + rest * rate_hz / 1'000'000'000);
}

static_assert(samples_in(frame_duration) == frame_samples);
static_assert(duration_of(frame_samples) == frame_duration);

}  // namespace tandem::codec
