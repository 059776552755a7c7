// Reads records of a spool in order, while its writer appends. Used by one thread (the importer).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/file.hpp"
#include "store/notice.hpp"
#include "store/record_json.hpp"
#include "store/segment_table.hpp"

namespace tandem::store {

/// One record as it stands in the spool.
struct SpooledRecord {
  SpoolPosition position;
  RecordType type{};
  core::WallTime wall{};
  SyncClass sync = SyncClass::soon;
  std::string payload;
};

struct ReadLimits {
  std::size_t records_max = 256;
  std::size_t bytes_max = 256 * 1024;  ///< of payload; one larger record is returned alone
};

class SpoolReader {
 public:
  SpoolReader(const FileCalls& calls, SegmentTable& table, NoticeSink notices)
      : calls_(calls), table_(table), notices_(std::move(notices)) {}

  /// Records after `position`, oldest first; empty when there are none now. Going on from the last
  /// record of the answer before is cheap, any other position reads its segment again. What the
  /// disk does not give back is stepped over with an alarm, and its segment will not be deleted;
  /// while the process is short of file descriptors or memory, nothing is stepped over.
  std::vector<SpooledRecord> read_after(SpoolPosition position, const ReadLimits& limits);

  /// Damaged spans met; readable from any thread.
  [[nodiscard]] std::uint64_t damaged() const noexcept { return damaged_; }

 private:
  enum class Refreshed : std::uint8_t { readable, unreadable, later };
  Refreshed refresh(const Segment& segment);
  void tell_damage();
  void note_damage(const char* code, const std::string& detail);
  bool advance(SpoolPosition position);
  void read_current(SpoolPosition position, const ReadLimits& limits,
                    std::vector<SpooledRecord>& out);

  const FileCalls& calls_;
  SegmentTable& table_;
  NoticeSink notices_;
  Segment current_;
  std::string bytes_;  ///< of the current segment, as far as read; at most one segment large
  std::optional<SegmentScanner> scanner_;
  std::optional<SpooledRecord> ahead_;  ///< scanned, but beyond the limits of the last answer
  SpoolPosition last_;
  std::string failed_path_;      ///< could not be opened: a second failure of the same counts
  std::size_t damage_told_ = 0;  ///< spans of the current segment
  std::atomic<std::uint64_t> damaged_{0};
};

}  // namespace tandem::store
