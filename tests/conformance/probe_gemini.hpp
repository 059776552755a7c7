// Subcommand `gemini` of the probe: {api_key, prompt, ...} -> {url, headers, frames: [[name, text],
// ...]}, every message that gemini/live_provider can send.
#pragma once

#include <simdjson.h>

#include <string>

namespace tandem::conformance {

std::string gemini_live(const simdjson::dom::element& line);

}  // namespace tandem::conformance
