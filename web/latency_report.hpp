// Answers of /latency/...: times of all calls and of one, and the settings. Pure.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "bridge/call/call.hpp"
#include "bridge/core/timings.hpp"
#include "web/latency_task.hpp"

namespace tandem::web {

/// What was counted in the window that is reported on.
struct LatencyFigures {
  using ByTiming = std::array<core::Distribution, core::timing_count>;

  std::vector<std::string> providers;  ///< that calls can have
  std::vector<std::string> threads;
  std::vector<ByTiming> by_thread;
  std::vector<ByTiming> steps;  ///< the window in steps of equal length, oldest first
  std::chrono::seconds step{0};
  std::vector<core::MeasuredTurn> turns;  ///< newest first
};

/// All threads together.
core::Distribution sum_of(const LatencyFigures& figures, core::Timing timing);

inline constexpr std::size_t turns_shown = 20;
std::string render_latency_stats(const LatencyQuery& query, const LatencyFigures& figures);

/// Of a running call: what it has measured so far, and its turns (oldest first).
std::string render_running_latency(std::string_view call_id, const call::Snapshot& snapshot,
                                   const std::vector<core::MeasuredTurn>& turns);

/// The settings for new calls.
struct LatencyConfig {
  LatencySettings defaults;
  LatencySettings settings;
  struct Change {
    std::string name;
    core::WallTime at{};
    std::string by;
  };
  std::vector<Change> changes;  ///< of what differs from its default
};
std::string render_latency_config(const LatencyConfig& config);

}  // namespace tandem::web
