// The tables of docs/conversation.md.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/corpus/checks.hpp"

namespace tandem::corpus {

struct NamedTable {
  std::string name;  ///< of its place in the document
  std::string title;
  std::vector<std::string> lines;
};

std::vector<NamedTable> report(const Results& results);

}  // namespace tandem::corpus
