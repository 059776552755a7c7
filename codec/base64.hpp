// Base64 of RFC 4648 section 4, strict: standard alphabet, padding required, no whitespace, unused
// bits zero. Exactly one text decodes to given bytes, so what we accept re-encodes to itself. Not
// base64url.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "codec/kernel.hpp"

namespace tandem::codec {

enum class Base64Error : std::uint8_t {
  none,
  length,         ///< not a multiple of four characters; offset = the length
  character,      ///< outside the alphabet, whitespace and misplaced '=' included; offset = that
                  ///< character
  trailing_bits,  ///< the last character before the padding has bits that no byte holds; offset =
                  ///< that character
  no_room,        ///< the caller's span is too small; offset = 0, nothing was written
};

struct Base64Decoded {
  Base64Error error = Base64Error::none;
  std::size_t size = 0;  ///< bytes written; 0 on an error (the span's content is then unspecified)
  std::size_t offset = 0;  ///< on an error: where in the text
  explicit operator bool() const noexcept { return error == Base64Error::none; }
};

/// Bytes that `characters` of text can decode to at most.
constexpr std::size_t decoded_size_max(std::size_t characters) noexcept {
  return characters / 4 * 3;
}

/// Characters, padding included, for `bytes`.
constexpr std::size_t encoded_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

/// Decodes all of `text` into the head of `out`. Room for decoded_size_max() is always enough and
/// is faster; the exact size is enough too. Bytes of `out` behind the result may be overwritten.
/// Empty text is valid.
Base64Decoded base64_decode(std::string_view text, std::span<std::uint8_t> out,
                            Kernel kernel = best_kernel()) noexcept;

/// Appends encoded_size(bytes.size()) characters. Allocates only when `out` lacks the capacity.
void base64_encode(std::span<const std::uint8_t> bytes, std::string& out,
                   Kernel kernel = best_kernel());

}  // namespace tandem::codec
