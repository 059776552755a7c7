// The filters of the list of calls and of its exports: the same words select the same calls.
#pragma once

#include <string_view>

#include "store/queries.hpp"
#include "web/parameters.hpp"

namespace tandem::web {

/// Reads outcome, q, number, from, to, min_duration, max_duration, status, direction, provider,
/// answered, hour, weekday. The errors are in `parameters`; the caller finishes them.
store::CallFilter read_call_filter(Parameters& parameters);

/// The same and the page: cursor, limit.
store::CallFilter read_call_page(Parameters& parameters);

}  // namespace tandem::web
