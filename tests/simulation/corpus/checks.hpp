// What the corpus promises, as tests: each a sentence, with the figures that broke it. Time is
// virtual and chance is seeded, so a check that holds once holds always.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/corpus/cut_ins.hpp"
#include "tests/simulation/corpus/freezes.hpp"
#include "tests/simulation/corpus/lost_legs.hpp"

namespace tandem::corpus {

struct Results {
  std::vector<CutInResult> cut_ins;
  std::vector<LostLegResult> lost_legs;
  std::vector<FreezeResult> freezes;
};

struct Check {
  std::string name;
  std::string problem;  ///< empty: it holds
};

std::vector<Check> check(const Results& results);

}  // namespace tandem::corpus
