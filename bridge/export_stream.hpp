// Exports as streams: one page of calls is in memory at a time, and the database is asked for the
// next one only when the client has taken it.
#pragma once

#include <functional>
#include <iosfwd>

#include "bridge/net/http_server.hpp"
#include "bridge/ops/log.hpp"
#include "store/query_thread.hpp"
#include "web/export.hpp"

namespace tandem {

/// Answers when the first page is there: 200 with a streamed body, or a problem document while
/// there still can be one. A page that fails later breaks the answer off. `queries` and `log`
/// outlive the answer.
void answer_export(store::QueryThread& queries, ops::Log& log, const web::ExportCalls& wanted,
                   net::Respond respond);

/// The problem document for a question that the database did not answer; the log has the reason.
core::HttpResponse query_problem(const store::QueryError& error, ops::Log& log);

/// The whole file. Throws store::PostgresError; `out` tells whether writing worked.
void write_export(store::Connection& connection, const web::ExportCalls& wanted, std::ostream& out);

}  // namespace tandem
