// Mu-law of ITU-T G.711 in the usual 16-bit scale: codes stand for -32124..32124, bias 132, clip
// 32635. Encoding a positive or zero sample gives 0x80..0xFF, a negative one 0x00..0x7F, so -1..-3
// become 0x7F
// ("negative zero", which decodes to 0). Not A-law.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "codec/kernel.hpp"

namespace tandem::codec {

/// The byte nearest to `sample`. Total; louder than 32635 clips.
constexpr std::uint8_t ulaw_encode(std::int16_t sample) noexcept {
  const std::int32_t value = sample;
  const std::int32_t loud = value < 0 ? -value : value;
  const std::int32_t biased = (loud < 32635 ? loud : 32635) + 132;
  // A biased magnitude lies in [2^7, 2^15): as a float, its exponent is the segment (from 134 = 127
  // + 7) and the top four bits of its fraction are the step. Unlike a bit count this vectorises.
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(biased));
  const std::uint32_t code = (bits >> 19) - (134U << 4);
  return static_cast<std::uint8_t>(code ^ (value < 0 ? 0x7FU : 0xFFU));
}

/// The sample that `byte` stands for. Total.
constexpr std::int16_t ulaw_decode(std::uint8_t byte) noexcept {
  const unsigned code = ~static_cast<unsigned>(byte) & 0xFFU;
  const unsigned segment = (code >> 4) & 7U;
  const int loud = static_cast<int>((((code & 15U) << 3) + 132U) << segment) - 132;
  return static_cast<std::int16_t>((code & 0x80U) != 0 ? -loud : loud);
}

/// One byte per sample. `bytes` must hold at least `samples.size()`; the rest of it is not touched.
/// The spans must not overlap.
void ulaw_encode(std::span<const std::int16_t> samples, std::span<std::uint8_t> bytes,
                 Kernel kernel = best_kernel()) noexcept;

/// One sample per byte. `samples` must hold at least `bytes.size()`; the rest of it is not touched.
/// The spans must not overlap.
void ulaw_decode(std::span<const std::uint8_t> bytes, std::span<std::int16_t> samples) noexcept;

}  // namespace tandem::codec
