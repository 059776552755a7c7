#include "bridge/provider_health.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;
using Outcome = ProviderHealth::Outcome;
using Order = std::vector<std::size_t>;

constexpr core::TimePoint begin{1h};

void fail(ProviderHealth& health, std::size_t provider, Outcome outcome, int times) {
  for (int i = 0; i < times; ++i) health.note(provider, outcome, begin);
}

}  // namespace

TEST_CASE("providers are tried in the order of the settings while all are well") {
  ProviderHealth health(2);
  CHECK(health.order(begin) == Order{0, 1});
  CHECK(health.can_carry_calls(begin));
}

TEST_CASE(
    "E01: three refusals in a row put a provider last; without another no call can be carried") {
  ProviderHealth health(2);
  fail(health, 0, Outcome::refusal, 2);
  CHECK(health.order(begin) == Order{0, 1});
  CHECK(health.note(0, Outcome::refusal, begin));
  CHECK_FALSE(health.note(0, Outcome::refusal, begin));  // told once
  CHECK(health.order(begin) == Order{1, 0});
  CHECK(health.can_carry_calls(begin));
  fail(health, 1, Outcome::refusal, 3);
  CHECK(health.order(begin) == Order{0, 1});
  CHECK_FALSE(health.can_carry_calls(begin));

  ProviderHealth alone(1);
  fail(alone, 0, Outcome::refusal, 3);
  CHECK_FALSE(alone.can_carry_calls(begin));
  CHECK(alone.order(begin) == Order{0});  // still the best there is
}

TEST_CASE("E02, E03: a provider in trouble is tried again by one call after ten seconds") {
  ProviderHealth health(2);
  fail(health, 0, Outcome::trouble, 3);
  CHECK(health.order(begin + 9s) == Order{1, 0});
  CHECK(health.can_carry_calls(begin));  // trouble passes: that is no reason to refuse calls
  CHECK(health.order(begin + 10s) == Order{0, 1});
  CHECK(health.order(begin + 11s) == Order{1, 0});  // the one before is still trying
  health.note(0, Outcome::ready, begin + 12s);
  CHECK(health.order(begin + 12s) == Order{0, 1});
}

TEST_CASE("a trial that fails waits as long again") {
  ProviderHealth health(2);
  fail(health, 0, Outcome::trouble, 3);
  CHECK(health.order(begin + 10s) == Order{0, 1});
  health.note(0, Outcome::trouble, begin + 15s);
  CHECK(health.order(begin + 24s) == Order{1, 0});
  CHECK(health.order(begin + 25s) == Order{0, 1});
}

TEST_CASE("a refusing provider is tried again after a minute, and one ready session heals it") {
  ProviderHealth health(1);
  fail(health, 0, Outcome::refusal, 3);
  CHECK_FALSE(health.can_carry_calls(begin + 59s));
  CHECK(health.can_carry_calls(begin + 60s));
  CHECK_FALSE(health.is_open(0, begin + 60s));
  health.note(0, Outcome::ready, begin + 61s);
  fail(health, 0, Outcome::refusal, 2);
  CHECK(health.can_carry_calls(begin));
}

TEST_CASE("losses between sessions that became ready do not add up") {
  ProviderHealth health(2);
  for (int i = 0; i < 10; ++i) {
    health.note(0, Outcome::ready, begin);
    fail(health, 0, Outcome::trouble, 2);
  }
  CHECK(health.order(begin) == Order{0, 1});
}

}  // namespace tandem
