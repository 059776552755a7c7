// Where times are counted as they happen: one lane for each thread, one histogram in it for each
// timing (core/timings), and for each voice provider where the timing is one's.
//
// A lane has one writer, its thread. Counting is a plain load and store of relaxed atomics: no
// lock, no allocation, no read-modify-write (docs/latency.md has the cost). Anybody may read at any
// time; counts only rise, and wrap at 2^32, so readers take differences (ops/latency_history).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/timings.hpp"

namespace tandem::ops {

/// One writer, any number of readers. 5.4 KB.
class TimingHistogram {
 public:
  void add(core::Duration duration) noexcept {
    const auto us = std::max<std::int64_t>(0, core::microseconds(duration));
    raise(buckets_[core::log_linear::bucket_of(us)], 1U);
    raise(sum_us_, static_cast<std::uint64_t>(us));
    raise(count_, 1U);
  }
  [[nodiscard]] std::uint32_t count_in(std::size_t bucket) const noexcept {
    return buckets_[bucket].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint32_t count() const noexcept {
    return count_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t sum_us() const noexcept {
    return sum_us_.load(std::memory_order_relaxed);
  }

 private:
  template <class Number>
  static void raise(std::atomic<Number>& value, Number by) noexcept {
    value.store(value.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint32_t>, core::log_linear::bucket_count> buckets_{};
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint64_t> sum_us_{0};
};

/// The histograms of one thread.
class LatencyLane {
 public:
  LatencyLane(std::string thread, std::size_t providers);

  /// A timing that is no provider's (core::is_of_provider).
  void add(core::Timing timing, core::Duration duration) noexcept {
    histograms_[static_cast<std::size_t>(timing)].add(duration);
  }
  /// A provider's, by its place in LatencyBoard::providers().
  void add(core::Timing timing, std::size_t provider, core::Duration duration) noexcept {
    histograms_[static_cast<std::size_t>(timing) + provider * of_provider_count].add(duration);
  }
  /// All parts of a turn, and the whole.
  void add(const core::TurnLatency& turn, std::size_t provider) noexcept;

  [[nodiscard]] const std::string& thread() const noexcept { return thread_; }
  [[nodiscard]] const std::vector<TimingHistogram>& histograms() const noexcept {
    return histograms_;
  }

  static constexpr auto of_provider_count =
      core::timing_count - static_cast<std::size_t>(core::Timing::voice_network);
  /// What the histogram at this place counts.
  static constexpr core::Timing timing_at(std::size_t place) noexcept {
    constexpr auto first = static_cast<std::size_t>(core::Timing::voice_network);
    return static_cast<core::Timing>(place < first ? place
                                                   : first + (place - first) % of_provider_count);
  }
  /// And of which provider; 0 for what is nobody's.
  static constexpr std::size_t provider_at(std::size_t place) noexcept {
    constexpr auto first = static_cast<std::size_t>(core::Timing::voice_network);
    return place < first ? 0 : (place - first) / of_provider_count;
  }

 private:
  std::string thread_;
  std::vector<TimingHistogram> histograms_;
};

class LatencyBoard {
 public:
  /// `threads` are those that have something to count, by the names that answers show; `providers`
  /// the names of voice providers that a call can have, at least one.
  LatencyBoard(const std::vector<std::string>& threads, std::vector<std::string> providers);

  /// By the place in `threads`.
  [[nodiscard]] LatencyLane& lane(std::size_t thread) noexcept { return *lanes_[thread]; }
  [[nodiscard]] const LatencyLane& lane(std::size_t thread) const noexcept {
    return *lanes_[thread];
  }
  [[nodiscard]] std::size_t lanes() const noexcept { return lanes_.size(); }
  [[nodiscard]] const std::vector<std::string>& providers() const noexcept { return providers_; }
  /// The place of a provider, if calls can have it.
  [[nodiscard]] std::optional<std::size_t> find_provider(std::string_view name) const noexcept;
  /// The same; of one that is not known, 0.
  [[nodiscard]] std::size_t provider(std::string_view name) const noexcept {
    return find_provider(name).value_or(0);
  }

 private:
  std::vector<std::string> providers_;
  std::vector<std::unique_ptr<LatencyLane>> lanes_;  // apart: no cache line has two writers
};

}  // namespace tandem::ops
