// What the latency board counted, by time: the last quarter of an hour in slices of two seconds,
// and everything since the start; and the turns of that time, one by one.
//
// Of one thread (control), which calls take() at least every slice; time is an argument.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "bridge/ops/latency_board.hpp"

namespace tandem::ops {

class LatencyHistory {
 public:
  static constexpr std::chrono::seconds slice{2};
  static constexpr std::chrono::minutes kept{15};
  static constexpr std::size_t turns_kept = 2000;
  using ByTiming = std::array<core::Distribution, core::timing_count>;
  /// The last so long, to a slice; nothing: since the start.
  using Window = std::optional<std::chrono::seconds>;
  /// One provider, by its place on the board; nothing: all.
  using Provider = std::optional<std::size_t>;

  explicit LatencyHistory(const LatencyBoard& board);

  /// Reads the board.
  void take(core::TimePoint now);
  void note(core::MeasuredTurn turn, core::TimePoint now);

  /// For each lane of the board. Windows end with the last take().
  [[nodiscard]] std::vector<ByTiming> counted(Window window, Provider provider) const;
  /// The last `window`, cut into steps of equal length, oldest first; what a step without anything
  /// counted holds is empty.
  [[nodiscard]] std::vector<ByTiming> steps(std::chrono::seconds window, std::size_t count,
                                            Provider provider) const;
  /// Newest first.
  [[nodiscard]] std::vector<core::MeasuredTurn> turns(Window window, Provider provider) const;

  /// Since the start, of all lanes, of a timing that is no provider's.
  [[nodiscard]] core::Distribution total(core::Timing timing) const;
  [[nodiscard]] core::Distribution total(core::Timing timing, std::size_t lane) const;

 private:
  struct Entry {
    std::uint16_t lane;
    std::uint16_t place;  // in the lane
    std::uint16_t bucket;
    std::uint32_t count;
  };
  struct Slice {
    core::TimePoint begin{};
    std::vector<Entry> entries;
  };
  /// What was read last of one histogram, and all of it since the start.
  struct Known {
    std::vector<std::uint32_t> buckets;  // empty before the first count
    std::uint32_t count = 0;
    core::Distribution total;
  };
  struct KnownTurn {
    core::TimePoint at{};
    core::MeasuredTurn turn;
  };

  void take(std::size_t lane, std::size_t place);
  [[nodiscard]] static bool fits(std::size_t place, Provider provider) noexcept;

  const LatencyBoard& board_;
  std::vector<std::vector<Known>> known_;  // by lane and place
  std::deque<Slice> slices_;               // the last one is still being filled
  std::deque<KnownTurn> turns_;            // oldest first
  core::TimePoint taken_at_{};
};

}  // namespace tandem::ops
