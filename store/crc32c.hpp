// CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum of every spool record. Uses the SSE4.2
// instruction where the processor has it (20 times faster), a table elsewhere; both give the same
// numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem::store {

/// CRC of `bytes`; pass an earlier answer as `before` to go on where that one stopped.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;

/// The table version alone, so that a test can compare the two.
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0) noexcept;

/// A CRC stored beside its own data makes CRCs of CRCs collide easily; LevelDB's log format rotates
/// and adds.
constexpr std::uint32_t masked(std::uint32_t crc) noexcept {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

}  // namespace tandem::store
