// What is asked of the record: every list, search, report and export of the API, each with values
// drawn anew for every round.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "store/postgres.hpp"

namespace tandem::bench {

using Chance = std::mt19937_64;

struct Case {
  std::string name;
  /// Asks once; how many rows came back.
  std::function<std::size_t(store::Connection&, Chance&)> ask;
};

/// Values that are really in the database, drawn once.
struct Samples {
  std::vector<std::string> ids;
  std::vector<std::string> numbers;
  core::WallTime oldest{};
  core::WallTime newest{};
};

Samples draw_samples(store::Connection& connection);
std::vector<Case> all_cases(const Samples& samples);

}  // namespace tandem::bench
