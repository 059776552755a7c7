#include "gemini/request_limit.hpp"

#include <algorithm>

namespace tandem::gemini {

using std::chrono::milliseconds;

bool is_quota(const AnalysisFailure& failure) noexcept {
  return failure.kind == FailureKind::daily_quota || failure.reason == "rate_limited";
}

milliseconds RequestLimit::pause(core::TimePoint now) const noexcept {
  if (now >= until_) return milliseconds{0};
  return std::chrono::ceil<milliseconds>(until_ - now);
}

milliseconds RequestLimit::refused(const AnalysisFailure& failure, core::TimePoint now) noexcept {
  if (!is_quota(failure)) return milliseconds{0};
  // Questions that were already on their way when the pause began are the same refusal.
  if (now >= until_) ++refusals_;
  const int doublings = std::clamp(refusals_ - 1, 0, 7);
  const milliseconds own = std::min<milliseconds>(pause_min * (1 << doublings), pause_max);
  const milliseconds wait = std::max(own, failure.retry_after.value_or(milliseconds{0}));
  until_ = std::max(until_, now + wait);
  return pause(now);
}

void RequestLimit::answered() noexcept {
  refusals_ = 0;
  until_ = {};
}

}  // namespace tandem::gemini
