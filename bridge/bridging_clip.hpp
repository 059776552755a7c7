// What a caller hears while the agent is away: "One moment, please." Built in (bridge/sound), or a
// WAV file of the operator's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tandem {

inline constexpr int bridging_clip_seconds_max = 10;

/// Mu-law, 8 kHz, whole frames of 20 ms; static storage.
std::span<const std::uint8_t> built_in_bridging_clip() noexcept;

/// The same of a WAV file (16-bit PCM, mono or stereo, 8 to 48 kHz; its bytes, not its path).
/// Nothing when it is none of that, holds no sound, or is longer than bridging_clip_seconds_max.
std::optional<std::vector<std::uint8_t>> decode_bridging_clip(std::string_view wav);

}  // namespace tandem
