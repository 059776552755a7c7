#include "bridge/call/latency.hpp"

#include <algorithm>

namespace tandem::call {

using core::microseconds;

void Histogram::add(core::Duration duration) noexcept {
  const auto us = std::max<std::int64_t>(0, microseconds(duration));
  ++buckets_[core::log_linear::bucket_of(us)];
  ++count_;
  max_us_ = std::max(max_us_, us);
}

std::int64_t Histogram::quantile_us(double share) const noexcept {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::int64_t>(share * static_cast<double>(count_) + 0.999999);
  std::int64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted) return std::min(core::log_linear::middle_of(bucket), max_us_);
  }
  return max_us_;
}

core::Percentiles Histogram::percentiles() const noexcept {
  return {count_, quantile_us(0.50), quantile_us(0.95), quantile_us(0.99), max_us_};
}

void TurnClock::caller_stopped(core::TimePoint at, core::TimePoint last_audio_sent,
                               bool agent_speaks) noexcept {
  reset();
  agent_speaks_ = agent_speaks;
  stopped_ = at;
  last_audio_sent_ = last_audio_sent;
  if (latest_text_ && *latest_text_ > at) text_final_ = latest_text_;
}

void TurnClock::text_final(core::TimePoint at) noexcept {
  latest_text_ = at;
  if (stopped_) text_final_ = at;
}

void TurnClock::voice_first_audio(core::TimePoint at) noexcept {
  if (waiting_for_answer() && !first_audio_) first_audio_ = at;
}

std::optional<core::TurnLatency> TurnClock::carrier_first_audio(
    core::TimePoint at, core::TimePoint audible_at) noexcept {
  if (!waiting_for_answer()) return std::nullopt;
  core::TurnLatency turn;
  core::TimePoint reached = *stopped_;
  bool previous_known = true;
  // A stamp that is missing leaves the time up to the next one unexplained, except the final text:
  // an agent that speaks before anybody wrote the caller's words down understands and answers in
  // one stage. A stamp that lies before its predecessor takes no time. So the stages always add up
  // to the gap.
  const auto stage = [&](const std::optional<core::TimePoint>& stamp, std::int64_t& us) {
    if (!stamp) {
      previous_known = &stamp == &text_final_ && first_audio_.has_value();
      return;
    }
    const auto at_stage = std::max(*stamp, reached);
    (previous_known ? us : turn.unexplained_us) +=
        microseconds(at_stage - *stopped_) - microseconds(reached - *stopped_);
    reached = at_stage;
    previous_known = true;
  };
  stage(last_audio_sent_, turn.to_last_audio_sent_us);
  stage(text_final_, turn.to_text_final_us);
  stage(first_audio_, turn.to_first_audio_us);
  stage(at, turn.to_carrier_us);
  stage(audible_at, turn.to_audible_us);
  turn.gap_us = microseconds(reached - *stopped_);
  reset();
  return turn;
}

}  // namespace tandem::call
