#include "gemini/live_errors.hpp"

#include <string>
#include <vector>

#include "tests/unit/catch.hpp"

using namespace tandem;
using call::VoiceSeverity;
using gemini::LiveProgress;

namespace {

constexpr LiveProgress fresh{};
constexpr LiveProgress talking{.was_ready = true};
constexpr LiveProgress resuming{.was_resume = true, .resumes = 1};

struct Case {
  std::uint16_t code;
  const char* reason;
  LiveProgress progress;
  VoiceSeverity severity;
  const char* why;
};

void check(const std::vector<Case>& cases) {
  for (const Case& expected : cases) {
    INFO(expected.code << " " << expected.reason);
    const auto verdict =
        gemini::verdict_on_live_close(expected.code, expected.reason, expected.progress);
    CHECK(verdict.severity == expected.severity);
    CHECK(verdict.why == expected.why);
  }
}

}  // namespace

TEST_CASE("the words of a Gemini close decide, whatever its code", "[gemini]") {
  using enum VoiceSeverity;
  check({
      {1007, "API key not valid. Please pass a valid API key.", fresh, fatal, "auth"},
      {1008, "Method doesn't allow unregistered callers (callers without", fresh, fatal, "auth"},
      {1008, "The caller does not have permission", talking, fatal, "auth"},
      {1008, "models/x is not found for API version v1beta, or is", fresh, fatal,
       "model_not_found"},
      {1007, "User location is not supported for the API use.", fresh, fatal, "region"},
      {1011, "You exceeded your current quota, please check your plan", talking, fatal, "quota"},
      {1008, "Resource has been exhausted", talking, fatal, "quota"},
      {1011, "Deadline expired before operation could complete.", talking, retry, "session_age"},
      {1011, "Deadline exceeded", talking, retry, "session_age"},
      {1008, "Requested entity was not found.", talking, retry_fresh, "entity_not_found"},
      {1011, "The service is currently unavailable.", talking, retry, "unavailable"},
      {1013, "The model is OVERLOADED", talking, retry, "unavailable"},
  });
}

TEST_CASE("a Gemini close without telling words is judged by code and progress", "[gemini]") {
  using enum VoiceSeverity;
  check({
      {1000, "", talking, ended, "closed_normal"},
      {1006, "", talking, retry, "lost"},
      {1006, "", fresh, retry, "lost"},
      {1007, "Request contains an invalid argument.", fresh, fatal, "bad_setup"},
      {1007, "Request contains an invalid argument.", talking, retry_fresh, "bad_input"},
      {1007, "Request contains an invalid argument.", resuming, retry_fresh, "resume_refused"},
      {1008, "Operation is not implemented, or supported, or enabled.", fresh, fatal, "bad_setup"},
      {1008, "Operation is not implemented, or supported, or enabled.", talking, retry, "policy"},
      {1008, "The operation was aborted.", talking, retry, "policy"},
      {1011, "Internal error encountered.", talking, retry, "server"},
      {1011, "Internal error encountered.", resuming, retry, "resume_too_early"},
      {4321, "", talking, retry, "closed_unknown"},
  });
}

TEST_CASE("a Gemini close after goAway or after hang_up is no surprise", "[gemini]") {
  const LiveProgress warned{.was_ready = true, .was_warned = true};
  CHECK(gemini::verdict_on_live_close(1000, "", warned).severity == VoiceSeverity::retry);
  const LiveProgress hanging_up{.was_ready = true, .hangs_up = true};
  for (const std::uint16_t code : std::vector<std::uint16_t>{1000, 1006, 1011}) {
    const auto verdict = gemini::verdict_on_live_close(code, "quota", hanging_up);
    CHECK(verdict.severity == VoiceSeverity::ended);
    CHECK(verdict.why == "hang_up");
  }
}

TEST_CASE("a Gemini resume that stays refused gives way to a fresh session", "[gemini]") {
  const auto verdict = [](int resumes) {
    return gemini::verdict_on_live_close(1011, "Internal error encountered.",
                                         {.was_resume = true, .resumes = resumes});
  };
  CHECK(verdict(1).severity == VoiceSeverity::retry);
  CHECK(verdict(1).retry_after >= std::chrono::milliseconds{500});
  CHECK(verdict(2).severity == VoiceSeverity::retry);
  CHECK(verdict(3).severity == VoiceSeverity::retry_fresh);
}

TEST_CASE("each HTTP refusal of Gemini has its verdict and its pause", "[gemini]") {
  struct Refusal {
    int status;
    VoiceSeverity severity;
    const char* why;
    bool waits;
  };
  for (const Refusal& expected : std::vector<Refusal>{
           {0, VoiceSeverity::retry, "unreachable", false},
           {400, VoiceSeverity::fatal, "refused", false},
           {401, VoiceSeverity::fatal, "auth", false},
           {403, VoiceSeverity::fatal, "auth", false},
           {404, VoiceSeverity::fatal, "not_found", false},
           {408, VoiceSeverity::retry, "timeout", false},
           {429, VoiceSeverity::retry, "rate_limit", true},
           {500, VoiceSeverity::retry, "server", true},
           {503, VoiceSeverity::retry, "server", true},
       }) {
    INFO(expected.status);
    const auto verdict = gemini::verdict_on_live_refusal(expected.status);
    CHECK(verdict.severity == expected.severity);
    CHECK(verdict.why == expected.why);
    CHECK((verdict.retry_after.count() > 0) == expected.waits);
  }
}
