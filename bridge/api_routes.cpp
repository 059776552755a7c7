#include "bridge/api_routes.hpp"

#include <boost/asio/post.hpp>
#include <chrono>

#include "bridge/dial_context.hpp"
#include "bridge/export_stream.hpp"
#include "bridge/privacy.hpp"
#include "bridge/random_id.hpp"
#include "store/dialling.hpp"
#include "store/jobs.hpp"
#include "web/answers.hpp"
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

core::WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

ApiRoutes::ApiRoutes(Parts parts)
    : parts_(std::move(parts)), visitors_(parts_.control, parts_.record.queries(), parts_.log) {}

void ApiRoutes::handle(core::HttpRequest request, net::Respond respond) {
  const auto found = web::find_route(request);
  const auto* const route = found ? std::get_if<const web::Route*>(&*found) : nullptr;
  const auto needed = route != nullptr ? (*route)->access : web::Access::view;
  if (needed == web::Access::anyone) return answer(request, std::move(respond), {});
  const auto kept = std::make_shared<core::HttpRequest>(std::move(request));
  visitors_.identify(*kept, [this, kept, needed, respond](const Visitor& visitor) {
    if (auto problem = refusal(visitor, needed)) {
      parts_.log.warn("access_refused", {{"path", kept->path()}, {"peer", kept->peer}});
      return respond(*std::move(problem));
    }
    answer(*kept, respond, visitor);
  });
}

void ApiRoutes::answer(const core::HttpRequest& request, net::Respond respond,
                       const Visitor& visitor) {
  const auto found = web::find_route(request);
  if (found) {
    if (const auto* problem = std::get_if<core::HttpResponse>(&*found)) return respond(*problem);
    const auto& route = *std::get<const web::Route*>(*found);
    auto task = web::read_request(route, request, wall_now(), visitor.name, visitor.access);
    const bool is_own_entry =
        route.method != "GET" && (std::holds_alternative<web::StoreQuestion>(task) ||
                                  std::holds_alternative<web::LatencyTask>(task));
    if (route.access >= web::Access::operate && !is_own_entry &&
        !std::holds_alternative<core::HttpResponse>(task))
      visitors_.audit(visitor, std::string(route.method) + " " + std::string(route.pattern),
                      web::subject_of(route, request));
    return std::visit([&](auto wanted) { perform(std::move(wanted), std::move(respond)); },
                      std::move(task));
  }
  const auto* const asset = web::find_asset(request.path());
  respond(asset != nullptr ? web::answer_asset(request, *asset) : web::no_such_page());
}

void ApiRoutes::perform(core::HttpResponse answer, net::Respond respond) {
  respond(std::move(answer));
}

core::HttpResponse ApiRoutes::metrics() {
  parts_.record.publish();
  parts_.latency.publish();
  return text(200, parts_.metrics.render(), "text/plain; version=0.0.4; charset=utf-8");
}

void ApiRoutes::perform(web::CallCommand command, net::Respond respond) {
  parts_.log.info("operator_command", {{"call_id", command.call_id}, {"command", command.name}});
  if (!parts_.switchboard.command(command.call_id, std::move(command.input)))
    return respond(web::no_running_call());
  respond(web::command_accepted(command));
}

/// The gate is asked in the transaction that queues the call; the answer is that of the commit.
void ApiRoutes::perform(web::PlaceCall wanted, net::Respond respond) {
  store::DialRequest request;
  request.call_id = random_call_id();
  const bool has_key = !wanted.idempotency_key.empty();
  request.idempotency_key = has_key ? wanted.idempotency_key : "request " + request.call_id.str();
  request.intention.to = wanted.to;
  request.intention.from = wanted.from.empty() ? first_caller_id(parts_.config) : wanted.from;
  request.intention.purpose = wanted.purpose;
  request.message = wanted.message;
  request.requested_by = wanted.requested_by;
  auto& outbound = parts_.outbound;
  const auto place = [wanted, request, &outbound,
                      context = outbound.context()](store::Connection& connection) {
    const auto answer = store::request_call(connection, request, context);
    if (answer.is_conflict) return web::key_reused();
    if (!answer.is_repeat) outbound.count_decision(answer.refusals);
    if (!answer.refusals.empty()) return web::call_refused(answer.refusals, answer.is_repeat);
    const auto detail = store::load_call(connection, answer.call_id.str());
    if (!detail) return web::key_reused();  // that call was erased since
    return web::call_queued(wanted, detail->call, answer.is_repeat);
  };
  const auto placed = [&outbound, &control = parts_.control, respond](core::HttpResponse response) {
    if (response.status == 201) net::asio::post(control, [&outbound] { outbound.nudge(); });
    respond(std::move(response));
  };
  perform(web::StoreQuestion(place), placed);
}

void ApiRoutes::perform(web::StoreQuestion question, net::Respond respond) {
  using Answer = store::QueryResult<core::HttpResponse>;
  const bool is_queued = parts_.record.queries().post<core::HttpResponse>(
      std::move(question), [respond, &log = parts_.log](Answer answer) {
        if (auto* response = std::get_if<core::HttpResponse>(&answer))
          return respond(std::move(*response));
        respond(query_problem(std::get<store::QueryError>(answer), log));
      });
  if (!is_queued) respond(web::database_unavailable());
}

void ApiRoutes::perform(web::ExportCalls wanted, net::Respond respond) {
  answer_export(parts_.record.queries(), parts_.log, wanted, std::move(respond));
}

void ApiRoutes::perform(web::AnalyseCall wanted, net::Respond respond) {
  parts_.log.info("analysis_requested", {{"call_id", wanted.call_id}});
  const auto request = [id = wanted.call_id](store::Connection& connection) {
    const auto detail = store::load_call(connection, id);
    if (!detail) return web::no_such_call();
    if (!detail->call.end_time || !store::request_analysis(connection, id))
      return web::analysis_refused();
    return web::analysis_accepted(id);
  };
  perform(web::StoreQuestion(request), std::move(respond));
}

/// Answered once the order is on disk: from then on nothing brings the person back.
void ApiRoutes::perform(web::EraseNumber wanted, net::Respond respond) {
  const auto order = erasure_order(parts_.config, wanted.number, "api");
  if (!order) return respond(web::erasure_impossible());
  parts_.log.info("erasure_ordered", {{"order_id", order->id}});
  const bool is_taken = parts_.record.spool().append(
      store::erasure_record(*order), [respond, id = order->id](bool is_kept) {
        respond(is_kept ? web::erasure_accepted(id) : web::erasure_not_durable());
      });
  if (!is_taken) respond(web::erasure_not_durable());
}

void ApiRoutes::perform(web::LatencyTask task, net::Respond respond) {
  parts_.latency.answer(std::move(task), std::move(respond));
}

void ApiRoutes::perform(web::ServerQuestion question, net::Respond respond) {
  switch (question) {
    case web::ServerQuestion::alive:
      return respond(text(200, "ok\n"));
    case web::ServerQuestion::ready:
      return respond(parts_.is_ready() ? text(200, "ready\n") : text(503, "draining\n"));
    case web::ServerQuestion::metrics:
      return respond(metrics());
    case web::ServerQuestion::dependencies:
      return parts_.dependencies.answer(std::move(respond));
    case web::ServerQuestion::carrier:
      return parts_.dependencies.answer_carrier(std::move(respond));
  }
}

}  // namespace tandem
