// Sound as the corpus makes and mixes it: 8 kHz, one channel, in the scale of 16-bit samples but
// not rounded. Levels are dBFS as AES17 counts them (a full-scale sine is 0), like codec/energy.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tandem::corpus {

using std::chrono::milliseconds;
using Sound = std::vector<float>;

inline constexpr std::size_t samples_per_ms = 8;
/// What our detector and the agent's can take for speech at all.
inline constexpr float loud_dbfs = -45.0F;

/// Throw std::runtime_error when the file cannot be read.
std::vector<std::uint8_t> read_bytes(const std::string& path);
Sound read_ulaw(const std::string& path);

float level_of(std::span<const float> samples) noexcept;
/// Mean level of the parts that are not pauses (within 20 dB of the loudest 20 ms).
float active_level(const Sound& sound) noexcept;
Sound with_active_level(Sound sound, float dbfs);
void mix(Sound& into, const Sound& sound, std::size_t at);

/// The first and the last sample of the 5 ms blocks that are loud; 0 and 0 when none is.
struct Loud {
  std::size_t first = 0;
  std::size_t last = 0;
};
Loud loud_part(const Sound& sound) noexcept;

}  // namespace tandem::corpus
