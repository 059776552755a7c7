// Exports: everything that a list filter selects, page by page, so that the API can stream a
// million calls in short transactions and bounded memory.
#pragma once

#include <string>
#include <vector>

#include "store/queries.hpp"

namespace tandem::store {

inline constexpr std::int32_t export_page_max = 1'000;

struct ExportPage {
  std::vector<CallDetail> calls;  ///< newest first; never hits
  std::string next_cursor;        ///< empty on the last page
};

/// The page after `cursor` (empty: the first one) of exactly what list_calls selects with this
/// filter; `filter.cursor` and `filter.limit` are not used. `limit` is brought into 1 to
/// export_page_max. A call that begins while an export runs is not in it: pages only go back in
/// time. Throws PostgresError, CursorError.
ExportPage export_page(Connection& connection, const CallFilter& filter, const std::string& cursor,
                       std::int32_t limit);

}  // namespace tandem::store
