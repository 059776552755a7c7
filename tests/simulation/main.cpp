// tests/simulation/run: seeds on all cores, nth-failure runs, one legible trace per failing run.
#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>

#include "tests/simulation/campaign.hpp"

int main(int count, char** arguments) {
  try {
    return tandem::simulation::campaign(
        tandem::simulation::parse_options({arguments + 1, arguments + count}));
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "tandem-simulation: {}\n{}", error.what(), tandem::simulation::usage);
    return 2;
  }
}
