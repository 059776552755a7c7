#include "tests/bench/load/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tandem::bench {

namespace {

std::string to_json(Direction& direction) {
  return fmt::format(
      R"({{"frames_sent":{},"frames_received":{},"messages_received":{},"from_intended":{},)"
      R"("from_sent":{}}})",
      direction.frames_sent, direction.frames_received, direction.messages_received,
      direction.from_intended.json(), direction.from_sent.json());
}

std::string threads_json(const ProcessCounters& counters) {
  std::string out;
  for (const auto& [name, cpu_ns] : counters.cpu_ns_by_thread) {
    fmt::format_to(std::back_inserter(out), R"({}"{}":{})", out.empty() ? "" : ",", name, cpu_ns);
  }
  return "{" + out + "}";
}

/// A quotation from an error text, without anything that JSON would have to escape.
std::string plain(std::string text) {
  std::erase_if(text, [](char c) { return c < ' ' || c == '"' || c == '\\'; });
  return text;
}

}  // namespace

double Samples::percentile_us(double share) const {
  if (ns_.empty()) return 0;
  const auto last = static_cast<double>(ns_.size() - 1);
  return static_cast<double>(ns_[static_cast<std::size_t>(last * share + 0.5)]) / 1000;
}

std::string Samples::json() {
  std::sort(ns_.begin(), ns_.end());
  return fmt::format(
      R"({{"count":{},"p50_us":{:.1f},"p95_us":{:.1f},"p99_us":{:.1f},"p999_us":{:.1f},)"
      R"("max_us":{:.1f}}})",
      ns_.size(), percentile_us(0.5), percentile_us(0.95), percentile_us(0.99),
      percentile_us(0.999), percentile_us(1));
}

std::string to_json(Figures& f) {
  return fmt::format(
      R"({{"calls":{},"window_s":{:.3f},"ramp_s":{:.3f},"generator_real_time":{},)"
      R"("uplink":{},"downlink":{},"lateness":{},)"
      R"("silence_frames":{},"frames_out_of_order":{},"calls_lost":{},"first_loss":"{}",)"
      R"("window_frames":{},"bridge_cpu_ns":{},"bridge_threads_cpu_ns":{},"bridge_waits":{},)"
      R"("bridge_preemptions":{},"generator_cpu_ns":{},"machine_busy_ns":{},)"
      R"("rss_before_kib":{},"rss_ramped_kib":{},"rss_after_kib":{}}})",
      f.calls, f.window_s, f.ramp_s, f.is_real_time, to_json(f.uplink), to_json(f.downlink),
      f.lateness.json(), f.silence_frames, f.frames_out_of_order, f.calls_lost, plain(f.first_loss),
      f.window_frames, f.bridge.cpu_ns, threads_json(f.bridge), f.bridge.waits,
      f.bridge.preemptions, f.generator_cpu_ns, f.machine_busy_ns, f.rss_before_kib,
      f.rss_ramped_kib, f.rss_after_kib);
}

}  // namespace tandem::bench
