#include "web/api_place.hpp"

#include <algorithm>

#include "bridge/dial/gate.hpp"
#include "tests/unit/catch.hpp"
#include "web/plain_text.hpp"

namespace tandem::web {

namespace {

core::HttpRequest place(std::string body, std::string path = "/api/v1/calls") {
  core::HttpRequest request;
  request.method = "POST";
  request.target = std::move(path);
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  return request;
}

PlaceCall wanted(const core::HttpRequest& request) {
  auto parsed = parse_place(request, "a-person");
  REQUIRE(std::holds_alternative<PlaceCall>(parsed));
  return std::get<PlaceCall>(parsed);
}

/// The status and body of the problem that the request is.
std::string refused(const core::HttpRequest& request) {
  const auto parsed = parse_place(request, "a-person");
  REQUIRE(std::holds_alternative<core::HttpResponse>(parsed));
  const auto& response = std::get<core::HttpResponse>(parsed);
  return std::to_string(response.status) + " " + response.body;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a call is asked for by number and purpose; message, caller id and key are optional") {
  const auto plain = wanted(place(R"({"to":"+14155550123","purpose":"informational"})"));
  CHECK(plain.to == core::PhoneNumber("+14155550123"));
  CHECK(plain.purpose == dial::Purpose::informational);
  CHECK(plain.from.empty());
  CHECK(plain.idempotency_key.empty());
  CHECK(plain.requested_by == "a-person");
  auto request = place(
      R"({"to":"+14155550123","purpose":"telemarketing","message":"hi","from":"+14155550100"})");
  request.headers.emplace_back("Idempotency-Key", "click-1");
  const auto whole = wanted(request);
  CHECK(whole.message == "hi");
  CHECK(whole.from == core::PhoneNumber("+14155550100"));
  CHECK(whole.idempotency_key == "click-1");
}

TEST_CASE("the older address has older names, and takes a call without purpose for the stricter") {
  const auto call = wanted(place(R"({"phoneNumber":"+14155550123","message":"hi"})", "/make-call"));
  CHECK(call.is_alias);
  CHECK(call.purpose == dial::Purpose::telemarketing);
  CHECK(has(refused(place(R"({"to":"+14155550123"})", "/make-call")), "unknown_member"));
}

TEST_CASE("what is wrong with a request is named, all of it") {
  const auto all = refused(place(R"({"to":"4155550123","purpose":"fun","message":5,"x":"y"})"));
  CHECK(all.starts_with("422"));
  for (const char* code : {"not_e164", "unknown_purpose", "not_text", "unknown_member"})
    CHECK(has(all, code));
  CHECK(has(refused(place(R"({"to":"+14155550123","purpose":"informational","from":"x"})")),
            "not_e164"));
  CHECK(has(refused(place(R"({"to":"+14155550123","purpose":"informational","message":"\u0007"})")),
            "unusable_text"));
  for (const char* key : {"with space", "tab\t", "\xC3\xA9"}) {
    auto request = place(R"({"to":"+14155550123","purpose":"informational"})");
    request.headers.emplace_back("Idempotency-Key", key);
    CHECK(refused(request).starts_with("400"));
  }
}

TEST_CASE("every refusal of the gate is answered with its meaning and source") {
  std::vector<std::string> names;
  for (int i = 0; i < dial::refusal_count; ++i)
    names.emplace_back(dial::describe(static_cast<dial::Refusal>(i)).name);
  const auto response = call_refused(names, true);
  CHECK(response.status == 422);
  CHECK(core::find_header(response.headers, "Idempotent-Replayed") == "true");
  CHECK(core::find_header(response.headers, "Content-Type") == "application/problem+json");
  for (const auto& name : names) CHECK(has(response.body, "\"code\":\"" + name + "\""));
  CHECK(has(key_reused().body, "idempotency_key_reused"));
}

TEST_CASE("a queued call has an address, a repeated one says so") {
  store::CallRow row;
  row.id = "00000000-0000-4000-8000-000000000001";
  const auto response = call_queued({}, row, false);
  CHECK(response.status == 201);
  CHECK(core::find_header(response.headers, "Location") == "/api/v1/calls/" + row.id);
  CHECK(core::find_header(response.headers, "Idempotent-Replayed").empty());
  PlaceCall alias;
  alias.is_alias = true;
  const auto again = call_queued(alias, row, true);
  CHECK(has(again.body, R"({"success":true,"callSid":null,"call":{)"));
  CHECK(core::find_header(again.headers, "Idempotent-Replayed") == "true");
}

TEST_CASE("plain text is counted in characters and has no control characters") {
  CHECK(is_plain_text("h\xC3\xA9llo\n", 6));
  CHECK_FALSE(is_plain_text("h\xC3\xA9llo\n", 5));
  CHECK_FALSE(is_plain_text(std::string_view("a\0b", 3), 9));
  CHECK_FALSE(is_plain_text("\x7F", 9));
  CHECK_FALSE(is_plain_text("\xC3", 9));
}

}  // namespace tandem::web
