// One thread that does the durable work of one kind: claims due rows of `jobs` under a lease, runs
// the handler, and ends the claim together with what the handler wants stored, in one transaction.
// Not here: what the work is. Several kinds are several workers, so that a slow one delays nobody.
//
// A process that dies in the middle leaves the claim to its lease; another worker then does the
// work again, and the answer of the first is not stored should it come after all (fence).
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/jobs.hpp"
#include "store/notice.hpp"

namespace tandem::store {

enum class JobState : std::uint8_t {
  done,
  retry,         ///< a passing failure: tried again until attempts or age are used up
  postponed,     ///< nothing could be tried yet: as retry, but the try does not count, only age
  again,         ///< went well, and is to run once more after `delay`: attempts count anew
  failed,        ///< for good: `note` says why
  needs_review,  ///< a person must look
};
/// The column jobs.state: "done", "queued", "failed", "needs_review".
const char* to_string(JobState state) noexcept;

/// What one run of a job came to.
struct JobOutcome {
  JobState state = JobState::done;
  std::chrono::seconds delay{0};  ///< retry: wait at least so long (0: the schedule); again: this
  std::string note;               ///< why, for jobs.last_error
  std::optional<std::string> payload =
      std::nullopt;  ///< with retry or again: the job's new payload, JSON
  /// Runs in the transaction that ends the claim, with the state that it came to (a retry may have
  /// become `failed`); not at all when another worker has the job.
  std::function<void(Connection&, JobState)> store = {};
  /// After the commit.
  std::function<void(JobState)> stored = {};
};

struct JobHandler {
  std::string kind;
  /// Called on the worker's thread outside any transaction; may block for less than the lease. A
  /// PostgresError leaves the job to its lease, any other exception counts as `retry`.
  std::function<JobOutcome(Connection&, const Job&)> run;
  /// Instead of run() when a job comes that was tried attempts_max times without an end: it may be
  /// what kills the process. Nothing here: `failed`.
  std::function<JobOutcome(const Job&)> used_up = {};
  /// After each connect, before the first claim: a place to put jobs that must always exist.
  std::function<void(Connection&)> connected = {};
  /// How long no job of this kind is to be claimed in this process, asked before every claim.
  /// Nothing here: never.
  std::function<std::chrono::milliseconds()> pause = {};
};

struct JobWorkerSettings {
  DatabaseUrl database;
  std::string owner;  ///< shown in jobs.lease_owner
  std::chrono::seconds lease{180};
  std::chrono::milliseconds poll{1'000};
  std::int32_t attempts_max = 8;
  std::chrono::seconds age_max{24 * 3600};
  /// Wait before the next try, by attempts made; the last entry repeats.
  std::vector<std::chrono::seconds> retry_delays = {
      std::chrono::seconds(5),     std::chrono::seconds(30),    std::chrono::seconds(120),
      std::chrono::seconds(600),   std::chrono::seconds(3'600), std::chrono::seconds(14'400),
      std::chrono::seconds(28'800)};
  NoticeSink notices = [](const Notice&) {};
};

class JobWorker {
 public:
  JobWorker(JobWorkerSettings settings, JobHandler handler);
  /// stop(0).
  ~JobWorker();
  JobWorker(const JobWorker&) = delete;
  JobWorker& operator=(const JobWorker&) = delete;

  /// Looks for work now instead of at the next poll. From any thread.
  void nudge();
  /// Lets a running job finish and store its outcome, then ends the thread. After `grace` the
  /// database is no longer waited for (the lease brings the job back); the handler itself always
  /// is. Idempotent.
  void stop(std::chrono::milliseconds grace);

 private:
  void run();
  void connect();
  bool work_once();
  JobOutcome outcome_of(const Job& job);
  void limit_retries(const Job& job, JobOutcome& outcome) const;
  void store(const Job& job, const JobOutcome& outcome);
  bool wait(std::chrono::milliseconds time);

  const JobWorkerSettings settings_;
  const JobHandler handler_;
  Interrupt interrupt_;
  std::optional<Connection> connection_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::condition_variable finished_;
  bool nudged_ = false;
  bool stopping_ = false;
  bool has_finished_ = false;
  std::thread thread_;
};

}  // namespace tandem::store
