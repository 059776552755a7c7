// Readers of our own do-not-call list and of consents. Numbers stand in bodies only: an address
// ends in logs of proxies and in histories of browsers.
#include <algorithm>
#include <optional>
#include <string>

#include "store/dial_queries.hpp"
#include "store/queries_dial_orders.hpp"
#include "web/body_fields.hpp"
#include "web/numbered_page.hpp"
#include "web/readers.hpp"
#include "web/render_dial.hpp"

namespace tandem::web {

namespace {

constexpr std::size_t line_characters_max = 200;
constexpr std::size_t wording_characters_max = 2000;
constexpr std::size_t sha256_digits = 64;

core::HttpResponse changed_answer(int status, const store::Changed& changed) {
  JsonWriter json;
  json.begin_object().key("changed").begin_array();
  for (const std::int64_t id : changed.ids) json.value(id);
  json.end_array().end_object();
  auto response = json_answer(json.finish());
  response.status = status;
  return response;
}

core::HttpResponse not_on_the_list() {
  return problem(404, "This number is not on the list", "Nothing was changed.");
}

/// The fields of a body without query parameters, or the problem.
std::variant<BodyFields, core::HttpResponse> fields_of(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  auto members = read_json_body(asked.request);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&members)) return std::move(*refusal);
  return BodyFields(std::get<std::vector<BodyMember>>(std::move(members)));
}

/// The only member of a body, or the problem.
std::variant<core::PhoneNumber, core::HttpResponse> number_of(const Asked& asked) {
  auto fields = fields_of(asked);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&fields)) return std::move(*refusal);
  auto& body = std::get<BodyFields>(fields);
  auto number = body.number("number");
  if (auto problem = body.finish()) return *std::move(problem);
  return number;
}

template <class List>
ApiTask list_page(const Asked& asked, List list) {
  Parameters parameters(asked.request.query());
  const auto page = read_numbered_page(parameters);
  const auto& errors = parameters.finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return StoreQuestion(
      [page, list](store::Connection& connection) { return json_answer(list(connection, page)); });
}

bool is_sha256(std::string_view text) {
  return text.size() == sha256_digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_state(std::string_view text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// What `tandem consent add` asks for: a consent that lacks any of it would never allow a call.
store::ConsentEntry read_consent(BodyFields& body, core::WallTime now) {
  store::ConsentEntry entry;
  entry.number = body.number("number");
  entry.purpose = body.one_of("purpose", {"informational", "telemarketing"});
  entry.seller = body.text("seller", line_characters_max, true);
  entry.is_written = body.fact("written");
  entry.wording = body.text("wording", wording_characters_max, true);
  entry.channel = body.text("channel", line_characters_max, true);
  entry.evidence_kind = body.one_of("evidence_kind", {"ip", "recording", "document"});
  entry.evidence = body.text("evidence", line_characters_max, true);
  entry.evidence_sha256 = body.text("evidence_sha256", sha256_digits, true);
  entry.captured_at = body.instant("captured_at");
  entry.region = body.text("region", line_characters_max, false);
  if (!entry.evidence_sha256.empty() && !is_sha256(entry.evidence_sha256))
    body.fail("evidence_sha256", "not_a_hash", "64 hexadecimal digits in lower case");
  if (!entry.region.empty() && !is_state(entry.region))
    body.fail("region", "not_a_state", "two capital letters, such as FL");
  if (entry.captured_at > now) body.fail("captured_at", "in_the_future", "a time that has passed");
  return entry;
}

}  // namespace

ApiTask list_dnc(const Asked& asked) {
  return list_page(asked, [](store::Connection& connection, const store::NumberedPage& page) {
    return render_own_numbers(store::list_own_numbers(connection, page));
  });
}

ApiTask add_dnc(const Asked& asked) {
  auto fields = fields_of(asked);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&fields)) return std::move(*refusal);
  auto& body = std::get<BodyFields>(fields);
  store::DoNotCallEntry entry;
  entry.number = body.number("number");
  entry.reason = body.text("reason", line_characters_max, false);
  entry.source = "operator";
  entry.added_by = asked.who;
  if (auto problem = body.finish()) return *std::move(problem);
  return StoreQuestion([entry](store::Connection& connection) {
    const auto added = store::order_do_not_call(connection, entry);
    return changed_answer(added.any() ? 201 : 200, added);
  });
}

ApiTask remove_dnc(const Asked& asked) {
  auto read = number_of(asked);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&read)) return std::move(*refusal);
  auto number = std::get<core::PhoneNumber>(std::move(read));
  return StoreQuestion([who = std::string(asked.who), number](store::Connection& connection) {
    const auto removed = store::order_call_allowed(connection, number, who);
    return removed.any() ? changed_answer(200, removed) : not_on_the_list();
  });
}

ApiTask list_consent(const Asked& asked) {
  return list_page(asked, [](store::Connection& connection, const store::NumberedPage& page) {
    return render_consents(store::list_recorded_consents(connection, page));
  });
}

ApiTask add_consent(const Asked& asked) {
  auto fields = fields_of(asked);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&fields)) return std::move(*refusal);
  auto& body = std::get<BodyFields>(fields);
  const auto entry = read_consent(body, asked.now);
  if (auto problem = body.finish()) return *std::move(problem);
  return StoreQuestion([entry, who = std::string(asked.who)](store::Connection& connection) {
    return changed_answer(201, store::order_consent(connection, entry, who));
  });
}

ApiTask revoke_consent(const Asked& asked) {
  auto read = number_of(asked);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&read)) return std::move(*refusal);
  auto number = std::get<core::PhoneNumber>(std::move(read));
  return StoreQuestion([who = std::string(asked.who), number](store::Connection& connection) {
    return changed_answer(200, store::order_revocation(connection, number, who));
  });
}

}  // namespace tandem::web
