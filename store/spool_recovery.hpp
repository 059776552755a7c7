// What a starting process finds in a spool directory, and what it may still believe of it. Bad
// bytes never stop a start: the torn tail of the newest segment is saved and cut off, damage
// elsewhere is copied to quarantine/ and stepped over, a segment that is gone is told. Called by
// SpoolDirectory under its lock; only list_segments is for anyone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/file.hpp"
#include "store/notice.hpp"
#include "store/segment_table.hpp"

namespace tandem::store {

/// Segment files of a directory in order, judged by their names alone. Others are ignored. Throws
/// FileError when the directory cannot be read.
std::vector<Segment> list_segments(const FileCalls& calls, const std::string& directory);

/// "<20 digits>-<20 digits>.seg"
std::string segment_name(std::uint64_t epoch, std::uint64_t first_lsn);

/// Positions of one epoch that no segment holds.
struct MissingRecords {
  std::uint64_t epoch = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
/// `segments` in order with their first and last lsn. What is at or before `known` may be gone; so
/// may everything before the first segment of an epoch when nothing is known.
std::vector<MissingRecords> missing_records(const std::vector<Segment>& segments,
                                            std::optional<SpoolPosition> known);

/// What one segment's bytes hold.
struct SegmentContent {
  bool has_header = false;
  std::uint64_t records = 0;
  std::vector<Damage> damage;
  std::size_t intact_end = 0;  ///< end of the last intact record
};
/// Fills in last_lsn, first_wall and repeated of `segment`.
SegmentContent examine(Segment& segment, std::string_view bytes);

/// More than any segment has; what lies beyond is not read.
inline constexpr std::size_t segment_file_bytes_max = std::size_t{256} << 20;

struct Recovery {
  std::vector<Segment> segments;  ///< that hold records, oldest first, all sealed
  std::uint64_t newest_epoch = 0;
  std::uint64_t damaged = 0;  ///< spans quarantined and runs of records missing
};
/// `checkpoint`: everything up to there was imported; nothing when that is not known. Throws
/// FileError when a segment cannot be opened.
Recovery recover_segments(const FileCalls& calls, const std::string& directory,
                          std::optional<SpoolPosition> checkpoint, const NoticeSink& notices);

/// Saves bytes as quarantine/`name`, durably; false when the disk refuses.
bool quarantine_bytes(const FileCalls& calls, const std::string& directory, const std::string& name,
                      std::string_view bytes);
/// Moves a file of the directory to quarantine/; false when the disk refuses.
bool quarantine_file(const FileCalls& calls, const std::string& directory, const std::string& name);

}  // namespace tandem::store
