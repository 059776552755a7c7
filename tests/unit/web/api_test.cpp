#include "web/api.hpp"
#include "web/call_id.hpp"

#include <simdjson.h>

#include "tests/unit/catch.hpp"
#include "tests/unit/web/requests.hpp"
#include "web/assets.hpp"
#include "web/call_filter.hpp"
#include "web/parameters.hpp"

using namespace tandem;

namespace {

constexpr auto id = "0a1b2c3d-0000-4000-8000-000000000001";

/// The filter of a list.
store::CallFilter filter_of(const std::string& query) {
  web::Parameters parameters(query);
  const auto filter = web::read_call_page(parameters);
  CHECK(parameters.finish().empty());
  return filter;
}

core::HttpResponse expect_problem(const core::HttpRequest& request) {
  const auto task = test::ask(request);
  INFO(request.target);
  REQUIRE(std::holds_alternative<core::HttpResponse>(task));
  const auto& response = std::get<core::HttpResponse>(task);
  CHECK(core::find_header(response.headers, "Content-Type") == "application/problem+json");
  CHECK(core::find_header(response.headers, "X-Content-Type-Options") == "nosniff");
  return response;
}

bool is_question(const std::string& target) {
  return std::holds_alternative<web::StoreQuestion>(test::ask(test::get(target)));
}

/// "name code" of every wrong parameter, in order.
std::vector<std::string> wrong_parameters(const std::string& query) {
  const auto response = expect_problem(test::get("/api/v1/calls?" + query));
  CHECK(response.status == 400);
  simdjson::dom::parser parser;
  std::vector<std::string> errors;
  for (const auto error : parser.parse(response.body)["errors"].get_array()) {
    errors.push_back(std::string(std::string_view(error["name"])) + " " +
                     std::string(std::string_view(error["code"])));
  }
  return errors;
}

core::WallTime wall(std::int64_t seconds) { return core::WallTime(std::chrono::seconds(seconds)); }

}  // namespace

TEST_CASE("a list without parameters asks for the first fifty calls") {
  for (const std::string query : {"", "outcome=&q=&from="}) {
    CHECK(is_question("/api/v1/calls?" + query));
    const auto filter = filter_of(query);
    CHECK(filter.limit == 50);
    CHECK(filter.cursor.empty());
    CHECK_FALSE(filter.outcome);
    CHECK_FALSE(filter.q);
    CHECK_FALSE(filter.from);
  }
}

