// The bytes of a spool segment, pure: how one record is framed, and how intact records are found
// again after damage. Not here: files, threads, what a payload means (store/record_json), when to
// sync (store/spool).
//
// A segment is a 64-byte header and then frames on 8-byte boundaries, all integers little-endian:
//   header  magic "BRSPOOL1", u32 version, node UUID, u64 epoch, u64 first lsn, u32 key id,
//           i64 created, u32 repeated, u32 crc
//   frame   magic "RBS1", u32 len, u32 crc, u64 lsn, i64 wall_us, u16 type, u8 class, u8 flags,
//           payload, zeros
// The crc of a frame covers everything but magic and itself, so a lying length cannot walk off; the
// lsn rises by one within an epoch, so stale bytes are not mistaken for records.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::store {

using NodeId = std::array<unsigned char, 16>;

/// Where a record stands in one node's spool. An epoch is one run of the process; lsn counts from 1
/// in each. {0, 0} is before everything.
struct SpoolPosition {
  std::uint64_t epoch = 0;
  std::uint64_t lsn = 0;
  auto operator<=>(const SpoolPosition&) const = default;
};

/// How sure a record must be before anyone acts on it.
enum class SyncClass : std::uint8_t {
  durable =
      0,     ///< class A: synced before acting (consent, opt-out, erasure, an operator's hang-up)
  soon = 1,  ///< class B: synced within 20 ms
  best_effort = 2,  ///< class C: dropped first when the spool is full
};

struct SegmentHeader {
  NodeId node{};
  std::uint64_t epoch = 0;
  std::uint64_t first_lsn = 0;
  std::uint32_t key_id = 0;  ///< 0: payloads are not encrypted
  core::WallTime created{};
  /// So many positions before first_lsn were lost with a failing disk (or never used); their
  /// records stand again at or after first_lsn.
  std::uint32_t repeated = 0;
  bool operator==(const SegmentHeader&) const = default;
};

struct Frame {
  std::uint64_t lsn = 0;
  core::WallTime wall{};
  std::uint16_t type = 0;
  SyncClass sync = SyncClass::soon;
  std::uint8_t flags = 0;
  std::string_view payload;  ///< when scanned: valid as long as the scanned bytes
};

inline constexpr std::size_t segment_header_bytes = 64;
inline constexpr std::size_t frame_header_bytes = 32;
inline constexpr std::size_t frame_payload_bytes_max = 1024 * 1024;

/// Bytes that a payload of this size takes in a segment.
constexpr std::size_t framed_size(std::size_t payload_bytes) noexcept {
  return (frame_header_bytes + payload_bytes + 7) / 8 * 8;
}

void append_segment_header(std::string& out, const SegmentHeader& header);

/// Nothing when the bytes are short, of another version, or damaged.
std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) noexcept;

/// Precondition: payload not larger than frame_payload_bytes_max.
void append_frame(std::string& out, const Frame& frame);

/// The frame at the start of `bytes` if it is intact there; its lsn is not judged.
std::optional<Frame> decode_frame(std::string_view bytes) noexcept;

/// A span [begin, end) of a segment that holds no intact record.
struct Damage {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const Damage&) const = default;
};

/// Walks the frames of one segment and steps over damage to the next intact record with a higher
/// lsn.
class SegmentScanner {
 public:
  /// `bytes` is the whole segment, header included, and must outlive the scanner and its frames.
  /// Only records with an lsn of at least first_lsn are believed.
  SegmentScanner(std::string_view bytes, std::uint64_t first_lsn) noexcept
      : bytes_(bytes), next_lsn_(first_lsn) {}

  /// The next intact record, or nothing at the end of the bytes.
  std::optional<Frame> next();

  /// Goes on with more bytes of the same segment after next() said nothing. `bytes` starts with
  /// what was given before (perhaps at another address); a damaged end is looked at again.
  void extend(std::string_view bytes) noexcept;

  /// Damage passed so far, in order. Damage at the very end is a torn tail.
  [[nodiscard]] const std::vector<Damage>& damage() const noexcept { return damage_; }
  /// End of the last intact record: what a segment with a torn tail is cut to.
  [[nodiscard]] std::size_t intact_end() const noexcept { return intact_end_; }
  /// The lsn that the next record should have.
  [[nodiscard]] std::uint64_t next_lsn() const noexcept { return next_lsn_; }

 private:
  std::optional<Frame> frame_at(std::size_t offset) const noexcept;

  std::string_view bytes_;
  std::size_t offset_ = segment_header_bytes;
  std::size_t intact_end_ = segment_header_bytes;
  std::uint64_t next_lsn_;
  std::vector<Damage> damage_;
};

}  // namespace tandem::store
