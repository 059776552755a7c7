// Decides after a call whether it was a booking: the handler of `analyse` jobs loads the
// transcript, asks a function that main wires to the model, and stores the verdict. What the model
// is and how it is asked is not known here.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/job_worker.hpp"
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

/// A call's analysis changed in the database; from the worker's thread, after the commit.
using OnAnalysed = std::function<void(const std::string& call_id, const AnalysisOutcome&)>;

/// The handler for a JobWorker. Its retries are the worker's: at most 8 tries within 24 hours.
JobHandler analysis_job(
    Analyse analyse, OnAnalysed on_analysed = [](const std::string&, const AnalysisOutcome&) {});

}  // namespace tandem::store
