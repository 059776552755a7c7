// May this process take over a phone call whose process died, and what does its agent have to know
// of it? Pure rules over what the record says (fault R01).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/call/call.hpp"
#include "store/queries_carrier.hpp"

namespace tandem {

/// Processes that may carry one phone call, one after the other: the first and two that take over.
inline constexpr int parts_max = 3;
/// Of the conversation so far, told to an agent that cannot remember it.
inline constexpr std::size_t history_bytes_max = 8 * 1024;

enum class Takeover {
  take_over,  ///< nobody ended it on purpose
  hang_up,    ///< it is known to be over, or was taken over too often, or nobody knows it
};
/// Nothing: the record does not know the call.
Takeover judge_takeover(const std::optional<store::EarlierCall>& earlier) noexcept;

/// What the new Call is told. The agent's lines hold what the caller heard of them, as near as
/// known; the oldest lines go when there are too many bytes.
call::PreviousCall previous_call(const store::EarlierCall& earlier);

/// What is left of `limit` for a call that began at `began`; at least a minute, because the caller
/// is there.
std::chrono::seconds time_left(std::chrono::seconds limit, core::WallTime began,
                               core::WallTime now) noexcept;

/// The final record of a call whose process died before it could write one: as of the last moment
/// that was written down.
core::Record lost_call_record(const std::string& call_id, core::WallTime last_seen,
                              std::int64_t duration_ms, std::int32_t messages);

}  // namespace tandem
