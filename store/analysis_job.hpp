// Decides after a call whether it was a booking: the handler of `analyse` jobs loads the
// call, asks a function that main wires to the model, and stores the verdict. What the model
// is and how it is asked is not known here.
#pragma once

#include <functional>
#include <string>

#include "store/job_worker.hpp"
#include "store/verdicts.hpp"

namespace tandem::store {

/// Called on the worker's thread; may block as long as its own timeouts allow. An exception counts
/// as `retry`.
using Analyse = std::function<AnalysisOutcome(const JudgedCall&)>;

/// A call's analysis changed in the database; from the worker's thread, after the commit.
using OnAnalysed = std::function<void(const std::string& call_id, const AnalysisOutcome&)>;

/// The handler for a JobWorker. Its retries are the worker's: at most 8 tries within 24 hours.
JobHandler analysis_job(
    Analyse analyse, OnAnalysed on_analysed = [](const std::string&, const AnalysisOutcome&) {});

}  // namespace tandem::store
