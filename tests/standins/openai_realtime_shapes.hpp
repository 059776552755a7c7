// What the OpenAI Realtime API accepts from a client: the keys, types and words of the SDK's own
// types (npm openai 7.57.0, RealtimeClientEvent). Pure. Not here: whether an item exists or an
// answer may begin, which only a session knows.
#pragma once

#include <optional>
#include <string>

#include "json.hpp"

namespace tandem::standins {

struct RealtimeProblem {
  std::string code;  // "unknown_parameter", "invalid_value", ...; empty: the API names none
  std::string message;
  std::string param;
};

// nullopt: the event has an accepted shape. Its `type` decides which.
std::optional<RealtimeProblem> realtime_event_problem(const json::object& event);

}  // namespace tandem::standins
