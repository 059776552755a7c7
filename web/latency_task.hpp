// What a request to /latency/... comes to: work for bridge/latency_monitor.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "web/latency_settings.hpp"

namespace tandem::web {

/// What is reported on.
struct LatencyQuery {
  std::string window = "5m";  ///< "1m", "5m", "15m", "all"
  std::string provider;       ///< empty: all
  /// Nothing: since the start.
  [[nodiscard]] std::optional<std::chrono::seconds> span() const;
};

struct LatencyTask {
  enum class What : std::uint8_t { stats, bottlenecks, session, settings, change };
  What what = What::stats;
  LatencyQuery query;      ///< stats, bottlenecks
  std::string call_id;     ///< session
  LatencyChanges changes;  ///< change
  std::string who;         ///< change: for the record
};

}  // namespace tandem::web
