// Calls whose record has a hole, or would have one if the process died now: makes the event that
// says so. The first record of a call that must wait in memory or is lost gives
// `transcript_incomplete`; when everything that waited was written after all, and nothing was lost,
// `transcript_complete` follows. Pure; used by the spool thread alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "bridge/core/record.hpp"

namespace tandem::store {

/// The store numbers its own events of a call from here, by the second: the call's own count from
/// 0.
inline constexpr std::int32_t store_event_seq_first = 1 << 30;

class IncompleteCalls {
 public:
  /// Calls remembered; further ones are not flagged.
  static constexpr std::size_t calls_max = 4096;

  /// A record of this call waits in memory. The event, the first time.
  std::optional<core::Record> held(const core::CallId& call, core::WallTime wall);
  /// A record of this call is gone for good. The event, unless the call has one.
  std::optional<core::Record> lost(const core::CallId& call, core::WallTime wall);
  /// Nothing waits any more: an event for every call that lost nothing.
  std::vector<core::Record> restored(core::WallTime wall);

 private:
  std::optional<core::Record> note(const core::CallId& call, core::WallTime wall, bool is_lost);

  std::map<core::CallId, bool> calls_;  ///< true: something was lost
};

}  // namespace tandem::store
