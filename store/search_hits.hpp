// Which lines of the calls on a page have the words that were searched for, with those words
// marked. For store/call_list only.
#pragma once

#include <string>
#include <vector>

#include "store/queries.hpp"

namespace tandem::store {

/// Fills CallRow::hits. `words` is text for to_tsquery('simple', ...), all words prefixes.
void add_hits(Connection& connection, const std::string& words, std::vector<CallRow>& calls);

/// Parts of a text in which \x01 begins and \x02 ends a match.
std::vector<SnippetPart> split_snippet(std::string_view marked);

}  // namespace tandem::store
