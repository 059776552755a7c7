// The active segment of a spool: writes at once, syncs within 20 ms or 256 KiB (class A
// immediately), starts a new segment every 16 MiB or 60 s, and keeps what the disk refused in
// memory. Used by the spool thread alone.
//
// A file whose sync failed once is never synced again (a kernel may drop the dirty pages and answer
// "fine" the second time): its unsynced records are written once more to a new segment, under new
// positions, because a reader may have passed the old ones; importing a record twice changes
// nothing. A second failure is final: `failing` tells the node to drain (fault R07).
//
// At 100 % class A goes on (into the reserve), class B waits in memory and its call is flagged
// (store/incomplete_calls), class C is dropped (fault R06).
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "store/incomplete_calls.hpp"
#include "store/notice.hpp"
#include "store/record_json.hpp"
#include "store/spool_directory.hpp"
#include "store/spool_fill.hpp"

namespace tandem::store {

struct SpoolLimits {
  std::size_t bytes_max = std::size_t{4} << 30;       ///< SPOOL_MAX_BYTES
  std::size_t reserve_bytes = std::size_t{64} << 20;  ///< disk kept for class A
  std::size_t segment_bytes = std::size_t{16} << 20;
  std::chrono::milliseconds segment_age{60'000};
  std::chrono::milliseconds sync_delay{20};
  std::size_t sync_bytes = 256 * 1024;
  std::size_t held_max = 65'536;  ///< records kept in memory while the disk refuses
};

/// Told once when a durable record reached the disk (true) or was given up (false). Must not block.
using DurableCallback = std::function<void(bool)>;

/// What the spool thread counted; readable from any thread.
struct WriterCounters {
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> dropped_full{0};  ///< class C at 100 %, class B beyond held_max
  std::atomic<std::uint64_t> dropped_too_large{0};
  std::atomic<std::uint64_t> held{0};  ///< in memory now because the disk refuses
  std::atomic<std::uint64_t> syncs{0};
  std::atomic<std::uint64_t> disk_errors{0};
  std::atomic<bool> disk_full{false};
  std::atomic<bool> failing{false};
};

class SpoolWriter {
 public:
  SpoolWriter(SpoolDirectory& directory, SegmentTable& table, SpoolLimits limits,
              NoticeSink notices);

  /// Takes the record; write() puts it into the file.
  void accept(const core::Record& record, DurableCallback on_durable);
  /// A record of this call never reached accept(): the queue before it was full.
  void note_lost(const core::CallId& call, core::WallTime wall);

  /// Writes what is pending as far as the disk allows.
  void write(core::TimePoint now);
  /// The next write() does not wait for the end of a pause after a refusal.
  void retry_now() noexcept { retry_at_ = {}; }
  /// Syncs when a deadline, the size or a class A record asks for it; `force` syncs whatever is
  /// unsynced.
  void sync_if_due(core::TimePoint now, bool force);
  /// Ends the segment when it is large or old enough.
  void rotate_if_due(core::TimePoint now);
  /// What follows write(): syncs what is due, writes again what a failed sync gave back, ends the
  /// segment when it is time.
  void settle(core::TimePoint now, bool force);
  /// Nothing more will be tried: whoever waits for what is not synced is told no.
  void give_up_rest();

  /// When write, sync_if_due or rotate_if_due have something to do next; max() when never.
  [[nodiscard]] core::TimePoint next_deadline() const noexcept;
  /// Position of the newest written record.
  [[nodiscard]] SpoolPosition last_written() const noexcept { return {epoch_, written_lsn_}; }
  /// Everything that was accepted is synced, or was given up.
  [[nodiscard]] bool is_settled() const noexcept { return pending_.empty() && unsynced_.empty(); }
  [[nodiscard]] const WriterCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] const SpoolFill& fill() const noexcept { return fill_; }

 private:
  struct Pending {
    RecordType type{};
    SyncClass sync{};
    core::WallTime wall{};
    core::CallId call;
    std::string payload;
    DurableCallback on_durable;
  };

  void accept_as(SyncClass sync, const core::Record& record, DurableCallback on_durable);
  void flag_held(const std::deque<Pending>& records);
  void flag_restored();
  void measure(core::TimePoint now);
  bool open_segment(core::WallTime wall, core::TimePoint now);
  int begin_segment(int fd, std::uint64_t repeated, core::WallTime wall);
  void close_segment();
  std::deque<Pending> admit();
  static bool someone_waits(const std::deque<Pending>& records);
  void write_batch(std::deque<Pending>& batch, core::TimePoint now);
  void refused(std::deque<Pending>& batch, int error, core::TimePoint now);
  void make_way(bool is_urgent, core::TimePoint now);
  void put_back(std::deque<Pending>& records);
  void abandon_segment(int error, core::TimePoint now);
  void count_failure(core::TimePoint now);
  void trim_pending();
  void give_up(const Pending& record, std::atomic<std::uint64_t>& counter);

  SpoolDirectory& directory_;
  SegmentTable& table_;
  const SpoolLimits limits_;
  const FileCalls& calls_;
  const NoticeSink notices_;
  const std::uint64_t epoch_;

  FileDescriptor file_;
  std::size_t file_bytes_ = 0;
  std::size_t synced_bytes_ = 0;
  core::TimePoint opened_{};
  std::uint64_t next_lsn_ = 1;
  std::uint64_t written_lsn_ = 0;
  core::WallTime last_wall_{};
  std::uint64_t synced_lsn_ = 0;  ///< everything up to here is on disk, or stands again after it
  std::deque<Pending> pending_;   ///< not in a file yet
  std::deque<Pending> unsynced_;  ///< written, kept until synced
  std::size_t unsynced_bytes_ = 0;
  bool durable_waits_ = false;
  core::TimePoint oldest_unsynced_{};
  core::TimePoint retry_at_{};  ///< after a refusal, nothing is tried before
  core::TimePoint measured_{};
  std::uint64_t free_bytes_ = 0;
  bool is_out_of_space_ = false;
  int failures_ = 0;  ///< of the disk, not for want of space
  SpoolFill fill_;
  IncompleteCalls incomplete_;
  WriterCounters counters_;
};

}  // namespace tandem::store
