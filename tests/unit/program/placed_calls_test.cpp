#include "bridge/placed_calls.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

using Verdict = PlacedCalls::Verdict;

const core::CallId one("call-1");
const core::CarrierCallId sid("CA-1");

store::DialSurvey survey(bool is_on_list = false) {
  store::DialSurvey found;
  store::OpenCall call;
  call.standing.id = one;
  call.standing.is_on_list = is_on_list;
  call.message = "hello";
  found.calls.push_back(call);
  return found;
}

}  // namespace

TEST_CASE("a call is expected from its claim on, on every node once a survey has shown it") {
  PlacedCalls calls;
  CHECK(calls.judge(one, sid) == Verdict::not_known);
  calls.add(one, {});
  CHECK(calls.judge(one, sid) == Verdict::expected);
  PlacedCalls elsewhere;
  elsewhere.update(survey());
  CHECK(elsewhere.judge(one, sid) == Verdict::expected);
  CHECK(elsewhere.find(one)->message == "hello");
}

TEST_CASE("what was claimed a moment ago outlives a survey that began before, not many") {
  PlacedCalls calls;
  calls.add(one, {});
  for (int i = 0; i < 3; ++i) calls.update({});
  CHECK(calls.find(one) != nullptr);
  calls.update({});
  CHECK(calls.find(one) == nullptr);
}

TEST_CASE("O05: whoever must not be called any more is not talked to") {
  PlacedCalls calls;
  calls.update(survey(true));
  CHECK(calls.judge(one, sid) == Verdict::unwanted);
  store::DialSurvey stopped = survey();
  stopped.facts.is_stopped = true;
  calls.update(stopped);
  CHECK(calls.judge(one, sid) == Verdict::unwanted);
}

TEST_CASE("T26: one intent is one phone call, whatever a second one says") {
  PlacedCalls calls;
  calls.add(one, {});
  CHECK(calls.judge(one, sid) == Verdict::expected);
  CHECK(calls.judge(one, core::CarrierCallId("CA-2")) == Verdict::other_call);
  CHECK(calls.judge(one, sid) == Verdict::expected);
}

}  // namespace tandem
