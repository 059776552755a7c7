#include "web/login_limit.hpp"

#include <algorithm>

namespace tandem::web {

namespace {

// Failures older than this say nothing any more.
constexpr core::Duration forgotten_after = std::chrono::hours(1);

}  // namespace

core::TimePoint LoginLimit::free_at(const Table& table, std::string_view key) {
  const auto found = table.find(std::string(key));
  if (found == table.end() || found->second.in_a_row < free_failures) return core::TimePoint::min();
  const auto doublings = std::min(found->second.in_a_row - free_failures, 8);
  return found->second.last + std::min(pause_max, pause_min * (1 << doublings));
}

std::optional<core::Duration> LoginLimit::wait(std::string_view account, std::string_view address,
                                               core::TimePoint now) const {
  const auto until = std::max(free_at(accounts_, account), free_at(addresses_, address));
  if (until <= now) return std::nullopt;
  return until - now;
}

void LoginLimit::count(Table& table, std::string_view key, core::TimePoint now) {
  if (table.size() >= remembered_max) {
    std::erase_if(table, [&](const auto& entry) { return now - entry.second.last > pause_max; });
  }
  if (table.size() >= remembered_max) {
    table.erase(std::min_element(table.begin(), table.end(), [](const auto& a, const auto& b) {
      return a.second.last < b.second.last;
    }));
  }
  Failures& failures = table[std::string(key)];
  if (now - failures.last > forgotten_after) failures.in_a_row = 0;
  ++failures.in_a_row;
  failures.last = now;
}

void LoginLimit::failed(std::string_view account, std::string_view address, core::TimePoint now) {
  count(accounts_, account, now);
  count(addresses_, address, now);
}

void LoginLimit::succeeded(std::string_view account) { accounts_.erase(std::string(account)); }

}  // namespace tandem::web
