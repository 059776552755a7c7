#include "web/api_place.hpp"

#include <algorithm>

#include "bridge/dial/gate.hpp"
#include "web/answers.hpp"
#include "web/json.hpp"
#include "web/json_body.hpp"
#include "web/parameters.hpp"
#include "web/plain_text.hpp"
#include "web/readers.hpp"
#include "web/refusals.hpp"
#include "web/render.hpp"

namespace tandem::web {

namespace {

using Errors = std::vector<ParameterError>;

/// The members of the body as texts; of both addresses.
struct Body {
  std::string to;
  std::string from;
  std::string purpose;
  std::string message;
};

std::string* member_of(Body& body, std::string_view name, bool is_alias) {
  if (name == (is_alias ? "phoneNumber" : "to")) return &body.to;
  if (name == "from" && !is_alias) return &body.from;
  if (name == "purpose") return &body.purpose;
  return name == "message" ? &body.message : nullptr;
}

Body fill(const std::vector<BodyMember>& members, bool is_alias, Errors& errors) {
  Body body;
  const auto place_of = [&](std::string_view name) { return member_of(body, name, is_alias); };
  take_texts(members, place_of, "there is no such member", errors);
  return body;
}

void check(const PlaceCall& wanted, const Body& body, Errors& errors) {
  constexpr std::string_view number = "a number such as +14155550123";
  if (!wanted.to.is_e164())
    errors.push_back({wanted.is_alias ? "phoneNumber" : "to", "not_e164", std::string(number)});
  if (!body.from.empty() && !wanted.from.is_e164())
    errors.push_back({"from", "not_e164", std::string(number)});
  const bool may_be_unsaid = wanted.is_alias && body.purpose.empty();
  if (!may_be_unsaid && body.purpose != to_string(wanted.purpose))
    errors.push_back({"purpose", "unknown_purpose", "informational or telemarketing"});
  if (!is_plain_text(wanted.message, message_characters_max)) {
    errors.push_back({"message", "unusable_text",
                      "plain text of at most " + std::to_string(message_characters_max) +
                          " characters, without control characters"});
  }
}

bool is_key(std::string_view text) {
  return text.size() <= idempotency_key_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

void add_replayed(core::HttpResponse& response, bool is_repeat) {
  if (is_repeat) response.headers.emplace_back("Idempotent-Replayed", "true");
}

/// A problem document with members of its own; begun, so that they can be added.
JsonWriter refusal_document(std::string_view title, std::string_view detail,
                            std::string_view code) {
  JsonWriter json;
  json.begin_object()
      .member("type", "about:blank")
      .member("title", title)
      .member("status", std::int64_t{422})
      .member("detail", detail)
      .member("code", code);
  return json;
}

core::HttpResponse as_problem(JsonWriter json) {
  auto response = problem(422, "", "");
  response.body = json.end_object().finish();
  return response;
}

}  // namespace

std::variant<PlaceCall, core::HttpResponse> parse_place(const core::HttpRequest& request,
                                                        std::string_view who) {
  const auto key = request.header("Idempotency-Key");
  if (!is_key(key)) {
    return wrong_parameters(
        {{"Idempotency-Key", "unusable_key", "1 to 200 printable characters without spaces"}});
  }
  auto members = read_json_body(request);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&members)) return std::move(*refusal);
  PlaceCall wanted;
  wanted.is_alias = request.path() == "/make-call";
  Errors errors;
  const Body body = fill(std::get<std::vector<BodyMember>>(members), wanted.is_alias, errors);
  wanted.to = core::PhoneNumber(body.to);
  wanted.from = core::PhoneNumber(body.from);
  wanted.purpose = dial::parse_purpose(body.purpose);
  wanted.message = body.message;
  wanted.idempotency_key = key;
  wanted.requested_by = who;
  check(wanted, body, errors);
  if (errors.empty()) return wanted;
  const ParameterError& first = errors.front();
  return problem(422, "The request cannot be used", first.name + ": " + first.words, errors);
}

ApiTask place_call(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  auto parsed = parse_place(asked.request, asked.who);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&parsed)) return std::move(*refusal);
  return std::get<PlaceCall>(std::move(parsed));
}

core::HttpResponse call_queued(const PlaceCall& wanted, const store::CallRow& call,
                               bool is_repeat) {
  JsonWriter json;
  json.begin_object();
  if (wanted.is_alias) {
    json.key("success").raw("true");
    json.member_if_known("callSid", call.call_sid);
  }
  json.key("call").raw(render_call_summary(call)).end_object();
  auto response = json_answer(json.finish());
  response.status = 201;
  response.headers.emplace_back("Location", "/api/v1/calls/" + call.id);
  add_replayed(response, is_repeat);
  return response;
}

core::HttpResponse call_refused(const std::vector<std::string>& refusals, bool is_repeat) {
  JsonWriter json = refusal_document("This call is not placed",
                                     "Every reason against it is in refusals.", "call_refused");
  json.key("refusals");
  write_refusals(json, refusals);
  auto response = as_problem(std::move(json));
  add_replayed(response, is_repeat);
  return response;
}

core::HttpResponse key_reused() {
  return as_problem(refusal_document("This key was used before",
                                     "The same Idempotency-Key came with another request: a new "
                                     "call needs a new key.",
                                     "idempotency_key_reused"));
}

}  // namespace tandem::web
