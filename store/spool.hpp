// The durable queue between calls and the database. Any thread appends, one spool thread writes and
// syncs, one importer thread reads and acknowledges. What was appended survives a killed process
// once written (microseconds) and a crashed host once synced (20 ms); what was not acknowledged is
// read again after a restart.
//
// Not here: the database (store/importer), the bytes (store/spool_format).
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "bridge/core/limits.hpp"
#include "store/spool_directory.hpp"
#include "store/spool_reader.hpp"
#include "store/spool_writer.hpp"

namespace tandem::store {

struct SpoolSettings {
  std::string directory;
  SpoolLimits limits;
  std::size_t queue_max = limits::record_queue_max;
  const FileCalls* calls = &system_file_calls();  ///< outlives the spool
  NoticeSink notices = [](const Notice&) {};
};

/// ok: records reach the database. spooling: they wait on disk. full: 95 % of the space is used or
/// the disk refuses or failed twice; new calls should be refused, running ones go on.
enum class SpoolState : std::uint8_t { ok, spooling, full };
std::string_view to_string(SpoolState state) noexcept;

struct SpoolCounters {
  SpoolState state = SpoolState::ok;
  bool failing = false;        ///< the disk failed twice: this node should drain
  std::uint64_t appended = 0;  ///< accepted by append since the start
  std::uint64_t refused = 0;   ///< append answered false: the queue was full
  std::uint64_t written = 0;   ///< in a file
  std::uint64_t dropped = 0;   ///< accepted, then given up (full disk, too large)
  std::uint64_t held = 0;      ///< waiting in memory for disk space
  std::uint64_t backlog = 0;   ///< in files, not acknowledged yet
  std::uint64_t disk_errors = 0;
  std::uint64_t syncs = 0;
  std::uint64_t damaged = 0;  ///< spans and runs of records lost to a bad disk, since the start
  std::size_t bytes = 0;      ///< of all segments
  std::size_t bytes_max = 0;
  int fill_percent = 0;                     ///< of bytes_max, or of the disk when that is smaller
  std::chrono::milliseconds lag{0};         ///< how long the disk has kept the spool thread waiting
  std::chrono::milliseconds oldest_age{0};  ///< of the oldest record not acknowledged; ± 1 s
};

class Spool {
 public:
  /// Recovers the directory and starts the spool thread. Throws FileError (fault R11: directory in
  /// use).
  explicit Spool(SpoolSettings settings);
  /// stop().
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// From any thread; never waits for the disk. False, and counted, when the queue is full or the
  /// spool stopped.
  bool append(core::Record record);

  /// As append(); `on_durable` is then told once, on the spool thread, whether the record reached
  /// the disk. It must not block.
  bool append(core::Record record, DurableCallback on_durable);

  /// Appends and waits until the record is on disk; false when that did not happen in time (it may
  /// still happen). For what must be durable before anyone acts. Never from a media thread.
  bool append_durable(core::Record record, std::chrono::milliseconds timeout);

  /// Waits until everything appended before is written and synced; false on timeout or when the
  /// disk refuses.
  bool flush(std::chrono::milliseconds timeout);

  // The importer's side, one thread.

  /// Records after `position`, see SpoolReader::read_after.
  std::vector<SpooledRecord> read_after(SpoolPosition position, const ReadLimits& limits);
  /// Waits until a record after `position` is readable, the spool stops, wake_reader() is called or
  /// the time is over.
  void wait_for_records(SpoolPosition position, std::chrono::milliseconds timeout);
  void wake_reader();
  /// Everything up to `through` is in the database: saves the checkpoint and deletes what is no
  /// longer needed. Call it now and then with an unchanged position too: an idle segment becomes
  /// deletable when it is sealed.
  void acknowledge(SpoolPosition through);

  [[nodiscard]] SpoolPosition checkpoint() const;
  [[nodiscard]] const NodeId& node() const noexcept { return directory_.node(); }
  [[nodiscard]] std::string node_text() const { return directory_.node_text(); }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return directory_.epoch(); }
  [[nodiscard]] SpoolCounters counters() const;
  /// False when the state is `full`. Cheap, from any thread.
  [[nodiscard]] bool has_room() const noexcept;

  /// Refuses new records, writes and syncs the rest, saves the checkpoint, ends the thread.
  /// Idempotent. The importer must have stopped before.
  void stop();

 private:
  struct Queued {
    core::Record record;
    DurableCallback on_durable;
  };
  struct Age {  ///< records up to `through` (after the entry before) are not older than `wall`
    SpoolPosition through;
    core::WallTime wall;
  };

  /// A call whose record was refused: it will be flagged.
  struct Refusal {
    core::CallId call;
    core::WallTime wall;
  };
  struct Taken {
    std::deque<Queued> records;
    std::vector<Refusal> refusals;
    bool stopping = false;
    std::uint64_t flush_wanted = 0;
  };

  bool enqueue(Queued queued);
  void run();
  Taken take_queue();
  void work(Taken& taken, std::uint64_t& flushed);
  void publish(core::WallTime wall, std::uint64_t flushed);
  void finish();

  const SpoolSettings settings_;
  SpoolDirectory directory_;
  SegmentTable table_;
  SpoolWriter writer_;
  SpoolReader reader_;

  mutable std::mutex mutex_;
  std::condition_variable writer_wakes_;
  std::condition_variable reader_wakes_;
  std::condition_variable flushed_;
  std::deque<Queued> queue_;  ///< a deque: growing it never moves what is in it
  std::vector<Refusal> refusals_;
  std::uint64_t appended_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t flush_wanted_ = 0;
  std::uint64_t flush_done_ = 0;
  bool stopping_ = false;
  bool reader_woken_ = false;
  SpoolPosition written_;
  SpoolPosition acknowledged_;
  SpoolPosition saved_;  ///< the checkpoint on disk
  core::TimePoint saved_at_{};
  std::deque<Age> ages_;
  std::atomic<core::TimePoint> busy_since_{};  ///< the epoch of the clock while idle
  std::thread thread_;
};

}  // namespace tandem::store
