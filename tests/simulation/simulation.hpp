// One run: the real call between its fakes, from the webhook to the last socket's close.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/scenario.hpp"

namespace tandem::simulation {

struct RunOptions {
  std::string_view provider = "hume";
  std::int64_t nth_failure = 0;  ///< the fallible step that fails, counted from 1; 0: none
  bool keeps_lines = false;
};

struct Outcome {
  bool ok = true;
  std::string rule;  ///< the first that was broken
  std::string what;
  std::uint64_t hash = 0;  ///< of everything that happened
  std::int64_t steps = 0;  ///< fallible ones
  std::int64_t virtual_ms = 0;
  std::string end_reason;
  std::vector<std::string> lines;
};

Outcome run(const Scenario& scenario, const RunOptions& options);

}  // namespace tandem::simulation
