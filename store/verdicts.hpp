// What was judged of calls: the current verdict (booking_analysis), the history of all of them
// (verdicts), and the word of the analytics, always written together. A technical failure has no
// outcome anywhere: it is `failed` or waits, and never reads as "not booked". Blocking; every
// function throws PostgresError.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "store/jobs.hpp"
#include "store/queries.hpp"

namespace tandem::store {

/// What a judge is shown of a call.
struct JudgedCall {
  std::string id;
  core::WallTime began{};
  std::chrono::seconds talked{0};          ///< 0: it was never answered
  std::vector<core::PhoneNumber> numbers;  ///< of both ends
  std::vector<TranscriptLine> lines;       ///< in order of seq
};

/// A call without a row of its own (another node's import is behind) has its lines only.
JudgedCall load_judged_call(Connection& connection, const std::string& call_id);

/// What one try of the analysis came to.
struct AnalysisOutcome {
  enum class State : std::uint8_t {
    done,          ///< a verdict: outcome, confidence and evidence count
    retry,         ///< a passing failure: tried again, at most 8 times within 24 hours
    postponed,     ///< a quota is used up: tried again within 24 hours, the try does not count
    failed,        ///< no verdict and none to come (wrong key, model gone): `reason` says why
    needs_review,  ///< a person must look: the answer did not pass the checks, or there is none
  };
  State state = State::done;
  std::chrono::seconds retry_after{
      0};               ///< retry, postponed: wait at least this long; 0: the worker's own schedule
  std::string outcome;  ///< "booked", "not_booked", "unclear"; empty unless done or needs_review
  std::optional<double> confidence;  ///< 0 to 1
  std::vector<Evidence> evidence;
  std::string reason;
  std::optional<AgreedAppointment> appointment;
  std::vector<SuspiciousLine> suspicions;
  std::string model;          ///< as it was asked for
  std::string model_version;  ///< as it named itself
  std::string prompt_version;
  std::string raw;  ///< the model's answer as it came
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int32_t questions = 0;  ///< 2: the first answer was none
};

/// A try begins: whoever reads now sees "running", and no outcome of before.
void begin_analysis(Connection& connection, const Job& job);

/// Inside the transaction that ends the job's claim. `state` is the column's word, "queued" when it
/// is tried again. A verdict of the same question that is there already is kept (fault G09).
void write_outcome(Connection& connection, const Job& job, const AnalysisOutcome& outcome,
                   const std::string& state);

struct AnalysisRange {
  std::optional<core::WallTime> since;  ///< calls that began at or after
  std::optional<core::WallTime> until;  ///< calls that began before
};

/// Queues what has no verdict and is not under way; with `redo` also what has one. Answers the ids
/// of all calls of the range that are queued now.
std::vector<std::string> queue_analyses(Connection& connection, const AnalysisRange& range,
                                        bool redo);

/// How many of these calls' analyses are in which state.
struct AnalysisCounts {
  std::int64_t waiting = 0;  ///< queued or running
  std::int64_t done = 0;
  std::int64_t needs_review = 0;
  std::int64_t failed = 0;
};
AnalysisCounts count_analyses(Connection& connection, const std::vector<std::string>& call_ids);

/// The current verdict of a call, as a candidate is compared with it.
struct PastVerdict {
  std::string call_id;
  std::string outcome;
  std::string state;  ///< "done", "needs_review"
  std::string reason;
};

/// The newest `last` calls of the range that have one, newest first.
std::vector<PastVerdict> list_verdicts(Connection& connection, const AnalysisRange& range,
                                       std::int64_t last);

}  // namespace tandem::store
