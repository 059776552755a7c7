#include "bridge/latency_monitor.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include "bridge/clock.hpp"

namespace tandem {

namespace {

using core::Timing;

/// How often the control loop is asked how late it is, and how many of these make a slice.
constexpr std::chrono::milliseconds probe_period{250};
constexpr int probes_per_slice = ops::LatencyHistory::slice / probe_period;

/// A log-linear distribution in the buckets of a Prometheus histogram: each bucket goes where its
/// middle belongs, so a bound is off by at most 0.8 %.
void put_into(ops::Histogram& histogram, const core::Distribution& distribution,
              std::uint64_t sum_us) {
  const auto bounds = histogram.bounds();
  std::array<std::uint64_t, ops::Histogram::bounds_max + 1> counts{};
  std::size_t into = 0;
  for (std::size_t bucket = 0; bucket < distribution.counts().size(); ++bucket) {
    const auto seconds = static_cast<double>(core::log_linear::middle_of(bucket)) / 1e6;
    while (into < bounds.size() && seconds > bounds[into]) ++into;
    counts[into] += distribution.counts()[bucket];
  }
  histogram.replace(std::span(counts).first(bounds.size() + 1), static_cast<double>(sum_us) / 1e6);
}

}  // namespace

web::LatencyConfig latency_config(const web::LatencySettings& defaults,
                                  const std::vector<store::LatencySettingRow>& rows) {
  web::LatencyConfig config{defaults, defaults, {}};
  for (const auto& row : rows) {
    const auto* const rule = web::find_latency_rule(row.name);
    if (rule == nullptr || row.value_ms < rule->min || row.value_ms > rule->max) continue;
    rule->of(config.settings) = std::chrono::milliseconds(row.value_ms);
    config.changes.push_back({row.name, row.changed_at, row.changed_by});
  }
  if (!web::contradictions(config.settings).empty()) return {defaults, defaults, {}};
  return config;
}

LatencyMonitor::LatencyMonitor(Parts parts)
    : parts_(parts),
      history_(parts_.board),
      config_(latency_config({{}, {}, parts_.greeting_protected}, {})),
      timer_(parts_.control),
      tasks_(parts_.control,
             [&log = parts_.log](std::exception_ptr) { log.error("latency_monitor_failed"); }) {}

void LatencyMonitor::start() { tasks_.spawn(watch()); }

void LatencyMonitor::stop() {
  is_stopping_ = true;
  timer_.cancel();
}

net::Task<void> LatencyMonitor::join() { return tasks_.join(); }

void LatencyMonitor::note(core::MeasuredTurn turn) {
  turn.wall = wall_now();
  history_.note(std::move(turn), clock_now());
}

net::Task<void> LatencyMonitor::watch() {
  auto& lane = parts_.board.lane(parts_.board.lanes() - 1);
  history_.take(clock_now());
  load_settings();
  for (int probes = 1; !is_stopping_; ++probes) {
    const auto due = clock_now() + probe_period;
    timer_.expires_at(due);
    boost::system::error_code ignored;
    co_await timer_.async_wait(net::asio::redirect_error(net::use_task, ignored));
    if (is_stopping_) co_return;
    const auto now = clock_now();
    lane.add(Timing::loop_lag, now - due);
    if (probes % probes_per_slice != 0) continue;
    history_.take(now);
    load_settings();
  }
}

/// One query at a time: a database that is slow is not asked more often. While it is away, what was
/// known last counts.
void LatencyMonitor::load_settings() {
  if (is_loading_) return;
  is_loading_ = parts_.queries.post<Rows>(
      [](store::Connection& connection) { return store::load_latency_settings(connection); },
      [this](Loaded loaded) {
        net::asio::post(parts_.control, [this, loaded = std::move(loaded)] {
          is_loading_ = false;
          if (const auto* rows = std::get_if<Rows>(&loaded)) take_over(*rows);
        });
      });
}

void LatencyMonitor::take_over(const Rows& rows) {
  config_ = latency_config(config_.defaults, rows);
}

void LatencyMonitor::apply(call::CallSettings& settings) const {
  settings.playout = config_.settings.playout;
  settings.patience = config_.settings.patience;
  settings.protected_greeting = config_.settings.greeting_protected;
}

void LatencyMonitor::publish() {
  using ops::Family;
  history_.take(clock_now());
  const auto sum_us = [&](Timing timing, std::size_t lane) {
    return parts_.board.lane(lane).histograms()[static_cast<std::size_t>(timing)].sum_us();
  };
  const auto put = [&](Timing timing, Family family,
                       std::initializer_list<std::string_view> labels = {}) {
    std::uint64_t sum = 0;
    for (std::size_t lane = 0; lane < parts_.board.lanes(); ++lane) sum += sum_us(timing, lane);
    put_into(parts_.metrics.histogram(family, labels), history_.total(timing), sum);
  };
  put(Timing::uplink_transit, Family::media_transit_seconds, {"uplink"});
  put(Timing::downlink_transit, Family::media_transit_seconds, {"downlink"});
  put(Timing::pacing_lateness, Family::pacing_lateness_seconds);
  put(Timing::carrier_round_trip, Family::carrier_mark_rtt_seconds);
  put(Timing::inbound_gap, Family::carrier_inbound_gap_seconds);
  for (std::size_t lane = 0; lane < parts_.board.lanes(); ++lane) {
    put_into(parts_.metrics.histogram(Family::loop_lag_seconds, {parts_.board.lane(lane).thread()}),
             history_.total(Timing::loop_lag, lane), sum_us(Timing::loop_lag, lane));
  }
}

}  // namespace tandem
