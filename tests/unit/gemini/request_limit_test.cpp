#include "gemini/request_limit.hpp"

#include "tests/unit/catch.hpp"

using namespace tandem;
using gemini::AnalysisFailure;
using gemini::FailureKind;
using namespace std::chrono_literals;

namespace {

const core::TimePoint start{std::chrono::hours(1)};
const AnalysisFailure rate_limited{FailureKind::transient, "rate_limited"};

}  // namespace

TEST_CASE("G01: a refused quota pauses everybody, for 30 s doubled up to an hour", "[gemini]") {
  gemini::RequestLimit limit;
  CHECK(limit.pause(start) == 0ms);
  auto now = start;
  for (const auto expected : {30s, 60s, 120s, 240s, 480s, 960s, 1920s, 3600s, 3600s}) {
    CHECK(limit.refused(rate_limited, now) == expected);
    CHECK(limit.pause(now + 1s) == expected - 1s);
    now += expected;
    CHECK(limit.pause(now) == 0ms);
  }
  limit.answered();
  CHECK(limit.refused(rate_limited, now) == 30s);
}

TEST_CASE("G01: what the server asks for is waited when it is longer", "[gemini]") {
  gemini::RequestLimit limit;
  CHECK(limit.refused({FailureKind::transient, "rate_limited", 38s}, start) == 38s);
  CHECK(gemini::RequestLimit().refused({FailureKind::transient, "rate_limited", 2s}, start) == 30s);
  CHECK(gemini::RequestLimit().refused({FailureKind::daily_quota, "daily_quota", 4h}, start) == 4h);
}

TEST_CASE("G01: refusals of questions asked at the same time count once", "[gemini]") {
  gemini::RequestLimit limit;
  CHECK(limit.refused(rate_limited, start) == 30s);
  CHECK(limit.refused(rate_limited, start + 1s) == 30s);
  CHECK(limit.pause(start + 31s) == 0ms);
}

TEST_CASE("G02: a server in trouble is no quota: others may ask", "[gemini]") {
  gemini::RequestLimit limit;
  CHECK(limit.refused({FailureKind::transient, "overloaded", 20s}, start) == 0ms);
  CHECK(limit.refused({FailureKind::permanent, "bad_key"}, start) == 0ms);
  CHECK(limit.pause(start) == 0ms);
}
