// Moves records from the spool into PostgreSQL: batches of at most 256 rows or 100 ms, the rows and
// the watermark in one transaction, so that every record arrives exactly once whatever fails in
// between.
//
// While the database is away it waits 0.1 to 10 s with jitter and the spool grows. A record that
// PostgreSQL will never take is found by halving its batch, moved to dead_letters, and the rest
// goes on. A batch that ran out of time is halved too, and grows again when the database is quick
// again (fault P04). With a schema older or newer than this binary's it connects, writes nothing
// and waits (fault P12); a migration under a running connection only adds, so that one writes on.
// A server that cannot prove who it is (fault P17) gets nothing, and is an alarm.
#pragma once

#include <condition_variable>
#include <mutex>
#include <random>
#include <span>
#include <thread>

#include "store/notice.hpp"
#include "store/postgres.hpp"
#include "store/spool.hpp"

namespace tandem::store {

struct ImporterSettings {
  DatabaseUrl database;
  std::string node_name;  ///< for the `nodes` table
  std::string version;    ///< of this program
  ReadLimits batch;
  std::chrono::milliseconds linger{100};
  std::chrono::milliseconds backoff_min{100};
  std::chrono::milliseconds backoff_max{10'000};
  NoticeSink notices = [](const Notice&) {};
  /// Records that just became visible in the database, in order; called from the importer thread,
  /// must not throw.
  std::function<void(std::span<const core::Record>)> on_imported =
      [](std::span<const core::Record>) {};
  /// A batch was committed, and how long that took; from the importer thread, must not throw.
  std::function<void(core::Duration)> on_written = [](core::Duration) {};
};

enum class ImporterState : std::uint8_t { connecting, importing, schema_mismatch, stopped };
std::string_view to_string(ImporterState state) noexcept;

struct ImporterCounters {
  ImporterState state = ImporterState::connecting;
  std::uint64_t imported = 0;  ///< records, dead letters not included
  std::uint64_t dead_letters = 0;
  std::uint64_t conflicts = 0;  ///< of those: same key, other content
  std::uint64_t batches = 0;    ///< transactions committed
  std::uint64_t failures = 0;   ///< attempts that ended in an error and were repeated
  std::string last_sqlstate;    ///< of the newest failure; empty when the connection itself failed
  std::string last_failure;     ///< its words, safe to log and to show
};

class Importer {
 public:
  /// Starts the thread. `spool` must outlive it.
  Importer(Spool& spool, ImporterSettings settings);
  /// stop(0).
  ~Importer();
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;

  /// Imports what the spool still holds for at most `grace`, gives up at the first failure, ends
  /// the thread. What is left stays in the spool. Idempotent. Call spool.flush() first, so that
  /// everything is there.
  void stop(std::chrono::milliseconds grace);

  [[nodiscard]] ImporterCounters counters() const;

 private:
  struct Entry {
    SpooledRecord spooled;
    std::optional<core::Record> record;  ///< nothing when the payload does not decode
    std::string undecodable;
  };

  void run();
  bool step();
  void connect();
  void fill_batch();
  void forget_committed();
  void import(std::span<const Entry> entries);
  void import_in_time();
  void write_transaction(std::span<const Entry> entries);
  void write_dead_letter(const Entry& entry, std::string_view sqlstate, std::string_view reason);
  void write_watermark(SpoolPosition through);
  void committed(std::span<const Entry> entries, std::uint64_t dead_letters);
  void announce(std::span<const Entry> entries);
  void touch_node();
  void failed(const PostgresError& error);
  std::chrono::milliseconds next_backoff();
  bool pause(std::chrono::milliseconds time);
  [[nodiscard]] bool is_stopping() const;
  void set_state(ImporterState state);

  Spool& spool_;
  const ImporterSettings settings_;
  Interrupt interrupt_;
  std::optional<Connection> connection_;
  SpoolPosition position_;    ///< everything up to here is committed
  std::vector<Entry> batch_;  ///< read, not committed yet
  std::size_t rows_max_;      ///< of one transaction now; shrinks when the server is too slow
  int failures_in_a_row_ = 0;
  bool told_untrusted_ = false;  ///< in this row
  core::TimePoint node_touched_{};
  std::mt19937 random_{std::random_device{}()};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool finished_ = false;
  ImporterCounters counters_;
  std::thread thread_;
};

}  // namespace tandem::store
