#include "bridge/ops/latency_board.hpp"

#include <cmath>
#include <random>
#include <thread>

#include "bridge/ops/latency_history.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::ops {

using namespace std::chrono_literals;
using core::Timing;

namespace {

constexpr core::TimePoint zero{1h};

std::uint64_t count_of(const std::vector<LatencyHistory::ByTiming>& lanes, Timing timing) {
  std::uint64_t count = 0;
  for (const auto& lane : lanes) count += lane[static_cast<std::size_t>(timing)].count();
  return count;
}

core::MeasuredTurn turn_of(std::string provider, std::int64_t gap_us) {
  core::MeasuredTurn turn;
  turn.provider = std::move(provider);
  turn.turn.gap_us = gap_us;
  return turn;
}

}  // namespace

TEST_CASE("every time from a microsecond to a minute is counted at most one percent away") {
  for (std::int64_t us = 1; us <= 60'000'000; us += 1 + us / 89) {
    const auto bucket = core::log_linear::bucket_of(us);
    REQUIRE(core::log_linear::begin_of(bucket) <= us);
    REQUIRE(us < core::log_linear::begin_of(bucket + 1));
    const auto away = std::abs(static_cast<double>(core::log_linear::middle_of(bucket) - us));
    REQUIRE(away <= 0.01 * static_cast<double>(us));
  }
  CHECK(core::log_linear::bucket_of(-5) == 0);
  CHECK(core::log_linear::bucket_of(1LL << 40) == core::log_linear::bucket_of(60'000'000));
  CHECK(core::log_linear::bucket_count == 1344);
}

TEST_CASE("a lane keeps timings and providers apart, and a turn is counted part by part") {
  LatencyBoard board({"shard-0", "control"}, {"one", "two"});
  board.lane(0).add(Timing::uplink_transit, 90us);
  core::TurnLatency turn;
  turn.to_first_audio_us = 400'000;
  turn.unexplained_us = 100'000;
  turn.gap_us = 500'000;
  board.lane(0).add(turn, 1);
  LatencyHistory history(board);
  history.take(zero);
  const auto two = history.counted(std::nullopt, 1);
  CHECK(count_of(two, Timing::turn_gap) == 1);
  CHECK(count_of(two, Timing::uplink_transit) == 1);  // nobody's
  CHECK(two[0][static_cast<std::size_t>(Timing::voice_first_audio)].quantile_us(0.5) ==
        Approx(400'000).epsilon(0.01));
  CHECK(count_of(history.counted(std::nullopt, 0), Timing::turn_gap) == 0);
  CHECK(count_of(history.counted(std::nullopt, std::nullopt), Timing::unexplained) == 1);
  CHECK(history.total(Timing::uplink_transit).count() == 1);
  CHECK(board.find_provider("two") == 1);
  CHECK_FALSE(board.find_provider("three").has_value());
}

TEST_CASE("a window forgets what is older than it, the whole does not") {
  LatencyBoard board({"control"}, {"one"});
  LatencyHistory history(board);
  for (int second = 0; second <= 1800; second += 2) {
    board.lane(0).add(Timing::loop_lag, 1ms);
    history.note(turn_of("one", second), zero + std::chrono::seconds(second));
    history.take(zero + std::chrono::seconds(second));
  }
  CHECK(count_of(history.counted(60s, std::nullopt), Timing::loop_lag) == Approx(30).margin(1));
  CHECK(count_of(history.counted(900s, std::nullopt), Timing::loop_lag) == Approx(450).margin(1));
  CHECK(count_of(history.counted(std::nullopt, std::nullopt), Timing::loop_lag) == 901);
  CHECK(history.turns(60s, std::nullopt).size() == Approx(30).margin(1));
  CHECK(history.turns(std::nullopt, 0).size() == 901);
  CHECK(history.turns(60s, 7).empty());
  CHECK(history.turns(60s, 0).front().turn.gap_us == 1800);
  const auto steps = history.steps(60s, 30, std::nullopt);
  REQUIRE(steps.size() == 30);
  for (const auto& step : steps)
    CHECK(step[static_cast<std::size_t>(Timing::loop_lag)].count() <= 2);
}

TEST_CASE("percentiles over all lanes are those of all their values") {
  LatencyBoard board({"shard-0", "shard-1", "control"}, {"one"});
  LatencyHistory history(board);
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> distribution(6.0, 1.5);
  std::vector<double> values;
  for (std::size_t i = 0; i < 6'000; ++i) {
    values.push_back(std::floor(std::min(distribution(random), 59e6)));
    board.lane(i % 2).add(Timing::uplink_transit,
                          std::chrono::microseconds(static_cast<std::int64_t>(values.back())));
    if (i % 100 == 0) history.take(zero + std::chrono::milliseconds(i));
  }
  history.take(zero + 1min);
  std::sort(values.begin(), values.end());
  const auto all = history.total(Timing::uplink_transit);
  for (const double share : {0.5, 0.9, 0.99})
    CHECK(static_cast<double>(all.quantile_us(share)) ==
          Approx(values[static_cast<std::size_t>(share * 6'000) - 1]).epsilon(0.01).margin(1));
  CHECK(static_cast<double>(all.max_us()) == Approx(values.back()).epsilon(0.01));
}

TEST_CASE("one thread counts while another reads, and in the end nothing is missing") {
  LatencyBoard board({"shard-0"}, {"one"});
  LatencyHistory history(board);
  std::thread writer([&board] {
    for (int i = 0; i < 200'000; ++i)
      board.lane(0).add(Timing::inbound_gap, std::chrono::microseconds(i % 3'000));
  });
  for (int i = 0; i < 200; ++i) history.take(zero + std::chrono::milliseconds(i));
  writer.join();
  history.take(zero + 1s);
  CHECK(history.total(Timing::inbound_gap).count() == 200'000);
}

}  // namespace tandem::ops
