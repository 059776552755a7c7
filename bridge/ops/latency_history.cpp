#include "bridge/ops/latency_history.hpp"

namespace tandem::ops {

LatencyHistory::LatencyHistory(const LatencyBoard& board) : board_(board) {
  for (std::size_t lane = 0; lane < board.lanes(); ++lane)
    known_.emplace_back(board.lane(lane).histograms().size());
}

bool LatencyHistory::fits(std::size_t place, Provider provider) noexcept {
  return !provider || !core::is_of_provider(LatencyLane::timing_at(place)) ||
         LatencyLane::provider_at(place) == *provider;
}

void LatencyHistory::take(core::TimePoint now) {
  if (slices_.empty() || now - slices_.back().begin >= slice) slices_.push_back({now, {}});
  while (slices_.size() > 1 && now - slices_[1].begin > kept) slices_.pop_front();
  taken_at_ = now;
  for (std::size_t lane = 0; lane < known_.size(); ++lane) {
    for (std::size_t place = 0; place < known_[lane].size(); ++place) take(lane, place);
  }
}

void LatencyHistory::take(std::size_t lane, std::size_t place) {
  const auto& histogram = board_.lane(lane).histograms()[place];
  Known& known = known_[lane][place];
  const auto count = histogram.count();
  if (count == known.count) return;
  known.count = count;
  known.buckets.resize(core::log_linear::bucket_count);
  for (std::size_t bucket = 0; bucket < known.buckets.size(); ++bucket) {
    const auto now = histogram.count_in(bucket);
    const std::uint32_t risen = now - known.buckets[bucket];  // right across 2^32, too
    if (risen == 0) continue;
    known.buckets[bucket] = now;
    known.total.add(bucket, risen);
    slices_.back().entries.push_back({static_cast<std::uint16_t>(lane),
                                      static_cast<std::uint16_t>(place),
                                      static_cast<std::uint16_t>(bucket), risen});
  }
}

void LatencyHistory::note(core::MeasuredTurn turn, core::TimePoint now) {
  if (turns_.size() == turns_kept) turns_.pop_front();
  turns_.push_back({now, std::move(turn)});
}

std::vector<LatencyHistory::ByTiming> LatencyHistory::counted(Window window,
                                                              Provider provider) const {
  std::vector<ByTiming> lanes(known_.size());
  const auto timing_of = [](std::size_t place) {
    return static_cast<std::size_t>(LatencyLane::timing_at(place));
  };
  if (!window) {
    for (std::size_t lane = 0; lane < known_.size(); ++lane) {
      for (std::size_t place = 0; place < known_[lane].size(); ++place)
        if (fits(place, provider)) lanes[lane][timing_of(place)].add(known_[lane][place].total);
    }
    return lanes;
  }
  for (auto each = slices_.rbegin(); each != slices_.rend(); ++each) {
    if (taken_at_ - each->begin > *window) break;
    for (const auto& [lane, place, bucket, count] : each->entries)
      if (fits(place, provider)) lanes[lane][timing_of(place)].add(bucket, count);
  }
  return lanes;
}

std::vector<LatencyHistory::ByTiming> LatencyHistory::steps(std::chrono::seconds window,
                                                            std::size_t count,
                                                            Provider provider) const {
  std::vector<ByTiming> all(count);
  const auto step = core::Duration(window) / count;
  for (const auto& each : slices_) {
    const auto age = taken_at_ - each.begin;
    if (age > window) continue;
    const auto back = std::min(count - 1, static_cast<std::size_t>(age / step));
    for (const auto& [lane, place, bucket, risen] : each.entries) {
      if (!fits(place, provider)) continue;
      const auto timing = static_cast<std::size_t>(LatencyLane::timing_at(place));
      all[count - 1 - back][timing].add(bucket, risen);
    }
  }
  return all;
}

std::vector<core::MeasuredTurn> LatencyHistory::turns(Window window, Provider provider) const {
  std::vector<core::MeasuredTurn> found;
  for (auto each = turns_.rbegin(); each != turns_.rend(); ++each) {
    if (window && taken_at_ - each->at > *window) break;
    if (!provider || board_.provider(each->turn.provider) == *provider) found.push_back(each->turn);
  }
  return found;
}

core::Distribution LatencyHistory::total(core::Timing timing) const {
  core::Distribution sum;
  for (std::size_t lane = 0; lane < known_.size(); ++lane) sum.add(total(timing, lane));
  return sum;
}

core::Distribution LatencyHistory::total(core::Timing timing, std::size_t lane) const {
  return known_[lane][static_cast<std::size_t>(timing)].total;
}

}  // namespace tandem::ops
