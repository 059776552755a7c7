#include "bridge/export_stream.hpp"

#include <ostream>

#include "web/answers.hpp"

namespace tandem {

namespace {

using Kind = core::HttpPiece::Kind;

/// How far an export is.
struct Progress {
  web::ExportCalls wanted;
  web::ExportWriter writer;
  std::string cursor = {};
};
struct Step {
  core::HttpPiece piece;
  Progress after;
};
using StepResult = store::QueryResult<Step>;

/// Makes the next piece and says where it leads. Changes nothing, because the query thread repeats
/// a question whose connection turned out dead.
Step step(store::Connection& connection, const Progress& before) {
  Step next{.piece = {}, .after = before};
  auto& [wanted, writer, cursor] = next.after;
  const auto page = store::export_page(connection, wanted.filter, cursor, web::export_page_calls);
  std::string& bytes = next.piece.bytes;
  if (cursor.empty()) bytes = writer.begin();
  for (const auto& call : page.calls) writer.append(bytes, call);
  cursor = page.next_cursor;
  next.piece.kind = cursor.empty() ? Kind::last : Kind::more;
  if (cursor.empty()) bytes += writer.end();
  return next;
}

/// `then` is called on a query thread. False when too many questions are waiting.
bool ask(store::QueryThread& queries, const Progress& progress,
         std::function<void(StepResult)> then) {
  return queries.post<Step>(
      [progress](store::Connection& connection) { return step(connection, progress); },
      std::move(then));
}

/// The pieces after the first one.
core::PullPiece pull_after(store::QueryThread& queries, ops::Log& log, Step first) {
  const auto current = std::make_shared<Step>(std::move(first));
  const auto is_first = std::make_shared<bool>(true);
  return [&queries, &log, current, is_first](const core::GivePiece& give) {
    if (std::exchange(*is_first, false)) return give(std::move(current->piece));
    const bool is_queued = ask(queries, current->after, [&log, current, give](StepResult result) {
      if (const auto* const error = std::get_if<store::QueryError>(&result)) {
        log.warn("export_broken_off", {{"why", error->text}});
        return give({});
      }
      *current = std::get<Step>(std::move(result));
      give(std::move(current->piece));
    });
    if (!is_queued) give({});
  };
}

}  // namespace

core::HttpResponse query_problem(const store::QueryError& error, ops::Log& log) {
  log.warn("query_failed", {{"why", error.text}});
  const bool is_away = error.kind == store::QueryError::Kind::unavailable;
  return is_away ? web::database_unavailable() : web::internal_problem();
}

void answer_export(store::QueryThread& queries, ops::Log& log, const web::ExportCalls& wanted,
                   net::Respond respond) {
  const Progress beginning{wanted, web::ExportWriter(wanted.format)};
  const bool is_queued = ask(queries, beginning, [&queries, &log, respond](StepResult result) {
    if (const auto* const error = std::get_if<store::QueryError>(&result))
      return respond(query_problem(*error, log));
    auto& first = std::get<Step>(result);
    auto response = web::export_answer(first.after.wanted.format);
    response.pull = pull_after(queries, log, std::move(first));
    respond(std::move(response));
  });
  if (!is_queued) respond(web::database_unavailable());
}

void write_export(store::Connection& connection, const web::ExportCalls& wanted,
                  std::ostream& out) {
  Progress progress{wanted, web::ExportWriter(wanted.format)};
  auto kind = Kind::more;
  while (kind == Kind::more && out) {
    Step next = step(connection, progress);
    out << next.piece.bytes;
    kind = next.piece.kind;
    progress = std::move(next.after);
  }
  out.flush();
}

}  // namespace tandem
