// One process's use of a spool on a CrashDisk, without threads and with time as an argument: the
// real SpoolDirectory, SegmentTable, SpoolWriter and SpoolReader in the order in which store/spool
// calls them. Beside it the book of what was promised, which outlives processes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/spool_reader.hpp"
#include "store/spool_writer.hpp"
#include "tests/unit/store/crash_disk.hpp"

namespace tandem::test {

/// Records are numbered in the order in which they were appended, over all processes.
struct SpoolBook {
  struct Entry {
    std::string payload;
    bool is_durable = false;       ///< the spool said so
    bool is_acknowledged = false;  ///< may be gone
  };
  std::vector<Entry> entries;
  std::map<std::string, int> numbers;  ///< by payload
  std::vector<std::string> notices;    ///< codes
};

class SpoolProcess {
 public:
  static constexpr const char* directory_path = "/var/spool";

  /// As Spool's constructor; throws store::FileError.
  SpoolProcess(store::SpoolLimits limits, SpoolBook& book);

  /// Class A tells when it is durable.
  void append(store::SyncClass sync);
  /// What the spool thread does when it wakes up.
  void turn(std::chrono::milliseconds later, bool flushes);
  /// Everything up to the n-th readable record is in the database.
  void acknowledge(std::size_t count);
  /// Numbers of the records after the checkpoint, as the importer would get them; -1 for one that
  /// nobody appended. The events that flag calls are the spool's own and left out.
  std::vector<int> readable();

  [[nodiscard]] const store::WriterCounters& counters() const { return writer_.counters(); }
  [[nodiscard]] const store::SpoolWriter& writer() const { return writer_; }
  [[nodiscard]] store::SpoolDirectory& directory() { return directory_; }

 private:
  store::NoticeSink notices();

  SpoolBook& book_;
  const std::size_t first_;  ///< own entry
  const store::SpoolLimits limits_;
  store::SpoolDirectory directory_;
  store::SegmentTable table_;
  store::SpoolWriter writer_;
  core::TimePoint now_{std::chrono::hours(1)};
  store::SpoolPosition acknowledged_;
};

}  // namespace tandem::test
