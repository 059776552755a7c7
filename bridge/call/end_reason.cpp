#include "bridge/call/end_reason.hpp"

#include <array>

namespace tandem::call {

namespace {
constexpr std::array<std::string_view, end_reason_count> names = {
    "caller_hung_up",    "agent_hung_up",     "operator_hung_up", "time_limit",
    "no_stream",         "no_start",          "bad_token",        "wrong_call",
    "unsupported_media", "carrier_protocol",  "carrier_lost",     "carrier_stalled",
    "voice_refused",     "voice_unavailable", "voice_lost",       "voice_frozen",
    "voice_ended",       "transferred",       "opted_out",        "answered_by_machine",
    "shutdown",          "internal",
};
}  // namespace

std::string_view to_string(EndReason reason) noexcept {
  return names[static_cast<std::size_t>(reason)];
}

bool wants_hang_up(EndReason reason) noexcept {
  switch (reason) {
    case EndReason::agent_hung_up:
    case EndReason::operator_hung_up:
    case EndReason::time_limit:
    case EndReason::voice_ended:
    case EndReason::answered_by_machine:
      return true;
    default:
      return false;
  }
}

}  // namespace tandem::call
