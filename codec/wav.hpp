// Reads a RIFF/WAVE file that lies whole in memory, as EVI sends one per `audio_output` message.
// Only linear PCM, 16 bit, one or two channels. The writer is not trusted: streaming writers leave
// the data length 0 or 0xFFFFFFFF and others lie, so every length is clamped to the bytes that are
// there. Not a writer, not RF64, RIFX or Wave64. Layout: Microsoft/IBM "Multimedia Programming
// Interface and Data Specifications 1.0"; WAVE_FORMAT_EXTENSIBLE: Microsoft "Multiple channel audio
// data and WAVE files".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tandem::codec {

enum class WavError : std::uint8_t {
  none,
  too_short,             ///< no room for the twelve bytes of the RIFF header
  not_riff,              ///< does not begin with "RIFF"
  not_wave,              ///< RIFF, but of another form than "WAVE"
  no_format,             ///< no `fmt ` chunk
  short_format,          ///< `fmt ` is shorter than its format tag needs, or cut off
  unsupported_encoding,  ///< neither tag 1 nor 0xFFFE with the PCM subtype
  unsupported_bits,      ///< not 16 bits per sample
  unsupported_channels,  ///< neither one nor two channels
  unsupported_rate,      ///< outside sample_rate_min_hz..sample_rate_max_hz
  no_data,               ///< no `data` chunk
};

/// Short label for a metric: "no_data", "unsupported_bits", ...
std::string_view to_string(WavError error) noexcept;

struct Wav {
  WavError error = WavError::none;  ///< anything else: the other members say nothing
  int sample_rate_hz = 0;
  int channels = 0;  ///< 1 or 2, interleaved
  std::span<const std::uint8_t>
      data;  ///< view into the parsed buffer; may be empty, may end in half a frame
  bool length_was_wrong = false;  ///< `data` claimed 0 or more than was there
  explicit operator bool() const noexcept { return error == WavError::none; }
};

/// Finds the first `fmt ` and the first `data` chunk, in either order, and skips all others. Reads
/// nothing outside `file`; allocates nothing. The length in the RIFF header is ignored: the message
/// is the file.
[[nodiscard]] Wav parse_wav(std::span<const std::uint8_t> file) noexcept;

/// Appends the samples as mono: stereo is averaged, the bytes of an incomplete last frame are
/// dropped. Nothing for a failed parse. Allocates only when `out` lacks the capacity.
void append_mono(const Wav& wav, std::vector<std::int16_t>& out);

}  // namespace tandem::codec
