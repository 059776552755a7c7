// Subcommand `openai` of the probe: {api_key, instructions, ...} -> {url, headers, frames: [[name,
// text], ...]}, every message that openai/realtime_provider can send.
#pragma once

#include <simdjson.h>

#include <string>

namespace tandem::conformance {

std::string openai_realtime(const simdjson::dom::element& line);

}  // namespace tandem::conformance
