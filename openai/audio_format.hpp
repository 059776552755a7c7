// Is it mu-law? The server was asked for mu-law at 8 kHz and says so; some models answered in PCM16
// at 24 kHz all the same (field reports), which a caller hears as loud noise, six times too long.
// Two tests, both pure: how the bytes sound, at once and mostly sure, and how many bytes came for
// the tokens that the server counted, sure but only afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tandem::openai {

enum class AudioFormat : std::uint8_t { ulaw_8k, pcm16_24k };

inline constexpr int pcm_rate_hz = 24'000;

/// Speech moves smoothly in its own format and jumps wildly in the other. Nothing when the bytes
/// are too few (below 400), too quiet, or too noisy to tell.
std::optional<AudioFormat> sounds_like(std::span<const std::uint8_t> bytes) noexcept;

/// By the bytes of one completed response and the audio tokens it was billed (50 ms each). Nothing
/// below half a second.
std::optional<AudioFormat> format_by_rate(std::int64_t bytes, std::int64_t tokens) noexcept;

}  // namespace tandem::openai
