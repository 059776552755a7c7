#include "bridge/ops/metrics.hpp"

#include <thread>
#include <vector>

#include "bridge/core/result.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::ops {

TEST_CASE("a counter is rendered with help, type, prefix and labels") {
  Metrics metrics;
  metrics.counter(Family::calls_total, {"inbound", "caller_hung_up"}).add();
  metrics.counter(Family::calls_total, {"inbound", "caller_hung_up"}).add(2);
  metrics.counter(Family::calls_total, {"outbound", "time_limit"});
  CHECK(metrics.render() ==
        "# HELP tandem_calls_total Calls that ended.\n"
        "# TYPE tandem_calls_total counter\n"
        "tandem_calls_total{direction=\"inbound\",end_reason=\"caller_hung_up\"} 3\n"
        "tandem_calls_total{direction=\"outbound\",end_reason=\"time_limit\"} 0\n");
}

TEST_CASE("a gauge goes up and down") {
  Metrics metrics;
  Gauge& active = metrics.gauge(Family::calls_active, {"inbound"});
  active.add(2);
  active.add(-1);
  CHECK(metrics.render().ends_with("tandem_calls_active{direction=\"inbound\"} 1\n"));
  active.set(0.5);
  CHECK(metrics.render().ends_with("} 0.5\n"));
}

TEST_CASE("a histogram counts what is at most each bound, cumulatively") {
  Metrics metrics;
  Histogram& transit = metrics.histogram(Family::media_transit_seconds, {"uplink"});
  transit.observe(0.0005);  // on the bound: belongs to it
  transit.observe(0.0006);
  transit.observe(7);
  const auto text = metrics.render();
  const std::string series = "tandem_media_transit_seconds_bucket{direction=\"uplink\",le=";
  CHECK(text.find("# TYPE tandem_media_transit_seconds histogram\n") != std::string::npos);
  CHECK(text.find(series + "\"0.0005\"} 1\n") != std::string::npos);
  CHECK(text.find(series + "\"0.001\"} 2\n") != std::string::npos);
  CHECK(text.find(series + "\"0.1\"} 2\n") != std::string::npos);
  CHECK(text.find(series + "\"+Inf\"} 3\n") != std::string::npos);
  CHECK(text.find("_count{direction=\"uplink\"} 3\n") != std::string::npos);
  CHECK(text.find("_sum{direction=\"uplink\"} 7.0011\n") != std::string::npos);
}

TEST_CASE("a series without labels has no braces") {
  Metrics metrics;
  metrics.counter(Family::underruns_total).add(4);
  CHECK(metrics.render().ends_with("\ntandem_underruns_total 4\n"));
}

TEST_CASE("label values are escaped") {
  Metrics metrics;
  metrics.counter(Family::frames_dropped_total, {"a\"b\\c\nd"}).add();
  CHECK(metrics.render().find("{reason=\"a\\\"b\\\\c\\nd\"} 1") != std::string::npos);
}

TEST_CASE("the same labels give the same series, for the life of the registry") {
  Metrics metrics;
  Counter& first = metrics.counter(Family::barge_in_total, {"confirmed"});
  for (int i = 0; i < 100; ++i) metrics.counter(Family::barge_in_total, {std::to_string(i)});
  CHECK(&metrics.counter(Family::barge_in_total, {"confirmed"}) == &first);
}

TEST_CASE("label sets beyond the bound share one series") {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::series_max + 50; ++i) {
    metrics.counter(Family::voice_close_total, {"any", std::to_string(i)}).add();
  }
  CHECK(metrics.counter(Family::voice_close_total, {"other", "other"}).value() == 50);
  CHECK(metrics.counter(Family::voice_close_total, {"any", "7"}).value() == 1);
}

TEST_CASE("asking for a family as another kind or with other labels is a bug") {
  Metrics metrics;
  CHECK_THROWS_AS(metrics.gauge(Family::calls_total, {"inbound", "x"}), core::BugError);
  CHECK_THROWS_AS(metrics.counter(Family::calls_total, {"inbound"}), core::BugError);
  CHECK_THROWS_AS(metrics.counter(Family::underruns_total, {"x"}), core::BugError);
  CHECK_THROWS_AS(metrics.histogram(Family::draining), core::BugError);
}

TEST_CASE("threads that count and observe side by side lose nothing") {
  Metrics metrics;
  Counter& frames = metrics.counter(Family::frames_total, {"carrier", "in"});
  Histogram& lag = metrics.histogram(Family::loop_lag_seconds, {"shard"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        frames.add();
        lag.observe(0.25);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(frames.value() == 40'000);
  CHECK(lag.count_up_to(lag.bounds().size()) == 40'000);
  CHECK(lag.sum() == 10'000);
}

}  // namespace tandem::ops
