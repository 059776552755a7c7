// The vector parts of base64; private to codec/base64.cpp. They do whole blocks and leave the rest,
// errors included, to the scalar code, which alone decides what is valid.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem::codec::detail {

/// Characters consumed: a multiple of 32, each 32 giving 24 bytes. Stops before the first block
/// with a character outside the alphabet ('=' too) and where `out` has fewer than 32 bytes of room
/// left.
std::size_t base64_decode_avx2(const char* text, std::size_t size, std::uint8_t* out,
                               std::size_t room) noexcept;

/// Bytes consumed: a multiple of 24, each 24 giving 32 characters. Reads 28 bytes per block, never
/// past `size`.
std::size_t base64_encode_avx2(const std::uint8_t* bytes, std::size_t size, char* out) noexcept;

}  // namespace tandem::codec::detail
