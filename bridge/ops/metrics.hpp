// Counters, gauges and histograms, rendered as Prometheus text for GET /metrics.
//
// Every family is declared once, in the table of metrics.cpp, with its help text, label names and
// buckets; a family that no page, alert or runbook uses does not belong there. Look a series up
// once and keep the reference: it lives as long as the registry. Updating is one relaxed atomic
// operation from any thread; no family ever has a call id or a phone number as label, so the number
// of series stays small (a bound makes sure).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::ops {

/// Only rises.
class Counter {
 public:
  void add(std::uint64_t count = 1) noexcept { value_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  alignas(64) std::atomic<std::uint64_t> value_{0};  // own cache line: shards count side by side
};

class Gauge {
 public:
  void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(double change) noexcept { value_.fetch_add(change, std::memory_order_relaxed); }
  [[nodiscard]] double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(64) std::atomic<double> value_{0};
};

/// Counts observations per bucket. A bucket holds what is at most its bound and above the bound
/// before.
class Histogram {
 public:
  static constexpr std::size_t bounds_max = 16;

  /// `bounds` rise strictly, are at most `bounds_max`, and outlive the histogram.
  explicit Histogram(std::span<const double> bounds);
  void observe(double value) noexcept;
  /// Takes over what was counted elsewhere: per bucket, the last one being what is above all
  /// bounds. For one caller at a time, and not together with observe(); counts must not fall.
  void replace(std::span<const std::uint64_t> counts, double sum) noexcept;

  [[nodiscard]] std::span<const double> bounds() const noexcept { return bounds_; }
  /// Observations at most `bounds()[i]`; with i = bounds().size(), all.
  [[nodiscard]] std::uint64_t count_up_to(std::size_t i) const noexcept;
  [[nodiscard]] double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

 private:
  std::span<const double> bounds_;
  std::array<std::atomic<std::uint64_t>, bounds_max + 1> counts_{};
  std::atomic<double> sum_{0};
};

enum class Family : std::uint8_t {
  calls_active,
  calls_total,
  calls_resumed_total,
  call_endings_total,
  call_duration_seconds,
  pickup_to_first_audio_seconds,
  turn_gap_seconds,
  turn_stage_seconds,
  barge_in_stop_seconds,
  barge_in_total,
  media_transit_seconds,
  pacing_lateness_seconds,
  underruns_total,
  frames_total,
  frames_dropped_total,
  carrier_mark_rtt_seconds,
  carrier_inbound_gap_seconds,
  carrier_bad_messages_total,
  webhooks_total,
  voice_connect_seconds,
  voice_gap_seconds,
  voice_reconnects_total,
  voice_close_total,
  voice_bad_messages_total,
  voice_freeze_total,
  dead_air_seconds_total,
  loop_lag_seconds,
  record_queue_dropped_total,
  log_lines_dropped_total,
  db_spool_events,
  db_spool_oldest_seconds,
  db_spool_fill_ratio,
  db_spool_held_events,
  db_spool_dropped_total,
  db_spool_damaged_total,
  db_spool_disk_errors_total,
  db_importer_state,
  db_imported_total,
  db_dead_letters_total,
  db_import_failures_total,
  db_write_seconds,
  analysis_total,
  analysis_seconds,
  reconciliation_total,
  reconciliation_filled_lines_total,
  records_deleted_total,
  dial_decisions_total,
  outbound_calls_total,
  dialling_halted,
  logins_total,
  admin_ws_clients,
  admin_dropped_total,
  draining,
  drain_forced_total,
  build_info,
};
inline constexpr std::size_t family_count = static_cast<std::size_t>(Family::build_info) + 1;

class Metrics {
 public:
  /// Label sets of one family; whatever comes later is counted in one series with every label
  /// "other".
  static constexpr std::size_t series_max = 200;

  /// The label values in the order in which the family names its labels. A family asked for as the
  /// wrong kind or with the wrong number of labels is a bug (BRIDGE_ASSERT).
  Counter& counter(Family family, std::initializer_list<std::string_view> labels = {});
  Gauge& gauge(Family family, std::initializer_list<std::string_view> labels = {});
  Histogram& histogram(Family family, std::initializer_list<std::string_view> labels = {});

  /// Text exposition format 0.0.4, families in declaration order; a family without series is left
  /// out.
  [[nodiscard]] std::string render() const;

 private:
  using Labels = std::vector<std::string>;
  template <class Series>
  using SeriesMap = std::map<Labels, std::unique_ptr<Series>>;
  struct FamilySeries {
    SeriesMap<Counter> counters;
    SeriesMap<Gauge> gauges;
    SeriesMap<Histogram> histograms;
  };

  mutable std::mutex mutex_;
  std::array<FamilySeries, family_count> families_;
};

}  // namespace tandem::ops
