// Which segments a spool has, shared by its writer, its reader and whoever acknowledges.
// Thread-safe; no file access.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/spool_format.hpp"

namespace tandem::store {

struct Segment {
  std::string path;
  std::uint64_t epoch = 0;
  std::uint64_t first_lsn = 1;
  std::uint64_t last_lsn = 0;    ///< first_lsn - 1 while it holds no record
  std::size_t bytes = 0;         ///< readable, ends at a frame boundary
  core::WallTime first_wall{};   ///< of its first record
  bool sealed = false;           ///< nothing more will be written to it
  bool damaged = false;          ///< bytes of it were lost and not saved: to be kept, not deleted
  std::size_t known_damage = 0;  ///< damaged spans that recovery found and saved
  /// So many positions before first_lsn are empty, or their records stand again at or after it.
  std::uint64_t repeated = 0;

  [[nodiscard]] SpoolPosition last() const noexcept { return {epoch, last_lsn}; }
};

class SegmentTable {
 public:
  /// `segment` follows every segment added before in (epoch, first_lsn) order.
  void add(Segment segment);
  /// The newest segment now reaches to `bytes` and `last_lsn`.
  void grow(std::size_t bytes, std::uint64_t last_lsn);
  /// The newest segment will not grow again; only its first `bytes` are worth reading.
  void seal(std::size_t bytes);

  /// This segment's file is not to be deleted when its records are acknowledged.
  void mark_damaged(const Segment& segment);

  /// The segment in which the record after `position` stands or will stand; nothing when there is
  /// none yet.
  [[nodiscard]] std::optional<Segment> holding_next(SpoolPosition position) const;
  /// The segment that follows the given one.
  [[nodiscard]] std::optional<Segment> after(const Segment& segment) const;

  /// Takes out the sealed segments whose every record is at or before `position`; their files are
  /// the caller's to delete.
  std::vector<Segment> remove_through(SpoolPosition position);
  /// True when remove_through would take something.
  [[nodiscard]] bool has_removable(SpoolPosition position) const;

  [[nodiscard]] std::size_t total_bytes() const;
  /// Records after `position`.
  [[nodiscard]] std::uint64_t count_after(SpoolPosition position) const;
  [[nodiscard]] std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Segment> segments_;
};

}  // namespace tandem::store
