#include "bridge/provider_health.hpp"

#include <algorithm>
#include <numeric>

namespace tandem {

bool ProviderHealth::note(std::size_t provider, Outcome outcome, core::TimePoint now) {
  Breaker& breaker = breakers_.at(provider);
  if (outcome == Outcome::ready) {
    breaker = {};
    return false;
  }
  const bool was_open = breaker.has_tripped();
  ++(outcome == Outcome::refusal ? breaker.refusals : breaker.troubles);
  if (!breaker.has_tripped()) return false;
  breaker.try_again_at = now + breaker.pause();
  return !was_open;
}

bool ProviderHealth::is_open(std::size_t provider, core::TimePoint now) const noexcept {
  const Breaker& breaker = breakers_[provider];
  return breaker.has_tripped() && now < breaker.try_again_at;
}

std::vector<std::size_t> ProviderHealth::order(core::TimePoint now) {
  std::vector<std::size_t> order(breakers_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_partition(order.begin(), order.end(),
                        [&](std::size_t provider) { return !is_open(provider, now); });
  // This call is the one that tries; the others of this period need not.
  Breaker& first = breakers_[order.front()];
  if (first.has_tripped() && now >= first.try_again_at) first.try_again_at = now + first.pause();
  return order;
}

bool ProviderHealth::can_carry_calls(core::TimePoint now) const noexcept {
  return std::any_of(breakers_.begin(), breakers_.end(), [now](const Breaker& breaker) {
    return breaker.refusals < failures_max || now >= breaker.try_again_at;
  });
}

}  // namespace tandem
