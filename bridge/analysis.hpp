// Wires the job queue's question to Gemini: a call in, a checked verdict or a reason to try again
// out. The same judge serves the bridge after every call, `tandem analyze`, and its backtests.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

#include "bridge/core/http.hpp"
#include "gemini/analysis.hpp"
#include "gemini/request_limit.hpp"
#include "store/analysis_job.hpp"

namespace tandem {

struct Config;

/// Sends a request and waits for what becomes of it.
using Exchange = std::function<core::OutgoingResponse(core::OutgoingRequest)>;

/// The pause that a refused quota imposes on all workers of this process (G01). From any thread.
class SharedLimit {
 public:
  std::chrono::milliseconds pause();
  /// Answers what the pause is now.
  std::chrono::milliseconds refused(const gemini::AnalysisFailure& failure);
  void answered();

 private:
  std::mutex mutex_;
  gemini::RequestLimit limit_;
};

gemini::AnalysisSettings analysis_settings(const Config& config);

/// Asks, repairs an answer that is none with one further question (G05), and checks what comes.
/// Does not wait and does not try again. Without an API key every call ends as `failed` with the
/// reason "no_api_key": visible, and repeatable later. `limit` (may be null) hears of refused
/// quotas; with one, such a call is postponed, and without it it is tried again.
store::Analyse make_analyse(gemini::AnalysisSettings settings, Exchange exchange,
                            std::shared_ptr<SharedLimit> limit = nullptr);

}  // namespace tandem
