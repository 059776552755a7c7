#include "bridge/api_routes.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <chrono>

#include "web/access.hpp"
#include "web/answer_api.hpp"
#include "web/answers.hpp"
#include "web/api_command.hpp"
#include "web/assets.hpp"

namespace tandem {

namespace {

core::HttpResponse text(int status, std::string body,
                        std::string_view type = "text/plain; charset=utf-8") {
  core::HttpResponse response;
  response.status = status;
  response.headers = {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}};
  response.body = std::move(body);
  return response;
}

}  // namespace

ApiRoutes::ApiRoutes(Parts parts) : parts_(std::move(parts)) {}

void ApiRoutes::handle(core::HttpRequest request, net::Respond respond) {
  const auto path = request.path();
  if (path == "/healthz") return respond(text(200, "ok\n"));
  if (path == "/readyz")
    return respond(parts_.is_ready() ? text(200, "ready\n") : text(503, "draining\n"));
  if (!web::is_local_operator(request)) {
    parts_.log.warn("access_refused", {{"path", path}, {"peer", request.peer}});
    return respond(web::local_only());
  }
  if (path == "/metrics") return respond(metrics());
  if (web::is_command_path(path)) return respond(command(request));
  if (web::is_api_path(path)) return answer(request, std::move(respond));
  if (const auto* asset = web::find_asset(path)) return respond(web::answer_asset(request, *asset));
  respond(web::no_such_page());
}

core::HttpResponse ApiRoutes::metrics() {
  const auto spool = parts_.spool.counters();
  parts_.metrics.gauge(ops::Family::db_spool_events).set(static_cast<double>(spool.backlog));
  return text(200, parts_.metrics.render(), "text/plain; version=0.0.4; charset=utf-8");
}

core::HttpResponse ApiRoutes::command(const core::HttpRequest& request) {
  auto parsed = web::parse_command(request);
  if (auto* problem = std::get_if<core::HttpResponse>(&parsed)) return std::move(*problem);
  auto& command = std::get<web::CallCommand>(parsed);
  parts_.log.info("operator_command", {{"call_id", command.call_id}, {"command", command.name}});
  if (!parts_.switchboard.command(command.call_id, std::move(command.input)))
    return web::no_running_call();
  return web::command_accepted(command);
}

void ApiRoutes::answer(const core::HttpRequest& request, net::Respond respond) {
  auto parsed = web::parse_api(request);
  if (auto* problem = std::get_if<core::HttpResponse>(&parsed)) return respond(std::move(*problem));
  using Answer = store::QueryResult<core::HttpResponse>;
  const bool is_queued = parts_.queries.post<core::HttpResponse>(
      [query = std::get<web::ApiQuery>(std::move(parsed))](store::Connection& connection) {
        return web::answer_api(connection, query);
      },
      [respond, &log = parts_.log](Answer answer) {
        if (auto* response = std::get_if<core::HttpResponse>(&answer))
          return respond(std::move(*response));
        const auto& error = std::get<store::QueryError>(answer);
        log.warn("query_failed", {{"why", error.text}});
        const bool is_away = error.kind == store::QueryError::Kind::unavailable;
        respond(is_away ? web::database_unavailable() : web::internal_problem());
      });
  if (!is_queued) respond(web::database_unavailable());
}

}  // namespace tandem