TEST_CASE("every filter of the list is read") {
  const auto filter = filter_of(
      "outcome=booked&q=table%20for+two&number=%2B1+(555)+555-0123"
      "&from=2026-11-22T12:00:00Z&to=2026-11-22T14:00:00%2B01:00&min_duration=5"
      "&max_duration=600&status=completed&direction=inbound&provider=hume&cursor=12_ab-c"
      "&limit=7");
  CHECK(filter.outcome == "booked");
  CHECK(filter.q == "table for two");
  CHECK(filter.number == "+15555550123");
  CHECK(filter.from == wall(1'795'348'800));
  CHECK(filter.to == wall(1'795'348'800 + 3600));
  CHECK(filter.min_duration_s == 5);
  CHECK(filter.max_duration_s == 600);
  CHECK(filter.status == "completed");
  CHECK(filter.direction == "inbound");
  CHECK(filter.provider == "hume");
  CHECK(filter.cursor == "12_ab-c");
  CHECK(filter.limit == 7);
}

TEST_CASE("plain days reach from the beginning of the first to the end of the last") {
  const auto filter = filter_of("from=2026-11-22&to=2026-11-22");
  CHECK(filter.from == wall(1'795'305'600));
  CHECK(filter.to == wall(1'795'305'600 + 86'400));
}

TEST_CASE("wrong parameters are refused by name, all at once") {
  using Errors = std::vector<std::string>;
  CHECK(wrong_parameters("outcome=great&limit=0") ==
        Errors{"outcome unknown_word", "limit out_of_range"});
  CHECK(wrong_parameters("outcome=Booked") == Errors{"outcome unknown_word"});
  CHECK(wrong_parameters("limit=501") == Errors{"limit out_of_range"});
  CHECK(wrong_parameters("limit=99999999999999999999") == Errors{"limit out_of_range"});
  CHECK(wrong_parameters("limit=1.5") == Errors{"limit not_a_number"});
  CHECK(wrong_parameters("limit=+5") == Errors{"limit not_a_number"});
  CHECK(wrong_parameters("min_duration=-1") == Errors{"min_duration out_of_range"});
  CHECK(wrong_parameters("min_duration=9&max_duration=3") == Errors{"max_duration below_min"});
  CHECK(wrong_parameters("from=yesterday") == Errors{"from not_a_time"});
  CHECK(wrong_parameters("from=2026-11-23&to=2026-11-22T00:00:00Z") == Errors{"to before_from"});
  CHECK(wrong_parameters("number=abc") == Errors{"number not_a_phone_number"});
  CHECK(wrong_parameters("number=1234567890123456") == Errors{"number not_a_phone_number"});
  CHECK(wrong_parameters("number=1+2%2B3") == Errors{"number not_a_phone_number"});
  CHECK(wrong_parameters("number=%3Cimg%20src=x%3E") == Errors{"number not_a_phone_number"});
  CHECK(wrong_parameters("status=done") == Errors{"status unknown_word"});
  CHECK(wrong_parameters("direction=sideways") == Errors{"direction unknown_word"});
  CHECK(wrong_parameters("cursor=1';drop") == Errors{"cursor unknown_cursor"});
  CHECK(wrong_parameters("q=a%00b") == Errors{"q not_text"});
  CHECK(wrong_parameters("q=%FF") == Errors{"q not_text"});
  CHECK(wrong_parameters("q=a%0D%0ASet-Cookie:x") == Errors{"q not_text"});
  CHECK(wrong_parameters("q=" + std::string(201, 'a')) == Errors{"q too_long"});
  CHECK(wrong_parameters("limit=1&limit=2") == Errors{"limit given_twice"});
  CHECK(wrong_parameters("sort=up") == Errors{"sort unknown_parameter"});
  CHECK(wrong_parameters("q=%zz") == Errors{" bad_escape"});
}

TEST_CASE("A15: what is wrong is quoted without control characters that could split the answer") {
  const auto response = expect_problem(test::get("/api/v1/calls?a%0D%0Ab=1"));
  CHECK(response.body.find('\r') == std::string::npos);
  CHECK(response.body.find('\n') == std::string::npos);
  for (const auto& [name, value] : response.headers)
    CHECK(value.find_first_of("\r\n") == std::string::npos);
}

TEST_CASE("each part of a call has its address") {
  const std::string call = std::string("/api/v1/calls/") + id;
  for (const std::string part : {"", "/transcript", "/events", "/latency"})
    CHECK(is_question(call + part));
  CHECK(is_question("/api/v1/calls/0A1B2C3D-0000-4000-8000-000000000001"));
  CHECK(web::parse_call_id("0A1B2C3D-0000-4000-8000-000000000001") == id);
}

TEST_CASE("A08: no other spelling of a path means anything, in 200 payloads") {
  const std::string call = std::string("/api/v1/calls/") + id;
  const std::vector<std::string> tricks = {
      "/..",   "/../",   "/.",    "/%2e%2e",     "/%2e%2e%2f",    "/..%2f",      "/%00",
      "%00",   "/",      "//",    "/\xC0\xAE",   "/%c0%ae",       "/%252e%252e", ";",
      "/;x=1", "\\",     "/..\\", "/%5c..%5c",   "/\xE2\x80\xAE", "%20",         "+",
      ".json", "/index", "~",     "/etc/passwd", "/%u002e",       "%0d%0a",      "\x7F",
      "/0",    "*",      "'",     "/<script>",   "/{id}",         "/%7Bid%7D",   ":8080"};
  const std::vector<std::string> places = {"/api/v1/calls",        call,
                                           call + "/transcript",   "/api/v1/analytics",
                                           "/api/v1/openapi.json", "/api/v1/calls/export.csv"};
  std::size_t payloads = 0;
  for (const auto& place : places) {
    for (const auto& trick : tricks) {
      INFO(place + trick);
      CHECK(expect_problem(test::get(place + trick)).status == 404);
      ++payloads;
    }
  }
  CHECK(payloads >= 200);
}

TEST_CASE("A08: what only looks like the API, or like a file, is neither") {
  for (const std::string& target :
       {std::string("/api/v1//calls"), std::string("/api/v1/Calls"), std::string("/API/v1/calls"),
        std::string("/api/v1/%63alls"), std::string("/api/v2/calls"), std::string("/api/v1"),
        std::string("/api/"), std::string("//api/v1/calls"), std::string("/./api/v1/calls"),
        std::string("http://a/api/v1/calls"), std::string("/api/v1/calls/1"),
        std::string("/api/v1/calls/0a1b2c3d_0000_4000_8000_000000000001"),
        std::string("/api/v1/calls/0a1b2c3g-0000-4000-8000-000000000001")}) {
    CHECK(expect_problem(test::get(target)).status == 404);
    CHECK(web::find_asset(target) == nullptr);
  }
}

TEST_CASE("another method is refused and told which one works") {
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH", "get"}) {
    for (const std::string& target :
         {std::string("/api/v1/analytics"), std::string("/api/v1/calls/") + id}) {
      auto request = test::get(target);
      request.method = method;
      const auto response = expect_problem(request);
      CHECK(response.status == 405);
      CHECK(core::find_header(response.headers, "Allow") == "GET");
    }
  }
}

TEST_CASE("parameters where there are none are refused") {
  CHECK(expect_problem(test::get(std::string("/api/v1/calls/") + id + "?limit=5")).status == 400);
}

TEST_CASE("an export takes the filters of the list and no page") {
  const auto task = test::ask(test::get("/api/v1/calls/export.csv?outcome=booked&number=5550123"));
  const auto& wanted = std::get<web::ExportCalls>(task);
  CHECK(wanted.format == web::ExportFormat::csv);
  CHECK(wanted.filter.outcome == "booked");
  CHECK(wanted.filter.number == "5550123");
  for (const std::string page : {"cursor=1_a", "limit=5"}) {
    CHECK(expect_problem(test::get("/api/v1/calls/export.csv?" + page)).status == 400);
    CHECK(expect_problem(test::get("/api/v1/calls/export.json?" + page)).status == 400);
  }
}

TEST_CASE("the form of an export follows from its address, its mark and what is accepted") {
  const auto format = [](const std::string& target, core::HttpHeaders headers = {}) {
    return std::get<web::ExportCalls>(test::ask(test::get(target, std::move(headers)))).format;
  };
  const std::string csv = "/api/v1/calls/export.csv";
  const std::string json = "/api/v1/calls/export.json";
  CHECK(format(csv + "?bom=true") == web::ExportFormat::csv_with_mark);
  CHECK(format(csv + "?bom=false") == web::ExportFormat::csv);
  CHECK(format(json) == web::ExportFormat::json);
  CHECK(format(json, {{"Accept", "*/*"}}) == web::ExportFormat::json);
  CHECK(format(json, {{"Accept", "application/x-ndjson"}}) == web::ExportFormat::ndjson);
  CHECK(expect_problem(test::get(json + "?bom=true")).status == 400);
}

TEST_CASE("a report spans 30 days unless told otherwise, and no more than its bars allow") {
  const auto analytics = [](const std::string& query) {
    return test::ask(test::get("/api/v1/analytics?" + query), wall(1'795'348'800));
  };
  for (const std::string query : {"", "bucket=hour&from=2026-11-01", "bucket=week&from=2018-01-01",
                                  "from=2026-11-01&to=2026-11-01"}) {
    INFO(query);
    CHECK(std::holds_alternative<web::StoreQuestion>(analytics(query)));
  }
  for (const std::string query : {"bucket=minute", "from=2027-01-01", "bucket=hour&from=2026-01-01",
                                  "from=2026-11-02&to=2026-11-01", "outcome=booked"}) {
    INFO(query);
    const auto task = analytics(query);
    REQUIRE(std::holds_alternative<core::HttpResponse>(task));
    CHECK(std::get<core::HttpResponse>(task).status == 400);
  }
}

TEST_CASE("A10: a viewer may log in and out, have another password and watch, and change nothing") {
  for (const web::Route& route : web::routes()) {
    INFO(route.pattern);
    CHECK((route.method == "GET" || route.method == "POST" || route.method == "DELETE"));
    CHECK(route.pattern.starts_with('/'));
    const bool is_entrance =
        route.pattern == "/api/v1/session" || route.pattern == "/api/v1/session/password" ||
        route.pattern == "/api/v1/setup" || route.pattern == "/api/v1/ws-ticket";
    if (route.method != "GET" && !is_entrance) CHECK(route.access >= web::Access::operate);
  }
}

TEST_CASE("times are read as RFC 3339 has them and not otherwise") {
  CHECK(web::parse_rfc3339("1970-01-01T00:00:00Z") == wall(0));
  CHECK(web::parse_rfc3339("2026-11-22T12:00:00.5Z") ==
        wall(1'795'348'800) + std::chrono::milliseconds(500));
  CHECK(web::parse_rfc3339("2026-11-22T12:00:00.1234567Z") ==
        wall(1'795'348'800) + std::chrono::microseconds(123'456));
  CHECK(web::parse_rfc3339("2026-11-22t07:00:00-05:00") == wall(1'795'348'800));
  CHECK(web::parse_rfc3339("2026-11-22T14:00:00 02:00") == wall(1'795'348'800));
  for (const std::string text :
       {"", "2026-11-22", "2026-11-22T12:00:00", "2026-11-22 12:00:00Z", "2026-02-30T12:00:00Z",
        "2026-13-01T12:00:00Z", "1969-12-31T23:59:59Z", "2026-11-22T24:00:00Z",
        "2026-11-22T12:60:00Z", "2026-11-22T12:00:00.Z", "2026-11-22T12:00:00+2:00",
        "2026-11-22T12:00:00Zx", "26-11-22T12:00:00Z", "2026-11-22T12:00:00+25:00",
        "-026-11-22T12:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(web::parse_rfc3339(text));
  }
  CHECK(web::parse_day("2024-02-29") == wall(1'709'164'800));
  CHECK_FALSE(web::parse_day("2023-02-29"));
  CHECK_FALSE(web::parse_day("2024-02-29T"));
}
