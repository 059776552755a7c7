#include "store/segment_table.hpp"

#include <algorithm>

#include "bridge/core/result.hpp"

namespace tandem::store {

namespace {
bool is_removable(const Segment& segment, SpoolPosition position) noexcept {
  return segment.sealed && segment.last() <= position;
}
}  // namespace

void SegmentTable::add(Segment segment) {
  const std::lock_guard lock(mutex_);
  segments_.push_back(std::move(segment));
}

void SegmentTable::grow(std::size_t bytes, std::uint64_t last_lsn) {
  const std::lock_guard lock(mutex_);
  BRIDGE_ASSERT(!segments_.empty() && !segments_.back().sealed);
  segments_.back().bytes = bytes;
  segments_.back().last_lsn = last_lsn;
}

void SegmentTable::seal(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  BRIDGE_ASSERT(!segments_.empty());
  segments_.back().bytes = bytes;
  segments_.back().sealed = true;
}

void SegmentTable::mark_damaged(const Segment& segment) {
  const std::lock_guard lock(mutex_);
  for (Segment& own : segments_) {
    if (own.path == segment.path) own.damaged = true;
  }
}

std::optional<Segment> SegmentTable::holding_next(SpoolPosition position) const {
  const std::lock_guard lock(mutex_);
  for (const Segment& segment : segments_) {
    // an unsealed segment may still receive the record after `position`
    if (segment.last() > position || !segment.sealed) return segment;
  }
  return std::nullopt;
}

std::optional<Segment> SegmentTable::after(const Segment& segment) const {
  const std::lock_guard lock(mutex_);
  for (const Segment& other : segments_) {
    const bool is_later = other.epoch != segment.epoch ? other.epoch > segment.epoch
                                                       : other.first_lsn > segment.first_lsn;
    if (is_later) return other;
  }
  return std::nullopt;
}

std::vector<Segment> SegmentTable::remove_through(SpoolPosition position) {
  const std::lock_guard lock(mutex_);
  std::vector<Segment> removed;
  const auto kept = std::stable_partition(
      segments_.begin(), segments_.end(),
      [position](const Segment& segment) { return !is_removable(segment, position); });
  std::move(kept, segments_.end(), std::back_inserter(removed));
  segments_.erase(kept, segments_.end());
  return removed;
}

bool SegmentTable::has_removable(SpoolPosition position) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(segments_.begin(), segments_.end(), [position](const Segment& segment) {
    return is_removable(segment, position);
  });
}

std::size_t SegmentTable::total_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t total = 0;
  for (const Segment& segment : segments_) total += segment.bytes;
  return total;
}

std::uint64_t SegmentTable::count_after(SpoolPosition position) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t count = 0;
  for (const Segment& segment : segments_) {
    if (segment.last() <= position) continue;
    const std::uint64_t seen = segment.epoch == position.epoch
                                   ? std::max(position.lsn, segment.first_lsn - 1)
                                   : segment.first_lsn - 1;
    count += segment.last_lsn - seen;
  }
  return count;
}

std::size_t SegmentTable::size() const {
  const std::lock_guard lock(mutex_);
  return segments_.size();
}

}  // namespace tandem::store
