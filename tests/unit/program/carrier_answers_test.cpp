#include "bridge/carrier_answers.hpp"

#include <array>

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

using dial::Answer;

core::OutgoingResponse refusal(int status, int code) {
  core::OutgoingResponse response;
  response.status = status;
  response.body = "{\"code\":" + std::to_string(code) + ",\"message\":\"m\"}";
  return response;
}

dial::Created created(const core::OutgoingResponse& response) {
  return created_of(twilio::parse_created(response));
}

struct Row {
  int status;
  int code;
  Answer answer;
  bool needs_operator;
};

}  // namespace

TEST_CASE("every documented error of the carrier has its consequence for placing calls") {
  constexpr std::array rows = {
      Row{400, 10001, Answer::misconfigured, true}, Row{400, 10004, Answer::not_acted, false},
      Row{400, 20001, Answer::misconfigured, true}, Row{401, 20003, Answer::misconfigured, true},
      Row{405, 20004, Answer::misconfigured, true}, Row{403, 20005, Answer::misconfigured, true},
      Row{403, 20008, Answer::misconfigured, true}, Row{403, 20403, Answer::misconfigured, true},
      Row{404, 20404, Answer::misconfigured, true}, Row{409, 20409, Answer::unclear, false},
      Row{422, 20422, Answer::misconfigured, true}, Row{429, 20429, Answer::not_acted, false},
      Row{500, 20500, Answer::unclear, false},      Row{503, 20503, Answer::unclear, false},
      Row{400, 21201, Answer::misconfigured, true}, Row{400, 21205, Answer::misconfigured, true},
      Row{400, 21206, Answer::misconfigured, true}, Row{400, 21208, Answer::misconfigured, true},
      Row{400, 21209, Answer::misconfigured, true}, Row{400, 21210, Answer::misconfigured, true},
      Row{400, 21211, Answer::refused, false},      Row{400, 21212, Answer::misconfigured, true},
      Row{400, 21213, Answer::misconfigured, true}, Row{400, 21214, Answer::refused, false},
      Row{400, 21215, Answer::refused, true},       Row{400, 21216, Answer::refused, true},
      Row{400, 21217, Answer::refused, false},      Row{400, 21218, Answer::misconfigured, true},
      Row{400, 21219, Answer::misconfigured, true}, Row{400, 21220, Answer::unclear, false},
      Row{400, 21234, Answer::misconfigured, true}, Row{400, 21262, Answer::misconfigured, true},
      Row{429, 22005, Answer::misconfigured, true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status, row.code);
    const auto found = created(refusal(row.status, row.code));
    CHECK(found.answer == row.answer);
    CHECK(found.error_code == row.code);
    const bool is_halt = row.answer == Answer::misconfigured;
    CHECK((found.needs_operator || is_halt) == row.needs_operator);
  }
}

TEST_CASE("an answer that is no answer leaves it open whether the call was placed") {
  core::OutgoingResponse response;
  response.failure = core::OutgoingResponse::Failure::unknown;
  CHECK(created(response).answer == Answer::unclear);
  response.failure = core::OutgoingResponse::Failure::not_sent;
  CHECK(created(response).answer == Answer::not_acted);
  response.failure = core::OutgoingResponse::Failure::none;
  response.status = 201;
  response.body = "<html>";
  CHECK(created(response).answer == Answer::unclear);
  response.body = R"({"sid":"CA1","status":"queued"})";
  CHECK(created(response).answer == Answer::accepted);
  CHECK(created(response).carrier_call_id == core::CarrierCallId("CA1"));
}

}  // namespace tandem
