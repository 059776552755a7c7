// Pages of lists whose rows are numbered as they were entered: cursor and limit of the request, the
// cursor of the answer. The cursor is the number of the last row of the page before.
#pragma once

#include "store/dial_queries.hpp"
#include "web/json.hpp"
#include "web/parameters.hpp"

namespace tandem::web {

/// Reads cursor and limit. The errors are in `parameters`; the caller finishes them.
store::NumberedPage read_numbered_page(Parameters& parameters);

/// The member next_cursor; null on the last page.
void write_next_cursor(JsonWriter& json, std::int64_t next);

}  // namespace tandem::web
