// Who makes callers wait: splits the gap between caller and agent among the parties, ranks them,
// and names the setting that helps. Pure.
//
//   bridge    our own stages: caller audio sent, the answer through the bridge
//   network   the voice leg's round trip time, as the kernel knows it
//   provider  from the last audio sent to the first of the answer, without the network
//   carrier   until the answer is audible
//   unexplained  what no stamp accounts for
//
// The p95 gap is split as the slowest tenth of the turns is, for one turn's stages add up to its
// gap and stages' percentiles do not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "web/latency_report.hpp"

namespace tandem::web {

inline constexpr std::size_t turns_needed = 5;

struct Bottleneck {
  struct Evidence {
    std::string_view name;
    std::int64_t p95_us = 0;
  };
  std::string_view party;
  double share = 0;     ///< of the p95 gap, 0 to 1
  std::int64_t us = 0;  ///< of the p95 gap
  std::vector<Evidence> evidence;
  std::string recommendation;
  std::vector<std::string_view> settings;  ///< that it names, by their names in env or config
};

/// By share, greatest first; the shares add up to 1. Empty below `turns_needed`.
std::vector<Bottleneck> rank_bottlenecks(const LatencyFigures& figures);

std::string render_bottlenecks(const LatencyQuery& query, const LatencyFigures& figures);

}  // namespace tandem::web
