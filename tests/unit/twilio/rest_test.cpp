#include "bridge/twilio/rest.hpp"

#include <algorithm>
#include <map>

#include "tests/unit/catch.hpp"

namespace {

using namespace tandem;
using namespace tandem::twilio;
using namespace std::chrono_literals;

RestAccount account() {
  RestAccount account;
  REQUIRE(core::parse_url("https://api.twilio.com", account.api));
  account.account_id = "AC5501";
  account.user = "SK5501";
  account.password = core::Secret("not-a-secret");
  return account;
}

CreateCall new_call() {
  CreateCall call;
  call.to = core::PhoneNumber("+15555550101");
  call.from = core::PhoneNumber("+15555550102");
  call.voice_url = "https://bridge.example.com/twilio/voice?job=42";
  return call;
}

core::OutgoingResponse answer(int status, std::string body = "") {
  core::OutgoingResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

core::OutgoingResponse refusal(int status, int code) {
  return answer(status, "{\"code\":" + std::to_string(code) + ",\"message\":\"m\",\"status\":400}");
}

core::OutgoingResponse broken(core::OutgoingResponse::Failure failure) {
  core::OutgoingResponse response;
  response.failure = failure;
  return response;
}

RestFault created_fault(const core::OutgoingResponse& response) {
  const auto result = parse_created(response);
  REQUIRE_FALSE(result);
  return result.error().fault;
}

RestFault fetched_fault(const core::OutgoingResponse& response) {
  const auto result = parse_fetched(response);
  REQUIRE_FALSE(result);
  return result.error().fault;
}

std::multimap<std::string, std::string> form_of(const core::OutgoingRequest& request) {
  std::vector<std::pair<std::string, std::string>> pairs;
  REQUIRE(core::parse_form(request.body, pairs));
  return {pairs.begin(), pairs.end()};
}

const auto not_sent = core::OutgoingResponse::Failure::not_sent;
const auto unknown = core::OutgoingResponse::Failure::unknown;

}  // namespace

TEST_CASE("requests authenticate with the key and keep the account in the path") {
  const auto request = fetch_call_request(account(), core::CarrierCallId("CA5501"));
  CHECK(request.method == "GET");
  CHECK(request.url.host == "api.twilio.com");
  CHECK(request.url.target == "/2010-04-01/Accounts/AC5501/Calls/CA5501.json");
  CHECK(core::find_header(request.headers, "authorization") ==
        "Basic U0s1NTAxOm5vdC1hLXNlY3JldA==");
  CHECK(request.body.empty());
}

TEST_CASE("an id cannot leave its place in the path") {
  const auto request = hang_up_request(account(), core::CarrierCallId("../x?y"));
  CHECK(request.url.target == "/2010-04-01/Accounts/AC5501/Calls/..%2Fx%3Fy.json");
}

TEST_CASE("a new call always has a ring time-out and a time limit") {
  const auto form = form_of(create_call_request(account(), new_call()));
  CHECK(form.find("Timeout")->second == "30");
  CHECK(form.find("TimeLimit")->second == "3600");
  CHECK(form.count("StatusCallback") == 0);
  CHECK(form.count("FallbackUrl") == 0);
  CHECK(form.count("MachineDetection") == 0);
}

TEST_CASE(
    "O06: who leaves a message asks for the end of the machine's greeting, others for its begin") {
  auto call = new_call();
  call.amd_url = "https://bridge.example.com/twilio/amd?job=42";
  CHECK(form_of(create_call_request(account(), call)).find("MachineDetection")->second == "Enable");
  call.hears_machines_out = true;
  const auto form = form_of(create_call_request(account(), call));
  CHECK(form.find("MachineDetection")->second == "DetectMessageEnd");
  CHECK(form.find("AsyncAmd")->second == "true");
}

TEST_CASE("every stage of a call is asked for one by one, with retries in the fragment") {
  auto call = new_call();
  call.status_url = "https://bridge.example.com/twilio/status?job=42";
  const auto form = form_of(create_call_request(account(), call));
  CHECK(form.count("StatusCallbackEvent") == 4);
  CHECK(form.find("StatusCallback")->second ==
        "https://bridge.example.com/twilio/status?job=42#rc=2&rp=ct,rt,5xx");
  CHECK(with_callback_retries("https://h.example/s#rc=0") ==
        "https://h.example/s#rc=2&rp=ct,rt,5xx");
}

TEST_CASE("a call that Twilio must refuse is a bug of ours before it is sent") {
  const auto refused = [](auto change) {
    auto call = new_call();
    change(call);
    CHECK_THROWS_AS(create_call_request(account(), call), core::BugError);
  };
  refused([](CreateCall& call) { call.to = core::PhoneNumber("5550101"); });
  refused([](CreateCall& call) { call.to = call.from; });
  refused([](CreateCall& call) { call.ring_timeout = 601s; });
  refused([](CreateCall& call) { call.time_limit = 0s; });
  refused([](CreateCall& call) { call.time_limit = 25h; });
}

TEST_CASE("the list is asked by number, newest page, with a bound") {
  ListCalls filter;
  filter.to = core::PhoneNumber("+15555550101");
  filter.from = core::PhoneNumber("+15555550102");
  filter.status = CallStatus::in_progress;
  CHECK(list_calls_request(account(), filter).url.target ==
        "/2010-04-01/Accounts/AC5501/Calls.json?To=%2B15555550101&From=%2B15555550102"
        "&Status=in-progress&PageSize=50");
}

TEST_CASE("O01: a create that may have reached Twilio is never called safe to repeat") {
  CHECK(created_fault(broken(unknown)) == RestFault::unknown_outcome);
  CHECK(created_fault(answer(500)) == RestFault::unknown_outcome);
  CHECK(created_fault(refusal(500, 20500)) == RestFault::unknown_outcome);
  CHECK(created_fault(refusal(503, 20503)) == RestFault::unknown_outcome);
  CHECK(created_fault(refusal(400, 20500)) == RestFault::unknown_outcome);
  CHECK(created_fault(refusal(429, 20503)) == RestFault::unknown_outcome);
  CHECK(created_fault(answer(502, "<html>")) == RestFault::unknown_outcome);
  CHECK(created_fault(answer(504)) == RestFault::unknown_outcome);
  CHECK(created_fault(answer(408)) == RestFault::unknown_outcome);
  CHECK(created_fault(answer(201, "not json")) == RestFault::unknown_outcome);
  CHECK(created_fault(answer(201, "{}")) == RestFault::unknown_outcome);
}

TEST_CASE("O01: only what was provably not processed is safe to repeat") {
  CHECK(created_fault(broken(not_sent)) == RestFault::retry_safe);
  CHECK(created_fault(refusal(429, 20429)) == RestFault::retry_safe);
  CHECK(created_fault(answer(429)) == RestFault::retry_safe);
  CHECK(created_fault(refusal(400, 10004)) == RestFault::retry_safe);
}

TEST_CASE("reading a call again does no harm") {
  for (const auto& response :
       {broken(not_sent), broken(unknown), answer(500), answer(503), answer(429)}) {
    CHECK(fetched_fault(response) == RestFault::retry_safe);
  }
  CHECK(fetched_fault(refusal(404, 20404)) == RestFault::not_found);
  CHECK(fetched_fault(answer(200, "[]")) == RestFault::unreadable);
}

TEST_CASE("a refusal says who has to act") {
  const auto check = [](int status, int code, RestFault fault, bool person) {
    CAPTURE(status, code);
    const auto result = parse_created(refusal(status, code));
    REQUIRE_FALSE(result);
    CHECK(result.error().fault == fault);
    CHECK(result.error().code == code);
    CHECK(result.error().status == status);
    CHECK(result.error().needs_operator() == person);
  };
  check(401, 20003, RestFault::account, true);
  check(403, 20005, RestFault::account, true);
  check(403, 20008, RestFault::configuration, true);
  check(400, 21201, RestFault::bad_request, true);
  check(400, 21210, RestFault::configuration, true);
  check(400, 21211, RestFault::refused, false);
  check(400, 21212, RestFault::configuration, true);
  check(400, 21214, RestFault::refused, false);
  check(400, 21215, RestFault::refused, true);
  check(400, 21216, RestFault::refused, true);
  check(400, 21217, RestFault::refused, false);
  check(400, 21219, RestFault::configuration, true);
  check(409, 20409, RestFault::wrong_state, false);
  check(429, 22005, RestFault::queue_full, true);
  check(400, 99999, RestFault::refused, false);
}

TEST_CASE("answers without a code are judged by their status") {
  CHECK(created_fault(answer(401, "<html>")) == RestFault::account);
  CHECK(created_fault(answer(302)) == RestFault::configuration);
  CHECK(created_fault(answer(404, "nginx")) == RestFault::not_found);
  CHECK(created_fault(answer(413)) == RestFault::refused);
}

TEST_CASE("Retry-After is handed on when it is seconds") {
  auto response = refusal(429, 20429);
  response.headers = {{"retry-after", "3"}};
  CHECK(parse_created(response).error().retry_after == 3s);
  response.headers = {{"Retry-After", "Sun, 22 Nov 2026 12:00:00 GMT"}};
  CHECK_FALSE(parse_created(response).error().retry_after);
}

TEST_CASE("ending a call that is over already is a success") {
  CHECK(parse_ended(answer(200, "{}")));
  CHECK(parse_ended(refusal(404, 20404)));
  CHECK(parse_ended(refusal(400, 21220)));
  CHECK(parse_ended(answer(500)).error().fault == RestFault::retry_safe);
  CHECK(parse_ended(broken(unknown)).error().fault == RestFault::retry_safe);
  CHECK(parse_ended(refusal(401, 20003)).error().fault == RestFault::account);
  CHECK(parse_ended(answer(404, "nginx")).error().fault == RestFault::not_found);
}

TEST_CASE("redirecting a call that is over is not a success") {
  CHECK(parse_redirected(answer(200)));
  CHECK(parse_redirected(refusal(400, 21220)).error().fault == RestFault::wrong_state);
  CHECK_THROWS_AS(redirect_request(account(), core::CarrierCallId("CA1"), std::string(4001, 'x')),
                  core::BugError);
}

TEST_CASE("a list is read whole or not at all") {
  const auto list =
      parse_listed(answer(200, R"({"calls":[{"sid":"CA1","status":"queued"},{"sid":"CA2"}]})"));
  REQUIRE(list);
  REQUIRE(list->size() == 2);
  CHECK((*list)[0].status == CallStatus::queued);
  CHECK_FALSE((*list)[1].status);
  CHECK(parse_listed(answer(200, R"({"calls":[]})"))->empty());
  CHECK(parse_listed(answer(200, R"({"calls":[{"sid":null}]})")).error().fault ==
        RestFault::unreadable);
  CHECK(parse_listed(answer(200, R"({"calls":[5]})")).error().fault == RestFault::unreadable);
  CHECK(parse_listed(answer(200, "{}")).error().fault == RestFault::unreadable);
  CHECK(parse_listed(answer(503)).error().fault == RestFault::retry_safe);
}

TEST_CASE("dates of the API are read to the second, anything else is no date") {
  const auto date = parse_rfc2822("Sun, 22 Nov 2026 12:00:08 +0000");
  REQUIRE(date);
  CHECK(core::to_rfc3339(*date) == "2026-11-22T12:00:08.000000Z");
  for (const char* bad : {"", "Sun, 22 Nov 2026 12:00:08 +0100", "Sun, 31 Feb 2026 12:00:08 +0000",
                          "Sun, 22 ovD 2026 12:00:08 +0000", "Sun, 22 Nov 2026 24:00:08 +0000",
                          "Sun, 22 Nov 20x6 12:00:08 +0000", "Sun, xx Nov 2026 12:00:08 +0000"}) {
    CHECK_FALSE(parse_rfc2822(bad));
  }
}
