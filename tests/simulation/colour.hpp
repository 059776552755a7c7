// Speech that can be recognised after resampling, mu-law and any amount of cutting: each utterance
// has a colour, a constant level that no filter changes, and within it one of four neighbouring
// levels that change every 200 ms. So whoever looks at a sample the caller heard knows whose it is
// and nearly where in the utterance it stood. Levels are those of loud speech: detectors take it
// for some.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem::simulation {

inline constexpr int colours = 24;
inline constexpr int phases = 4;
inline constexpr int phase_ms = 200;

/// The sample value of an utterance's colour in the given 200 ms, counted from its beginning.
std::int16_t sample_of(int colour, std::int64_t phase) noexcept;

/// Positive and negative samples of the clip that the bridge plays when the agent is away.
inline constexpr std::uint8_t clip_bytes[] = {0x99, 0x19};

/// What one mu-law byte stands for.
struct Tint {
  static constexpr std::int8_t silence = -1;
  static constexpr std::int8_t unknown = -2;  ///< between two levels
  static constexpr std::int8_t bridge = -3;   ///< the bridge's own clip
  std::int8_t colour = unknown;
  std::int8_t phase = 0;
  bool operator==(const Tint&) const = default;
};
Tint tint_of(std::uint8_t ulaw) noexcept;
/// The tint that most of these bytes have; `unknown` when none has half of them.
Tint main_tint(std::span<const std::uint8_t> ulaw) noexcept;

}  // namespace tandem::simulation
