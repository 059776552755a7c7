// What one run measured, and how it is written down.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/load/process.hpp"

namespace tandem::bench {

/// Every sample is kept: percentiles are exact, and a run is short.
class Samples {
 public:
  void add(std::int64_t ns) { ns_.push_back(ns); }
  void reserve(std::size_t count) { ns_.reserve(count); }
  [[nodiscard]] std::size_t count() const noexcept { return ns_.size(); }
  /// {"count":…,"p50_us":…,"p95_us":…,"p99_us":…,"p999_us":…,"max_us":…}
  [[nodiscard]] std::string json();

 private:
  [[nodiscard]] double percentile_us(double share) const;
  std::vector<std::int64_t> ns_;
};

struct Direction {
  Samples from_intended;  ///< from the time at which the schedule wanted it to be sent
  Samples from_sent;      ///< from the time at which it was
  std::int64_t frames_sent = 0;
  std::int64_t frames_received = 0;
  std::int64_t messages_received = 0;
};

struct Figures {
  int calls = 0;
  double window_s = 0;
  double ramp_s = 0;
  bool is_real_time = false;  ///< the generator runs with real-time priority
  Direction uplink;           ///< media at Twilio's side -> audio_input at EVI's side
  Direction downlink;         ///< audio_output at EVI's side -> media at Twilio's side
  Samples lateness;           ///< of the generator's own sends
  std::int64_t silence_frames = 0;
  std::int64_t frames_out_of_order = 0;  ///< arrived before they were sent: nothing matches
  std::int64_t calls_lost = 0;
  std::string first_loss;

  std::int64_t window_frames = 0;  ///< 20 ms frames relayed in the window, both directions
  ProcessCounters bridge;          ///< within the window
  std::int64_t generator_cpu_ns = 0;
  std::int64_t machine_busy_ns = 0;
  std::int64_t rss_before_kib = 0;
  std::int64_t rss_ramped_kib = 0;
  std::int64_t rss_after_kib = 0;
};

/// One line of JSON. Sorts the samples.
std::string to_json(Figures& figures);

}  // namespace tandem::bench
