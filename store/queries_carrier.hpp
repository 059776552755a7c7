// What the record knows of phone calls by the carrier's id: for taking over a call whose process
// died, and for closing rows that nobody closed. Blocking, as store/queries.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/core/types.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

inline constexpr int earlier_lines_max = 40;

/// One phone call as all processes together wrote it down. A call that was taken over has one row
/// (a part) per process.
struct EarlierCall {
  int parts = 0;
  core::WallTime first_started{};  ///< of the oldest part

  // Of the newest part:
  std::string call_id;
  std::string end_reason;  ///< empty: nobody wrote an end
  std::string provider;
  std::string chat_group_id;
  std::string purpose;
  core::WallTime last_seen{};    ///< the last thing that was written down
  std::int64_t duration_ms = 0;  ///< from its media stream to last_seen
  std::int32_t messages = 0;

  struct Line {
    std::string speaker;  ///< "user", "assistant"
    std::string message;
    std::optional<double> heard_ratio;  ///< assistant only, once known
  };
  std::vector<Line> lines;  ///< of all parts, in order; at most the last earlier_lines_max
};

/// Nothing when no call has this carrier id.
std::optional<EarlierCall> load_earlier_call(Connection& connection, const std::string& call_sid);

/// A row that says neither why nor that its call ended.
struct UnfinishedCall {
  std::string call_id;
  std::string call_sid;
  std::string status;  ///< the carrier's last word
  core::WallTime start_time{};
  core::WallTime last_seen{};
  std::int64_t duration_ms = 0;
  std::int32_t messages = 0;
};

/// Of `node` and begun before `node_began`, or of any node and begun before `overdue`. Oldest
/// first, at most `limit`; nothing older than `oldest`.
struct UnfinishedFilter {
  std::string node;
  core::WallTime node_began{};
  core::WallTime overdue{};
  core::WallTime oldest{};
  int limit = 100;
};
std::vector<UnfinishedCall> load_unfinished_calls(Connection& connection,
                                                  const UnfinishedFilter& filter);

}  // namespace tandem::store
