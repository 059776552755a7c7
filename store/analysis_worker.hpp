// Decides after a call whether it was a booking: claims `analyse` jobs, loads the transcript, asks
// a function that main wires to the model, and stores the verdict. What the model is and how it is
// asked is not known here.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/jobs.hpp"
#include "store/notice.hpp"
#include "store/queries.hpp"

namespace tandem::store {

/// What one try of the analysis came to.
struct AnalysisOutcome {
  enum class State : std::uint8_t {
    done,          ///< a verdict: outcome, confidence and evidence count
    retry,         ///< a passing failure: tried again, at most 8 times within 24 hours
    failed,        ///< no verdict and none to come (wrong key, model gone): `reason` says why
    needs_review,  ///< a person must look: the answer did not pass the checks, or confidence is low
  };
  State state = State::done;
  std::chrono::seconds retry_after{
      0};               ///< with retry: wait at least this long; 0: the worker's own schedule
  std::string outcome;  ///< "booked", "not_booked", "unclear"; may be empty unless done
  std::optional<double> confidence;  ///< 0 to 1
  std::vector<Evidence> evidence;
  std::string reason;
  std::string model;
  std::string prompt_version;
  std::string raw;  ///< the model's answer as it came
};

/// Called on the worker's thread; may block as long as its own timeouts allow. An exception counts
/// as `retry`.
using Analyse = std::function<AnalysisOutcome(const std::vector<TranscriptLine>&)>;

struct AnalysisWorkerSettings {
  DatabaseUrl database;
  std::string owner;  ///< shown in jobs.lease_owner
  Analyse analyse;
  std::chrono::seconds lease{180};  ///< longer than one analysis can take
  std::chrono::milliseconds poll{1'000};
  std::int32_t attempts_max = 8;
  std::chrono::seconds age_max{24 * 3600};
  /// Wait before the next try, by attempts made; the last entry repeats.
  std::vector<std::chrono::seconds> retry_delays = {
      std::chrono::seconds(5),     std::chrono::seconds(30),    std::chrono::seconds(120),
      std::chrono::seconds(600),   std::chrono::seconds(3'600), std::chrono::seconds(14'400),
      std::chrono::seconds(28'800)};
  NoticeSink notices = [](const Notice&) {};
  /// A call's analysis changed in the database; from the worker's thread.
  std::function<void(const std::string& call_id, const AnalysisOutcome&)> on_analysed =
      [](const std::string&, const AnalysisOutcome&) {};
};

class AnalysisWorker {
 public:
  explicit AnalysisWorker(AnalysisWorkerSettings settings);
  /// stop(0).
  ~AnalysisWorker();
  AnalysisWorker(const AnalysisWorker&) = delete;
  AnalysisWorker& operator=(const AnalysisWorker&) = delete;

  /// Looks for work now instead of at the next poll. From any thread.
  void nudge();
  /// Lets a running analysis finish and store its verdict, then ends the thread. After `grace` the
  /// database is no longer waited for (the job's lease brings it back); the analysis itself always
  /// is. Idempotent.
  void stop(std::chrono::milliseconds grace);

 private:
  void run();
  bool work_once();
  void begin(const Job& job);
  AnalysisOutcome ask(const Job& job);
  void limit_retries(const Job& job, AnalysisOutcome& outcome) const;
  void store(const Job& job, const AnalysisOutcome& outcome);
  bool end_job(const Job& job, const AnalysisOutcome& outcome);
  bool wait(std::chrono::milliseconds time);

  const AnalysisWorkerSettings settings_;
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
