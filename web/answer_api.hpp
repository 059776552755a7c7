// The answer to a question of the API, read from the store. Blocking: run it on a
// store::QueryThread.
#pragma once

#include "bridge/core/http.hpp"
#include "web/api.hpp"

namespace tandem::web {

/// 200, 400 for a cursor that is not ours, or 404. Throws store::PostgresError; answer that with
/// database_unavailable() or internal_problem() of web/answers.hpp.
core::HttpResponse answer_api(store::Connection& connection, const ApiQuery& query);

}  // namespace tandem::web
