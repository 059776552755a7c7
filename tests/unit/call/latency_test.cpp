#include "bridge/call/latency.hpp"

#include <algorithm>
#include <array>
#include <random>

#include "tests/unit/catch.hpp"

namespace tandem::call {

using namespace std::chrono_literals;

namespace {
std::int64_t sum_of_stages(const core::TurnLatency& turn) {
  return turn.to_last_audio_sent_us + turn.to_text_final_us + turn.to_first_audio_us +
         turn.to_carrier_us + turn.to_audible_us + turn.unexplained_us;
}
constexpr core::TimePoint zero{1h};
}  // namespace

TEST_CASE("a histogram's quantiles are within one percent of the exact ones") {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> distribution(7.0, 2.0);
  Histogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    const auto us = static_cast<std::int64_t>(std::min(distribution(random), 59e6));
    values.push_back(us);
    histogram.add(std::chrono::microseconds(us));
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.01, 0.5, 0.9, 0.95, 0.99, 0.999}) {
    const auto exact = static_cast<double>(values[static_cast<std::size_t>(share * 20'000) - 1]);
    CHECK(static_cast<double>(histogram.quantile_us(share)) ==
          Approx(exact).epsilon(0.01).margin(1));
  }
  CHECK(histogram.count() == 20'000);
}

TEST_CASE("every microsecond up to a minute lands in a bucket that is off by at most one percent") {
  for (std::int64_t us = 1; us < 60'000'000; us += 1 + us / 97) {
    Histogram histogram;
    histogram.add(std::chrono::microseconds(us));
    histogram.add(std::chrono::seconds(60));
    const auto found = static_cast<double>(histogram.quantile_us(0.5));
    REQUIRE(std::abs(found - static_cast<double>(us)) <= 0.01 * static_cast<double>(us) + 0.5);
  }
}

TEST_CASE("an empty histogram answers zero and negative durations count as zero") {
  Histogram histogram;
  CHECK(histogram.quantile_us(0.5) == 0);
  histogram.add(-5ms);
  CHECK(histogram.percentiles().max_us == 0);
  CHECK(histogram.count() == 1);
}

/// What may come to a turn clock, in any order, at any time, also twice, also never.
void disturb(TurnClock& clock, std::mt19937& random, core::TimePoint at) {
  switch (random() % 6) {
    case 0:
      return clock.text_final(at);
    case 1:
      return clock.voice_first_audio(at);
    case 2:
      return clock.caller_stopped(at, at - std::chrono::microseconds(random() % 500'000));
    case 3:
      return clock.agent_was_cut_off();
    case 4:
      return random() % 4 == 0 ? clock.reset() : clock.text_final(at);
    default:
      return clock.caller_stopped(at, at, random() % 2 == 0);
  }
}

TEST_CASE("the stages of any turn add up to its gap, on 10 000 traces in any order") {
  std::mt19937 random(11);
  int turns = 0;
  for (int trace = 0; trace < 10'000; ++trace) {
    // few different times, so that stamps often fall together; negative differences come by order
    const auto grid = std::chrono::microseconds(random() % 3 == 0 ? 500'000 : 1);
    const auto any = [&] {
      return zero + grid * static_cast<std::int64_t>(random() % (3'000'000 / grid.count()));
    };
    TurnClock clock;
    for (auto events = random() % 12; events > 0; --events) disturb(clock, random, any());
    const bool waits = clock.waiting_for_answer();
    const auto at = any();
    const auto turn = clock.carrier_first_audio(at, any());
    REQUIRE(turn.has_value() == waits);
    REQUIRE_FALSE(clock.carrier_first_audio(at, at).has_value());  // each turn is told once
    if (!turn) continue;
    ++turns;
    REQUIRE(sum_of_stages(*turn) == turn->gap_us);
    for (const auto part : core::turn_parts) REQUIRE(core::part_us(*turn, part) >= 0);
    REQUIRE(turn->gap_us <= 3'000'000);
  }
  CHECK(turns > 2'000);
}

TEST_CASE("a stamp never takes time away from what was before it: stages are monotone") {
  std::mt19937 random(12);
  for (int trace = 0; trace < 10'000; ++trace) {
    std::array<std::int64_t, 5> us{};
    for (auto& each : us) each = static_cast<std::int64_t>(random() % 2'000'000);
    const auto at = [&](std::size_t i) { return zero + std::chrono::microseconds(us[i]); };
    TurnClock clock;
    clock.caller_stopped(zero, at(0));
    clock.text_final(at(1));
    clock.voice_first_audio(at(2));
    const auto turn = clock.carrier_first_audio(at(3), at(4));
    REQUIRE(turn.has_value());
    std::int64_t reached = 0;
    std::int64_t latest = 0;
    for (std::size_t i = 0; i < us.size(); ++i) {
      reached += core::part_us(*turn, core::turn_parts[i]);
      latest = std::max(latest, us[i]);
      REQUIRE(reached == latest);
    }
    REQUIRE(turn->unexplained_us == 0);
  }
}

TEST_CASE("what an agent goes on saying after a nod of the caller is no answer; cut off, it is") {
  TurnClock clock;
  clock.caller_stopped(zero, zero + 1ms, true);
  CHECK_FALSE(clock.waiting_for_answer());
  clock.voice_first_audio(zero + 20ms);
  CHECK_FALSE(clock.carrier_first_audio(zero + 21ms, zero + 9s).has_value());
  clock.caller_stopped(zero + 10s, zero + 10s, true);
  clock.agent_was_cut_off();
  CHECK(clock.waiting_for_answer());
  clock.voice_first_audio(zero + 10s + 400ms);
  const auto turn = clock.carrier_first_audio(zero + 10s + 401ms, zero + 10s + 450ms);
  REQUIRE(turn.has_value());
  CHECK(turn->gap_us == 450'000);
}

TEST_CASE("time that no stamp explains is a row of its own") {
  TurnClock clock;
  clock.caller_stopped(zero, zero + 1ms);
  clock.text_final(zero + 300ms);
  const auto turn = clock.carrier_first_audio(zero + 901ms, zero + 1000ms);  // of nobody's answer
  REQUIRE(turn.has_value());
  CHECK(turn->unexplained_us == 601'000);
  CHECK(turn->to_audible_us == 99'000);
  CHECK(turn->gap_us == 1'000'000);
}

TEST_CASE("an agent that speaks before the caller's words are written down answers in one stage") {
  TurnClock clock;
  clock.caller_stopped(zero, zero + 1ms);
  clock.voice_first_audio(zero + 900ms);
  const auto turn = clock.carrier_first_audio(zero + 901ms, zero + 1000ms);
  REQUIRE(turn.has_value());
  CHECK(turn->to_text_final_us == 0);
  CHECK(turn->to_first_audio_us == 899'000);
  CHECK(turn->unexplained_us == 0);
  CHECK(turn->gap_us == 1'000'000);
}

TEST_CASE("an answer without a caller stop is not a turn, and a new stop starts over") {
  TurnClock clock;
  CHECK_FALSE(clock.carrier_first_audio(zero, zero).has_value());
  clock.caller_stopped(zero, zero);
  clock.reset();
  CHECK_FALSE(clock.waiting_for_answer());
  CHECK_FALSE(clock.carrier_first_audio(zero, zero).has_value());
}

}  // namespace tandem::call
