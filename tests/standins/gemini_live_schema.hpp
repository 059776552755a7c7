// What Gemini Live accepts from a client: the keys, types and words of the SDK's own types
// (@google/genai 3.1.0, LiveClientMessage) and what gemini-3.8-live refuses beyond them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "json.hpp"

namespace tandem::standins {

// How the server ends a connection that it does not like; Google knows no other error message.
struct LiveRefusal {
  std::uint16_t code = 1007;
  std::string reason;
};

// nullopt: `message` may be sent. Otherwise the close that it earns.
std::optional<LiveRefusal> live_message_problem(const json::object& message);

// The same for the content of a well-formed `setup`: model, voice, what the model does not support.
std::optional<LiveRefusal> live_setup_problem(const json::object& setup);

}  // namespace tandem::standins
