// Why a call ended: in the final record, as a metric label, in docs/operations.md and with a test
// each (tests/tidy compares the lists).
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem::call {

enum class EndReason : std::uint8_t {
  caller_hung_up,       ///< the carrier said the call is over
  agent_hung_up,        ///< the agent ended it and its last words were played
  operator_hung_up,     ///< a person or a program asked for it
  time_limit,           ///< the hard cap per call
  no_stream,            ///< our webhook was answered, but no media stream came
  no_start,             ///< the stream did not begin in time
  bad_token,            ///< the one-time token is wrong or missing
  wrong_call,           ///< the stream belongs to another call
  unsupported_media,    ///< not mu-law 8 kHz mono
  carrier_protocol,     ///< too many bad messages, a binary frame, media before start
  carrier_lost,         ///< the media socket broke or went silent
  carrier_stalled,      ///< the carrier stopped reading
  voice_refused,        ///< the voice provider refused us: credentials or configuration
  voice_unavailable,    ///< all attempts to reach it failed
  voice_lost,           ///< it was lost during the call and could not be resumed
  voice_frozen,         ///< it fell silent, and neither a nudge nor a new session woke it
  voice_ended,          ///< it closed the session regularly (its own time limits)
  transferred,          ///< the caller is being put through to a person
  opted_out,            ///< the caller does not want to be called again: by key, word or list
  answered_by_machine,  ///< an answering machine or a fax picked up the call that we placed
  shutdown,             ///< this bridge is going down
  internal,             ///< a bug of ours ended this call and no other
};

inline constexpr std::size_t end_reason_count = static_cast<std::size_t>(EndReason::internal) + 1;

std::string_view to_string(EndReason reason) noexcept;

/// Reasons after which the line itself must go dead; after the others the carrier asks what to do
/// next and gets an apology or a transfer.
bool wants_hang_up(EndReason reason) noexcept;

}  // namespace tandem::call
