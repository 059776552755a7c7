#include "bridge/api_routes.hpp"

#include <boost/asio/post.hpp>
#include <chrono>

#include "bridge/clock.hpp"
#include "bridge/dial/calling_hours.hpp"
#include "bridge/dial_context.hpp"
#include "bridge/export_stream.hpp"
#include "bridge/privacy.hpp"
#include "bridge/random_id.hpp"
#include "store/dialling.hpp"
#include "store/jobs.hpp"
#include "web/access.hpp"
#include "web/admin_messages.hpp"
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

}  // namespace

ApiRoutes::ApiRoutes(Parts parts)
    : parts_(std::move(parts)),
      visitors_(parts_.control, parts_.record.queries(), parts_.log),
      accounts_({parts_.control, parts_.config, parts_.log, parts_.metrics, parts_.record.queries(),
                 visitors_}),
      setup_link_(parts_.control, parts_.record.queries(), parts_.log) {}

/// The pages themselves are for anyone, or nobody could log in; what they show is not.
void ApiRoutes::handle(core::HttpRequest request, net::Respond respond) {
  const auto found = web::find_route(request);
  const auto* const route = found ? std::get_if<const web::Route*>(&*found) : nullptr;
  const auto needed = route != nullptr ? (*route)->access
                      : found          ? web::Access::view
                                       : web::Access::anyone;
  const bool is_scraper = needed == web::Access::machine && web::is_local_operator(request);
  const bool may_ask = needed == web::Access::anyone || is_scraper;
  if (may_ask && request.method == "GET") return answer(request, std::move(respond), {});
  const auto kept = std::make_shared<core::HttpRequest>(std::move(request));
  if (may_ask) {
    if (auto problem = refuse(*kept, {}, needed)) return respond(*std::move(problem));
    return answer(*kept, std::move(respond), {});
  }
  visitors_.identify(*kept, [this, kept, needed, respond](const Visitor& visitor) {
    if (auto problem = refuse(*kept, visitor, needed)) return respond(*std::move(problem));
    answer(*kept, respond, visitor);
  });
}

/// The address itself is not written: somebody may have put a secret into it (fault A09).
void ApiRoutes::note_refusal(const core::HttpRequest& request) const {
  const auto found = web::find_route(request);
  const auto* const route = found ? std::get_if<const web::Route*>(&*found) : nullptr;
  const std::string_view pattern = route != nullptr ? (*route)->pattern : "none";
  parts_.log.warn("access_refused", {{"route", pattern}, {"peer", request.peer}});
}

/// Who may not, and what a browser was made to ask by another site (fault A04).
std::optional<core::HttpResponse> ApiRoutes::refuse(const core::HttpRequest& request,
                                                    const Visitor& visitor,
                                                    web::Access needed) const {
  const auto& public_url = parts_.config.public_url;
  auto problem = refusal(visitor, needed);
  const bool is_change = request.method != "GET";
  if (!problem && is_change && web::is_from_another_site(request, public_url))
    problem = web::another_site();
  if (!problem && is_change && visitor.via == Visitor::Via::session)
    problem = web::refuse_forged(request, public_url, visitor.csrf);
  if (problem && problem->status != 503) note_refusal(request);
  return problem;
}

void ApiRoutes::answer(const core::HttpRequest& request, net::Respond respond,
                       const Visitor& visitor) {
  const auto found = web::find_route(request);
  if (!found) {
    const auto* const asset = web::find_asset(request.path());
    return respond(asset != nullptr ? web::answer_asset(request, *asset) : web::no_such_page());
  }
  if (const auto* problem = std::get_if<core::HttpResponse>(&*found)) return respond(*problem);
  const auto& route = *std::get<const web::Route*>(*found);
  const auto reviewed = dial::reviewed_on(parts_.config.outbound.rules_reviewed);
  auto task =
      web::read_request(route, {request, wall_now(), visitor.name, visitor.access, reviewed});
  // What the database does alone, and accounts, write their line in the same transaction. A ticket
  // changes nothing: what is done with it is audited.
  const bool audits_itself = std::holds_alternative<web::AccountTask>(task) ||
                             std::holds_alternative<web::IssueTicket>(task) ||
                             std::holds_alternative<web::LatencyTask>(task) ||
                             std::holds_alternative<web::StoreQuestion>(task) ||
                             std::holds_alternative<core::HttpResponse>(task);
  if (route.method != "GET" && !audits_itself)
    visitors_.audit(visitor, std::string(route.method) + " " + std::string(route.pattern),
                    web::subject_of(route, request));
  const auto carry_out = [&](auto wanted) {
    if constexpr (std::is_same_v<decltype(wanted), web::AccountTask>)
      accounts_.perform(std::move(wanted), request, visitor, std::move(respond));
    else if constexpr (std::is_same_v<decltype(wanted), web::IssueTicket>)
      respond(issue_ticket(visitor));
    else
      perform(std::move(wanted), std::move(respond));
  };
  std::visit(carry_out, std::move(task));
}

void ApiRoutes::perform(core::HttpResponse answer, net::Respond respond) {
  respond(std::move(answer));
}

core::HttpResponse ApiRoutes::metrics() {
  parts_.record.publish();
  parts_.latency.publish();
  return text(200, parts_.metrics.render(), "text/plain; version=0.0.4; charset=utf-8");
}

/// Of a call that runs elsewhere, accepted means that its node finds the command.
void ApiRoutes::perform(web::CallCommand command, net::Respond respond) {
  auto accepted = web::command_accepted(command);
  parts_.node_commands.give(
      std::move(command),
      [respond = std::move(respond), accepted = std::move(accepted)](NodeCommands::Left left) {
        switch (left) {
          case NodeCommands::Left::taken_here:
          case NodeCommands::Left::left:
            return respond(accepted);
          case NodeCommands::Left::over:
          case NodeCommands::Left::no_such_call:
            return respond(web::no_running_call());
          case NodeCommands::Left::unavailable:
            return respond(web::database_unavailable());
        }
      });
}

core::HttpResponse ApiRoutes::issue_ticket(const Visitor& visitor) {
  auto ticket = random_hex_128();
  if (!parts_.tickets.add(ticket, visitor, clock_now()))
    return web::problem(503, "Too many tickets", "Many are waiting to be used. Try again soon.");
  auto answer = web::json_answer(web::render_ticket(ticket, AdminTickets::valid_for));
  answer.status = 201;
  return answer;
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
