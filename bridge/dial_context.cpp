#include "bridge/dial_context.hpp"

#include "bridge/clock.hpp"
#include "bridge/dial/calling_hours.hpp"

namespace tandem {

store::DialContext dial_context(const Config& config, const std::string& node,
                                const store::PhoneHasher* hasher, bool clock_is_steady) {
  store::DialContext context;
  context.now = wall_now();
  context.clock_is_steady = clock_is_steady;
  context.owned_numbers = config.outbound.caller_ids;
  if (!config.twilio.phone_number.empty())
    context.owned_numbers.push_back(config.twilio.phone_number);
  context.policy.running_max = config.outbound.running_max;
  context.policy.calls_today_max = config.outbound.per_day_max;
  context.policy.rules_reviewed = dial::reviewed_on(config.outbound.rules_reviewed);
  context.node = node;
  context.hasher = hasher;
  return context;
}

std::optional<store::PhoneHasher> phone_hasher(const Config& config) {
  if (config.phone_hash_key.empty()) return std::nullopt;
  return store::PhoneHasher(config.phone_hash_key);
}

core::PhoneNumber first_caller_id(const Config& config) {
  if (!config.twilio.phone_number.empty()) return config.twilio.phone_number;
  const auto& others = config.outbound.caller_ids;
  return others.empty() ? core::PhoneNumber{} : others.front();
}

}  // namespace tandem
