#include "evi_ear.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::standins {

namespace {

// 60 ms of sound before it counts as speech: a click is shorter.
constexpr std::int64_t blocks_to_begin = 6;
constexpr double floor_dbfs = -60.0;
constexpr double likeness_needed = 0.8;
constexpr std::int64_t lag_limit = 40;  // blocks: the detector may begin late or early by 400 ms

double bounded(double level) { return std::max(level, floor_dbfs); }

// Correlation of `b`, moved by `lag` blocks, with `a` over everything either of them has (outside:
// floor).
double likeness(const std::vector<double>& a, const std::vector<double>& b, std::int64_t lag) {
  const auto size_a = static_cast<std::int64_t>(a.size());
  const auto size_b = static_cast<std::int64_t>(b.size());
  const std::int64_t first = std::min<std::int64_t>(0, lag);
  const std::int64_t last = std::max(size_a, size_b + lag);
  const auto at = [](const std::vector<double>& levels, std::int64_t i, std::int64_t size) {
    return i >= 0 && i < size ? bounded(levels[static_cast<std::size_t>(i)]) : floor_dbfs;
  };
  double sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0;
  for (std::int64_t i = first; i < last; ++i) {
    const double x = at(a, i, size_a);
    const double y = at(b, i - lag, size_b);
    sum_a += x;
    sum_b += y;
    sum_aa += x * x;
    sum_bb += y * y;
    sum_ab += x * y;
  }
  const auto n = static_cast<double>(last - first);
  const double spread = (sum_aa - sum_a * sum_a / n) * (sum_bb - sum_b * sum_b / n);
  return spread <= 0 ? 0 : (sum_ab - sum_a * sum_b / n) / std::sqrt(spread);
}

}  // namespace

std::vector<SpeechDetector::Event> SpeechDetector::push(std::span<const std::int16_t> samples) {
  std::vector<Event> events;
  partial_.insert(partial_.end(), samples.begin(), samples.end());
  const std::size_t size = std::max<std::size_t>(1, rate_ / 100);
  std::size_t at = 0;
  for (; at + size <= partial_.size(); at += size) {
    block(dbfs(rms(std::span(partial_).subspan(at, size))), events);
  }
  partial_.erase(partial_.begin(), partial_.begin() + static_cast<std::ptrdiff_t>(at));
  return events;
}

void SpeechDetector::block(double level, std::vector<Event>& events) {
  const bool loud = level > -60.0 + 40.0 * settings_.speech_detection_threshold;
  ++blocks_;
  levels_.push_back(level);
  loud_run_ = loud ? loud_run_ + 1 : 0;
  if (loud) last_loud_block_ = blocks_;
  if (!speaking_) {
    const auto keep = static_cast<std::size_t>(settings_.prefix_padding_ms / 10 + blocks_to_begin);
    if (levels_.size() > keep) levels_.erase(levels_.begin());
    if (loud_run_ < blocks_to_begin) return;
    speaking_ = true;
    interrupting_ = false;
    begin_block_ = blocks_ - blocks_to_begin;
    loud_blocks_ = blocks_to_begin;
    events.push_back({Event::Kind::began, begin_block_ * 10, 0, {}});
    return;
  }
  loud_blocks_ += loud ? 1 : 0;
  if (!interrupting_ && (blocks_ - begin_block_) * 10 >= settings_.min_interruption_ms && loud) {
    interrupting_ = true;
    events.push_back({Event::Kind::interrupting, begin_block_ * 10, 0, {}});
  }
  if (quiet_ms() < settings_.end_of_turn_silence_ms) return;
  speaking_ = false;
  const auto silent = static_cast<std::size_t>(blocks_ - last_loud_block_);
  levels_.resize(levels_.size() - std::min(levels_.size(), silent));
  events.push_back(
      {Event::Kind::ended, begin_block_ * 10, last_loud_block_ * 10, std::move(levels_)});
  levels_.clear();
}

Recogniser::Recogniser(const SpeechData& speech) {
  for (const auto& [name, codes] : speech.caller_clips()) {
    const Samples samples = ulaw_decode(codes);
    std::vector<double>& levels = envelopes_[name];
    for (std::size_t at = 0; at + 80 <= samples.size(); at += 80) {
      levels.push_back(dbfs(rms(std::span(samples).subspan(at, 80))));
    }
  }
}

std::string Recogniser::recognise(const std::vector<double>& levels) const {
  std::string best;
  double best_likeness = likeness_needed;
  for (const auto& [name, envelope] : envelopes_) {
    for (std::int64_t lag = -lag_limit; lag <= lag_limit; ++lag) {
      const double value = likeness(levels, envelope, lag);
      if (value <= best_likeness) continue;
      best_likeness = value;
      best = name;
    }
  }
  return best;
}

}  // namespace tandem::standins
