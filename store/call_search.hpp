// Search of what was said: which calls have all of some words, newest first. For store/call_list
// only. How it is done, and what it costs: docs/record.md.
#pragma once

#include <string>

#include "store/call_filters.hpp"

namespace tandem::store {

/// "table for two" as to_tsquery reads it: 'table':* & 'for':* & 'two':*, each word the beginning
/// of one that was said. At most 16 words count. Empty without a word.
std::string search_words(std::string_view typed);

/// The calls with these `words` (of search_words, not empty) that the filter lets through.
/// Throws CursorError, PostgresError.
PageQuery search_query(Connection& connection, const CallFilter& filter, const std::string& words,
                       std::int32_t rows_max);

}  // namespace tandem::store
