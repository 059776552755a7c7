// The codecs once more, as plainly as their standards put them: no tables, no blocks, no tricks.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "codec/base64.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

struct PlainBase64 {
  codec::Base64Error error = codec::Base64Error::none;
  std::size_t offset = 0;
  std::vector<std::uint8_t> bytes;
};

/// RFC 4648, section 4, strict as codec/base64.hpp says, six bits at a time.
inline PlainBase64 plain_base64(std::string_view text) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return {codec::Base64Error::length, text.size(), {}};
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  PlainBase64 plain;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (std::size_t i = 0; i < text.size() - padding; ++i) {
    const auto value = alphabet.find(text[i]);
    if (value == alphabet.npos) return {codec::Base64Error::character, i, {}};
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    plain.bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  const bool has_rest = (bits & ((1U << count) - 1U)) != 0;
  if (has_rest) return {codec::Base64Error::trailing_bits, text.size() - padding - 1, {}};
  return plain;
}

/// Every kernel, given exactly `room` bytes, answers as the plain reading does.
inline bool decodes_as(const PlainBase64& plain, std::string_view text, std::size_t room,
                       codec::Kernel kernel) {
  std::vector<std::uint8_t> out(room);
  const auto decoded = codec::base64_decode(text, out, kernel);
  out.resize(decoded.size);
  return decoded.error == plain.error && decoded.offset == plain.offset && out == plain.bytes;
}

inline bool encodes_back(Bytes bytes, codec::Kernel kernel) {
  std::string text;
  codec::base64_encode(bytes, text, kernel);
  return std::ranges::equal(plain_base64(text).bytes, bytes);
}

/// ITU-T G.711 in the 16-bit scale: 14 bits, biased by 33, a segment of four mantissa bits.
inline std::int16_t plain_ulaw_decode(std::uint8_t byte) {
  const int code = 255 - byte;
  int step = 4;
  for (int segment = (code / 16) % 8; segment > 0; --segment) step *= 2;
  const int loud = (2 * (code % 16) + 33) * step - 33 * 4;
  return static_cast<std::int16_t>(code >= 128 ? -loud : loud);
}

/// The segment is found by halving.
inline std::uint8_t plain_ulaw_encode(std::int16_t sample) {
  int rest = (sample < 0 ? -sample : sample) + 132;
  if (rest > 32767) rest = 32767;
  int segment = 0;
  for (; rest >= 256; rest /= 2) ++segment;
  const int code = (sample < 0 ? 128 : 0) + segment * 16 + (rest - 128) / 8;
  return static_cast<std::uint8_t>(255 - code);
}

}  // namespace tandem::fuzz
