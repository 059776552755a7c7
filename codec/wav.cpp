#include "codec/wav.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "codec/audio.hpp"

namespace tandem::codec {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t chunk_id(std::string_view name) noexcept {
  std::uint32_t id = 0;
  for (std::size_t i = 4; i-- > 0;) id = id << 8 | static_cast<std::uint8_t>(name[i]);
  return id;
}

constexpr std::uint32_t unknown_length = 0xFFFFFFFF;
constexpr std::size_t header_bytes = 12;
constexpr std::size_t chunk_header_bytes = 8;
constexpr std::size_t format_bytes_min = 16;
constexpr std::size_t extensible_bytes_min = 40;
constexpr std::size_t subtype_offset = 24;
constexpr std::uint16_t tag_pcm = 1;
constexpr std::uint16_t tag_extensible = 0xFFFE;
// KSDATAFORMAT_SUBTYPE_PCM as it lies in the file.
constexpr std::array<std::uint8_t, 16> pcm_subtype = {
    0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71};

std::uint16_t u16_at(Bytes bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8);
}

std::uint32_t u32_at(Bytes bytes, std::size_t at) noexcept {
  return u16_at(bytes, at) | std::uint32_t{u16_at(bytes, at + 2)} << 16;
}

std::int16_t sample_at(Bytes bytes, std::size_t index) noexcept {
  return static_cast<std::int16_t>(u16_at(bytes, 2 * index));
}

struct Chunks {
  std::optional<Bytes> format;
  std::optional<Bytes> data;
  bool length_was_wrong = false;
};

// Length 0 counts as "unknown" too: writers that stream leave it so and there is nothing else to
// play.
std::size_t data_size(std::uint32_t claimed, std::size_t there) noexcept {
  return claimed == 0 || claimed == unknown_length ? there : std::min<std::size_t>(claimed, there);
}

Chunks find_chunks(Bytes file) noexcept {
  Chunks found;
  std::size_t at = header_bytes;
  while (file.size() - at >= chunk_header_bytes && !(found.format && found.data)) {
    const std::uint32_t id = u32_at(file, at);
    const std::uint32_t claimed = u32_at(file, at + 4);
    at += chunk_header_bytes;
    std::size_t size = std::min<std::size_t>(claimed, file.size() - at);
    if (id == chunk_id("fmt ") && !found.format) found.format = file.subspan(at, size);
    if (id == chunk_id("data") && !found.data) {
      size = data_size(claimed, file.size() - at);
      found.data = file.subspan(at, size);
      found.length_was_wrong = size != claimed;
    }
    const std::size_t padding = size % 2;
    at += std::min(size + padding, file.size() - at);
  }
  return found;
}

bool is_pcm(Bytes format, std::uint16_t tag) noexcept {
  if (tag == tag_pcm) return true;
  return tag == tag_extensible &&
         std::ranges::equal(format.subspan(subtype_offset, 16), pcm_subtype);
}

WavError check_format(Bytes format) noexcept {
  if (format.size() < format_bytes_min) return WavError::short_format;
  const std::uint16_t tag = u16_at(format, 0);
  if (tag == tag_extensible && format.size() < extensible_bytes_min) return WavError::short_format;
  if (!is_pcm(format, tag)) return WavError::unsupported_encoding;
  if (u16_at(format, 14) != 16) return WavError::unsupported_bits;
  const std::uint16_t channels = u16_at(format, 2);
  if (channels != 1 && channels != 2) return WavError::unsupported_channels;
  const std::uint32_t rate = u32_at(format, 4);
  const bool usable =
      rate >= std::uint32_t{sample_rate_min_hz} && rate <= std::uint32_t{sample_rate_max_hz};
  return usable ? WavError::none : WavError::unsupported_rate;
}

WavError check_header(Bytes file) noexcept {
  if (file.size() < header_bytes) return WavError::too_short;
  if (u32_at(file, 0) != chunk_id("RIFF")) return WavError::not_riff;
  if (u32_at(file, 8) != chunk_id("WAVE")) return WavError::not_wave;
  return WavError::none;
}

Wav failure(WavError error) noexcept {
  Wav wav;
  wav.error = error;
  return wav;
}

}  // namespace

std::string_view to_string(WavError error) noexcept {
  switch (error) {
    case WavError::none:
      return "none";
    case WavError::too_short:
      return "too_short";
    case WavError::not_riff:
      return "not_riff";
    case WavError::not_wave:
      return "not_wave";
    case WavError::no_format:
      return "no_format";
    case WavError::short_format:
      return "short_format";
    case WavError::unsupported_encoding:
      return "unsupported_encoding";
    case WavError::unsupported_bits:
      return "unsupported_bits";
    case WavError::unsupported_channels:
      return "unsupported_channels";
    case WavError::unsupported_rate:
      return "unsupported_rate";
    case WavError::no_data:
      return "no_data";
  }
  return "unknown";
}

Wav parse_wav(std::span<const std::uint8_t> file) noexcept {
  if (const WavError error = check_header(file); error != WavError::none) return failure(error);
  const Chunks chunks = find_chunks(file);
  if (!chunks.format) return failure(WavError::no_format);
  const WavError error = check_format(*chunks.format);
  if (error != WavError::none) return failure(error);
  if (!chunks.data) return failure(WavError::no_data);
  return {.error = WavError::none,
          .sample_rate_hz = static_cast<int>(u32_at(*chunks.format, 4)),
          .channels = u16_at(*chunks.format, 2),
          .data = *chunks.data,
          .length_was_wrong = chunks.length_was_wrong};
}

void append_mono(const Wav& wav, std::vector<std::int16_t>& out) {
  if (!wav) return;
  const std::size_t frames = wav.data.size() / (2 * static_cast<std::size_t>(wav.channels));
  const std::size_t before = out.size();
  out.resize(before + frames);
  for (std::size_t i = 0; i < frames; ++i) {
    const int left = sample_at(wav.data, wav.channels == 1 ? i : 2 * i);
    const int right = wav.channels == 1 ? left : sample_at(wav.data, 2 * i + 1);
    out[before + i] = static_cast<std::int16_t>((left + right) / 2);
  }
}

}  // namespace tandem::codec
