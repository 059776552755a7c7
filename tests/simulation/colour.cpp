#include "tests/simulation/colour.hpp"

#include <array>

#include "codec/g711.hpp"

namespace tandem::simulation {

namespace {

// Mu-law magnitudes by rank: 0 is silence, 127 the loudest. From rank 32 on, neighbours differ by
// three percent or more, and the quietest is -35 dBFS.
constexpr int first_rank = 32;
constexpr int ranks_per_colour = 8;
constexpr int blocks = colours / 2;  // each block twice: positive and negative

constexpr int rank_of(int colour, int phase) {
  // Neighbouring utterances are five blocks apart, so that one cannot be taken for the other.
  const int block = colour / 2 * 5 % blocks;
  return first_rank + block * ranks_per_colour + 1 + 2 * phase;
}

constexpr std::uint8_t code_of(int colour, int phase) {
  const int code = 0xFF - rank_of(colour, phase);
  return static_cast<std::uint8_t>(colour % 2 == 0 ? code : code & 0x7F);
}

constexpr std::array<Tint, 256> make_tints() {
  std::array<Tint, 256> tints{};
  for (int colour = 0; colour < colours; ++colour) {
    for (int phase = 0; phase < phases; ++phase) {
      tints[code_of(colour, phase)] = {static_cast<std::int8_t>(colour),
                                       static_cast<std::int8_t>(phase)};
    }
  }
  tints[0xFF] = tints[0x7F] = tints[0xFE] = tints[0x7E] = {Tint::silence, 0};
  for (const auto byte : clip_bytes) tints[byte] = {Tint::bridge, 0};
  return tints;
}

constexpr auto tints = make_tints();

}  // namespace

std::int16_t sample_of(int colour, std::int64_t phase) noexcept {
  return codec::ulaw_decode(code_of(colour, static_cast<int>(phase % phases)));
}

Tint tint_of(std::uint8_t ulaw) noexcept { return tints[ulaw]; }

Tint main_tint(std::span<const std::uint8_t> ulaw) noexcept {
  Tint candidate;
  std::size_t lead = 0;  // Boyer and Moore's majority vote
  for (const auto byte : ulaw) {
    const Tint tint = tints[byte];
    if (lead == 0) candidate = tint;
    if (tint == candidate) {
      ++lead;
    } else {
      --lead;
    }
  }
  return lead > 0 ? candidate : Tint{};
}

}  // namespace tandem::simulation
