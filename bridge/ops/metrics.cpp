#include "bridge/ops/metrics.hpp"

#include <fmt/format.h>

#include <iterator>

#include "bridge/core/result.hpp"

namespace tandem::ops {

namespace {

enum class Kind : std::uint8_t { counter, gauge, histogram };

struct Definition {
  Family family;
  Kind kind;
  std::string_view name;
  std::string_view help;
  std::array<std::string_view, 2> labels{};
  std::span<const double> bounds{};
};

// Turns and connects are felt in tenths of a second, transit and lag in parts of a frame, calls in
// minutes.
constexpr std::array gap_bounds{0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 8.0};
constexpr std::array transit_bounds{0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1};
constexpr std::array call_bounds{5.0,   15.0,  30.0,   60.0,   120.0,
                                 300.0, 600.0, 1200.0, 1800.0, 3600.0};

using enum Kind;
constexpr std::array<Definition, family_count> definitions{{
    {Family::calls_active, gauge, "calls_active", "Calls in progress.", {"direction"}},
    {Family::calls_total, counter, "calls_total", "Calls that ended.", {"direction", "end_reason"}},
    {Family::calls_resumed_total,
     counter,
     "calls_resumed_total",
     "Phone calls that went on after their stream or their process was lost.",
     {"how"}},
    {Family::call_endings_total,
     counter,
     "call_endings_total",
     "Ends of calls that the carrier had not confirmed by itself.",
     {"how"}},
    {Family::call_duration_seconds,
     histogram,
     "call_duration_seconds",
     "Length of ended calls.",
     {},
     call_bounds},
    {Family::pickup_to_first_audio_seconds,
     histogram,
     "pickup_to_first_audio_seconds",
     "From the start of the media stream to the agent's first audible frame.",
     {},
     gap_bounds},
    {Family::turn_gap_seconds,
     histogram,
     "turn_gap_seconds",
     "From the caller's last speech to the agent's first audible frame.",
     {},
     gap_bounds},
    {Family::turn_stage_seconds,
     histogram,
     "turn_stage_seconds",
     "Parts of the turn gap.",
     {"stage"},
     gap_bounds},
    {Family::barge_in_stop_seconds,
     histogram,
     "barge_in_stop_seconds",
     "From the caller cutting in to the agent falling silent.",
     {},
     gap_bounds},
    {Family::barge_in_total, counter, "barge_in_total", "Barge-ins by outcome.", {"result"}},
    {Family::media_transit_seconds,
     histogram,
     "media_transit_seconds",
     "Time a frame spends inside the bridge.",
     {"direction"},
     transit_bounds},
    {Family::pacing_lateness_seconds,
     histogram,
     "pacing_lateness_seconds",
     "How late a paced frame left against its schedule.",
     {},
     transit_bounds},
    {Family::underruns_total, counter, "underruns_total",
     "Agent audio that came too late to be heard without a gap."},
    {Family::frames_total, counter, "frames_total", "Audio frames.", {"leg", "direction"}},
    {Family::frames_dropped_total,
     counter,
     "frames_dropped_total",
     "Audio frames dropped.",
     {"reason"}},
    {Family::carrier_mark_rtt_seconds,
     histogram,
     "carrier_mark_rtt_seconds",
     "From the end of the audio before a mark, by our clock, to the mark's echo.",
     {},
     transit_bounds},
    {Family::carrier_inbound_gap_seconds,
     histogram,
     "carrier_inbound_gap_seconds",
     "Time between caller frames.",
     {},
     transit_bounds},
    {Family::carrier_bad_messages_total,
     counter,
     "carrier_bad_messages_total",
     "Carrier messages that could not be used.",
     {"why"}},
    {Family::webhooks_total,
     counter,
     "webhooks_total",
     "Webhooks by route and answer.",
     {"route", "status"}},
    {Family::voice_connect_seconds,
     histogram,
     "voice_connect_seconds",
     "From dialling a voice provider to its readiness.",
     {"provider"},
     gap_bounds},
    {Family::voice_gap_seconds,
     histogram,
     "voice_gap_seconds",
     "From the loss of a voice leg within a call to the readiness of the next.",
     {},
     gap_bounds},
    {Family::voice_reconnects_total,
     counter,
     "voice_reconnects_total",
     "Voice legs that were dialled again within a call.",
     {"provider", "cause"}},
    {Family::voice_close_total,
     counter,
     "voice_close_total",
     "Closed voice legs.",
     {"provider", "code"}},
    {Family::voice_bad_messages_total,
     counter,
     "voice_bad_messages_total",
     "Voice provider messages that could not be used.",
     {"provider", "why"}},
    {Family::voice_freeze_total,
     counter,
     "voice_freeze_total",
     "Silent voice legs by the step taken.",
     {"step"}},
    {Family::dead_air_seconds_total,
     counter,
     "dead_air_seconds_total",
     "Seconds in which nobody spoke.",
     {"kind"}},
    {Family::loop_lag_seconds,
     histogram,
     "loop_lag_seconds",
     "How late an event loop runs its work.",
     {"thread"},
     transit_bounds},
    {Family::record_queue_dropped_total, counter, "record_queue_dropped_total",
     "Records lost because the queue to the spool was full."},
    {Family::log_lines_dropped_total, counter, "log_lines_dropped_total", "Log lines lost."},
    {Family::db_spool_events, gauge, "db_spool_events", "Records that wait for the database."},
    {Family::db_spool_oldest_seconds, gauge, "db_spool_oldest_seconds",
     "Age of the oldest record that waits for the database."},
    {Family::db_spool_fill_ratio, gauge, "db_spool_fill_ratio",
     "How full the spool is, 0 to 1, of SPOOL_MAX_BYTES or of the disk when that is smaller."},
    {Family::db_spool_held_events, gauge, "db_spool_held_events",
     "Records that wait in memory for space on the disk."},
    {Family::db_spool_dropped_total, counter, "db_spool_dropped_total",
     "Records lost because the disk was full for too long, or because they were too large."},
    {Family::db_spool_damaged_total, counter, "db_spool_damaged_total",
     "Places of the spool that could not be read back."},
    {Family::db_spool_disk_errors_total, counter, "db_spool_disk_errors_total",
     "Errors of the spool's disk."},
    {Family::db_importer_state,
     gauge,
     "db_importer_state",
     "1 for what the importer does now; anything but importing means that records wait.",
     {"state"}},
    {Family::db_imported_total, counter, "db_imported_total", "Records brought into the database."},
    {Family::db_dead_letters_total, counter, "db_dead_letters_total",
     "Records that the database refused for ever, kept in bridge.dead_letters."},
    {Family::db_import_failures_total, counter, "db_import_failures_total",
     "Attempts to import that ended in an error and were repeated."},
    {Family::db_write_seconds,
     histogram,
     "db_write_seconds",
     "Time of one batch into the database.",
     {},
     gap_bounds},
    {Family::analysis_total, counter, "analysis_total", "Outcome analyses.", {"outcome", "state"}},
    {Family::analysis_seconds,
     histogram,
     "analysis_seconds",
     "Time of one outcome analysis.",
     {},
     call_bounds},
    {Family::reconciliation_total,
     counter,
     "reconciliation_total",
     "Calls compared with the voice provider's own history.",
     {"result"}},
    {Family::reconciliation_filled_lines_total, counter, "reconciliation_filled_lines_total",
     "Lines that only the voice provider's history had."},
    {Family::records_deleted_total,
     counter,
     "records_deleted_total",
     "Rows deleted because they were old, or because a person was erased.",
     {"why", "table"}},
    {Family::dial_decisions_total,
     counter,
     "dial_decisions_total",
     "Answers of the dial gate.",
     {"decision", "reason"}},
    {Family::outbound_calls_total,
     counter,
     "outbound_calls_total",
     "What became of intents that were claimed for dialling.",
     {"result"}},
    {Family::dialling_halted, gauge, "dialling_halted",
     "1 while this node places no calls until a person has acted."},
    {Family::logins_total,
     counter,
     "logins_total",
     "Passwords that people gave, of log-ins and of changes of their own.",
     {"result"}},
    {Family::admin_ws_clients, gauge, "admin_ws_clients", "Connected admin sockets."},
    {Family::admin_dropped_total,
     counter,
     "admin_dropped_total",
     "What admin sockets did not get: records and sound that the control thread was too busy for, "
     "messages and audio that a client read too slowly.",
     {"what"}},
    {Family::draining, gauge, "draining", "1 while the bridge takes no new calls."},
    {Family::drain_forced_total, counter, "drain_forced_total",
     "Calls cut because draining took too long."},
    {Family::build_info, gauge, "build_info", "1; the version is the label.", {"version"}},
}};

consteval bool table_is_in_order() {
  for (std::size_t i = 0; i < definitions.size(); ++i) {
    if (static_cast<std::size_t>(definitions[i].family) != i) return false;
    if (definitions[i].bounds.size() > Histogram::bounds_max) return false;
  }
  return true;
}
static_assert(table_is_in_order());

const Definition& definition_of(Family family) {
  return definitions[static_cast<std::size_t>(family)];
}

std::size_t label_count(const Definition& definition) {
  return definition.labels[0].empty() ? 0 : definition.labels[1].empty() ? 1 : 2;
}

/// The series of these labels, made on first use.
template <class Series, class... Arguments>
Series& find_or_make(std::map<std::vector<std::string>, std::unique_ptr<Series>>& series,
                     std::initializer_list<std::string_view> labels, Arguments... arguments) {
  std::vector<std::string> key(labels.begin(), labels.end());
  if (series.size() >= Metrics::series_max && !series.contains(key)) {
    key.assign(key.size(), "other");
  }
  auto& found = series[std::move(key)];
  if (!found) found = std::make_unique<Series>(arguments...);
  return *found;
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += out.back() == '{' ? "" : ",";
  out += name;
  out += "=\"";
  for (const char c : value) {
    if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else
      out += c;
  }
  out += '"';
}

/// `tandem_name_suffix{label="value",le="0.5"} ` up to the value.
void append_series(std::string& out, const Definition& definition, std::string_view suffix,
                   const std::vector<std::string>& labels, std::string_view bound = {}) {
  fmt::format_to(std::back_inserter(out), "tandem_{}{}", definition.name, suffix);
  if (!labels.empty() || !bound.empty()) {
    out += '{';
    for (std::size_t i = 0; i < labels.size(); ++i)
      append_label(out, definition.labels[i], labels[i]);
    if (!bound.empty()) append_label(out, "le", bound);
    out += '}';
  }
  out += ' ';
}

void append_histogram(std::string& out, const Definition& definition,
                      const std::vector<std::string>& labels, const Histogram& histogram) {
  const auto bounds = histogram.bounds();
  std::uint64_t all = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    // read once: a count that rises between two reads must not show as a bucket above `_count`
    all = histogram.count_up_to(i);
    append_series(out, definition, "_bucket", labels,
                  i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf");
    fmt::format_to(std::back_inserter(out), "{}\n", all);
  }
  append_series(out, definition, "_sum", labels);
  fmt::format_to(std::back_inserter(out), "{}\n", histogram.sum());
  append_series(out, definition, "_count", labels);
  fmt::format_to(std::back_inserter(out), "{}\n", all);
}

void append_head(std::string& out, const Definition& definition) {
  static constexpr std::array<std::string_view, 3> kinds{"counter", "gauge", "histogram"};
  fmt::format_to(std::back_inserter(out), "# HELP tandem_{} {}\n# TYPE tandem_{} {}\n",
                 definition.name, definition.help, definition.name,
                 kinds[static_cast<std::size_t>(definition.kind)]);
}

}  // namespace

Histogram::Histogram(std::span<const double> bounds) : bounds_(bounds) {
  BRIDGE_ASSERT(bounds.size() <= bounds_max);
}

void Histogram::observe(double value) noexcept {
  std::size_t i = 0;
  while (i < bounds_.size() && value > bounds_[i]) ++i;
  counts_[i].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

void Histogram::replace(std::span<const std::uint64_t> counts, double sum) noexcept {
  for (std::size_t i = 0; i <= bounds_.size() && i < counts.size(); ++i)
    counts_[i].store(counts[i], std::memory_order_relaxed);
  sum_.store(sum, std::memory_order_relaxed);
}

std::uint64_t Histogram::count_up_to(std::size_t i) const noexcept {
  std::uint64_t count = 0;
  for (std::size_t k = 0; k <= i; ++k) count += counts_[k].load(std::memory_order_relaxed);
  return count;
}

Counter& Metrics::counter(Family family, std::initializer_list<std::string_view> labels) {
  const Definition& definition = definition_of(family);
  BRIDGE_ASSERT(definition.kind == Kind::counter && labels.size() == label_count(definition));
  const std::lock_guard lock(mutex_);
  return find_or_make(families_[static_cast<std::size_t>(family)].counters, labels);
}

Gauge& Metrics::gauge(Family family, std::initializer_list<std::string_view> labels) {
  const Definition& definition = definition_of(family);
  BRIDGE_ASSERT(definition.kind == Kind::gauge && labels.size() == label_count(definition));
  const std::lock_guard lock(mutex_);
  return find_or_make(families_[static_cast<std::size_t>(family)].gauges, labels);
}

Histogram& Metrics::histogram(Family family, std::initializer_list<std::string_view> labels) {
  const Definition& definition = definition_of(family);
  BRIDGE_ASSERT(definition.kind == Kind::histogram && labels.size() == label_count(definition));
  const std::lock_guard lock(mutex_);
  return find_or_make(families_[static_cast<std::size_t>(family)].histograms, labels,
                      definition.bounds);
}

std::string Metrics::render() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const Definition& definition : definitions) {
    const auto& [counters, gauges, histograms] =
        families_[static_cast<std::size_t>(definition.family)];
    if (counters.empty() && gauges.empty() && histograms.empty()) continue;
    append_head(out, definition);
    for (const auto& [labels, series] : counters) {
      append_series(out, definition, "", labels);
      fmt::format_to(std::back_inserter(out), "{}\n", series->value());
    }
    for (const auto& [labels, series] : gauges) {
      append_series(out, definition, "", labels);
      fmt::format_to(std::back_inserter(out), "{}\n", series->value());
    }
    for (const auto& [labels, series] : histograms) {
      append_histogram(out, definition, labels, *series);
    }
  }
  return out;
}

}  // namespace tandem::ops
