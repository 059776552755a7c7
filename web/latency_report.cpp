#include "web/latency_report.hpp"

#include "web/json.hpp"
#include "web/render.hpp"

namespace tandem::web {

namespace {

using core::Timing;
namespace buckets = core::log_linear;

std::int64_t number(std::uint64_t count) { return static_cast<std::int64_t>(count); }

void write_figures(JsonWriter& json, const core::Distribution& distribution) {
  json.member("count", number(distribution.count()))
      .member("p50_us", distribution.quantile_us(0.50))
      .member("p90_us", distribution.quantile_us(0.90))
      .member("p95_us", distribution.quantile_us(0.95))
      .member("p99_us", distribution.quantile_us(0.99))
      .member("max_us", distribution.max_us());
}

/// [first value, first value of the next bucket, count] of those that are not empty.
void write_buckets(JsonWriter& json, const core::Distribution& distribution) {
  json.key("buckets").begin_array();
  for (std::size_t bucket = 0; bucket < distribution.counts().size(); ++bucket) {
    const auto count = distribution.counts()[bucket];
    if (count == 0) continue;
    json.begin_array()
        .value(buckets::begin_of(bucket))
        .value(buckets::begin_of(bucket + 1))
        .value(number(count))
        .end_array();
  }
  json.end_array();
}

void write_timing(JsonWriter& json, const LatencyFigures& figures, Timing timing) {
  const auto all = sum_of(figures, timing);
  json.begin_object().member("name", to_string(timing));
  write_figures(json, all);
  write_buckets(json, all);
  json.key("threads").begin_array();
  for (std::size_t i = 0; i < figures.threads.size(); ++i) {
    const auto& of_thread = figures.by_thread[i][static_cast<std::size_t>(timing)];
    if (of_thread.count() == 0) continue;
    json.begin_object().member("thread", figures.threads[i]);
    write_figures(json, of_thread);
    json.end_object();
  }
  json.end_array().end_object();
}

/// How these timings moved; null where nothing was counted.
void write_steps(JsonWriter& json, const LatencyFigures& figures) {
  json.key("steps").begin_object().member("seconds", figures.step.count());
  json.key("timings").begin_array();
  for (const auto timing : {Timing::turn_gap, Timing::uplink_transit, Timing::downlink_transit,
                            Timing::pacing_lateness, Timing::loop_lag}) {
    json.begin_object().member("name", to_string(timing));
    for (const auto& [name, share] :
         {std::pair("p50_us", 0.50), std::pair("p95_us", 0.95), std::pair("p99_us", 0.99)}) {
      json.key(name).begin_array();
      for (const auto& step : figures.steps) {
        const auto& counted = step[static_cast<std::size_t>(timing)];
        counted.count() > 0 ? json.value(counted.quantile_us(share)) : json.null();
      }
      json.end_array();
    }
    json.end_object();
  }
  json.end_array().end_object();
}

void write_turn(JsonWriter& json, const core::MeasuredTurn& measured) {
  json.begin_object()
      .member("call_id", measured.call_id.str())
      .member("provider", measured.provider)
      .member("at", measured.wall)
      .member("offset_ms", std::int64_t{measured.offset.count()})
      .member("turn", std::int64_t{measured.turn.turn})
      .member("gap_us", measured.turn.gap_us)
      .member("unexplained_us", measured.turn.unexplained_us)
      .key("stages")
      .begin_array();
  for (const auto part : core::turn_parts) {
    if (part == Timing::unexplained) continue;
    json.begin_object()
        .member("name", to_string(part))
        .member("us", core::part_us(measured.turn, part))
        .end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::optional<std::chrono::seconds> LatencyQuery::span() const {
  using namespace std::chrono_literals;
  if (window == "1m") return 1min;
  if (window == "5m") return 5min;
  if (window == "15m") return 15min;
  return std::nullopt;
}

core::Distribution sum_of(const LatencyFigures& figures, Timing timing) {
  core::Distribution sum;
  for (const auto& thread : figures.by_thread) sum.add(thread[static_cast<std::size_t>(timing)]);
  return sum;
}

std::string render_latency_stats(const LatencyQuery& query, const LatencyFigures& figures) {
  JsonWriter json;
  json.begin_object()
      .member("window", query.window)
      .member_if_known("provider", query.provider)
      .key("providers")
      .begin_array();
  for (const auto& provider : figures.providers) json.value(provider);
  json.end_array().key("timings").begin_array();
  for (std::size_t i = 0; i < core::timing_count; ++i)
    write_timing(json, figures, static_cast<Timing>(i));
  json.end_array();
  write_steps(json, figures);
  json.key("turns").begin_array();
  for (std::size_t i = 0; i < figures.turns.size() && i < turns_shown; ++i)
    write_turn(json, figures.turns[i]);
  return json.end_array().end_object().finish();
}

std::string render_running_latency(std::string_view call_id, const call::Snapshot& snapshot,
                                   const std::vector<core::MeasuredTurn>& turns) {
  store::CallLatency latency;
  for (const auto& measured : turns) latency.turns.push_back(measured.turn);
  latency.uplink_transit = snapshot.uplink_transit;
  latency.downlink_transit = snapshot.downlink_transit;
  return render_latency(call_id, latency);
}

std::string render_latency_config(const LatencyConfig& config) {
  JsonWriter json;
  json.begin_object().key("settings").begin_array();
  for (const auto& rule : latency_rules()) {
    json.begin_object()
        .member("name", rule.name)
        .member("value", value_of(rule, config.settings))
        .member("default", value_of(rule, config.defaults))
        .member("min", rule.min)
        .member("max", rule.max)
        .member("step", rule.step)
        .member("means", rule.means);
    const LatencyConfig::Change* change = nullptr;
    for (const auto& each : config.changes)
      if (each.name == rule.name) change = &each;
    json.key("changed_at");
    change != nullptr ? json.value(change->at) : json.null();
    json.member_if_known("changed_by", change != nullptr ? std::string_view(change->by) : "");
    json.end_object();
  }
  return json.end_array().end_object().finish();
}

}  // namespace tandem::web
