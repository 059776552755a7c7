#include "web/answers.hpp"
#include "web/json_body.hpp"
#include "web/openapi.hpp"
#include "web/parameters.hpp"
#include "web/readers.hpp"

namespace tandem::web {

namespace {

ApiTask ask(const Asked& asked, ServerQuestion question) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return question;
}

}  // namespace

// Load balancers and uptime checks add parameters of their own: not a reason to be unhealthy.
ApiTask ask_alive(const Asked&) { return ServerQuestion::alive; }
ApiTask ask_ready(const Asked&) { return ServerQuestion::ready; }
ApiTask ask_metrics(const Asked&) { return ServerQuestion::metrics; }
ApiTask ask_dependencies(const Asked& asked) { return ask(asked, ServerQuestion::dependencies); }
ApiTask ask_carrier(const Asked& asked) { return ask(asked, ServerQuestion::carrier); }

ApiTask get_openapi(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return json_answer(openapi_document());
}

ApiTask get_admin_schema(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return json_answer(std::string(admin_schema()));
}

ApiTask ask_ticket(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  if (auto refusal = refuse_members(asked.request)) return *std::move(refusal);
  return IssueTicket{};
}

}  // namespace tandem::web
