// Wires the job queue's question to Gemini: transcript lines in, a checked verdict or a reason to
// try again out.
#pragma once

#include <functional>

#include "bridge/core/http.hpp"
#include "gemini/analysis.hpp"
#include "store/analysis_job.hpp"

namespace tandem {

/// Sends a request and waits for what becomes of it.
using Exchange = std::function<core::OutgoingResponse(core::OutgoingRequest)>;

/// Without an API key every analysis ends as `failed` with the reason "no_api_key": visible, and
/// repeatable later.
store::Analyse make_analyse(gemini::AnalysisSettings settings, Exchange exchange);

}  // namespace tandem
