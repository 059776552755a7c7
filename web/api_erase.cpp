#include "web/api_erase.hpp"

#include "store/queries_erasure.hpp"
#include "web/answers.hpp"
#include "web/json.hpp"
#include "web/json_body.hpp"
#include "web/parameters.hpp"
#include "web/readers.hpp"

namespace tandem::web {

namespace {

core::HttpResponse unusable() {
  return problem(422, "The request cannot be used",
                 "Send one member, number: a telephone number as +15555550100.");
}

core::HttpResponse answer(store::Connection& connection, const std::string& id) {
  const auto status = store::load_erasure(connection, id);
  if (!status) return no_such_erasure();
  JsonWriter json;
  json.begin_object()
      .member("order_id", id)
      .member("state", std::string_view(status->finished_at ? "done" : "queued"))
      .member("ordered_at", status->ordered_at)
      .member("finished_at", status->finished_at)
      .key("report");
  // after RETENTION_DAYS the report itself is deleted
  status->report_json.empty() ? json.null() : json.raw(status->report_json);
  json.end_object();
  return json_answer(json.finish());
}

}  // namespace

std::variant<EraseNumber, core::HttpResponse> parse_erase(const core::HttpRequest& request) {
  auto members = read_json_body(request);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&members)) return std::move(*refusal);
  const auto& body = std::get<std::vector<BodyMember>>(members);
  if (body.size() != 1 || body[0].name != "number" || !body[0].text) return unusable();
  core::PhoneNumber number(*body[0].text);
  if (!number.is_e164()) return unusable();
  return EraseNumber{std::move(number)};
}

core::HttpResponse erasure_accepted(std::string_view order_id) {
  JsonWriter json;
  json.begin_object()
      .member("order_id", order_id)
      .member("state", std::string_view("queued"))
      .member("report", "/api/v1/erase/" + std::string(order_id))
      .end_object();
  core::HttpResponse response = json_answer(json.finish());
  response.status = 202;
  return response;
}

core::HttpResponse erasure_impossible() {
  return problem(409, "Nobody can be erased yet",
                 "Set PHONE_HASH_KEY: what is kept of a person is a hash with that key.");
}

core::HttpResponse erasure_not_durable() {
  return problem(503, "The order is not on disk",
                 "Give it again; giving it twice does no harm. The disk may be full.");
}

core::HttpResponse no_such_erasure() {
  return problem(404, "No such order",
                 "There is none with this id, or it has not reached the database yet.");
}

ApiTask erase_number(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  auto parsed = parse_erase(asked.request);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&parsed)) return std::move(*refusal);
  return std::get<EraseNumber>(std::move(parsed));
}

ApiTask get_erasure(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return StoreQuestion(
      [id = asked.call_id](store::Connection& connection) { return answer(connection, id); });
}

}  // namespace tandem::web
