#include "web/login_limit.hpp"

#include <algorithm>

namespace tandem::web {

core::TimePoint LoginLimit::free_at(const Table& table, std::string_view key) {
  const auto found = table.find(std::string(key));
  if (found == table.end() || found->second.in_a_row < free_failures) return core::TimePoint::min();
  const auto doublings = std::min(found->second.in_a_row - free_failures, 8);
  return found->second.last + std::min(pause_max, pause_min * (1 << doublings));
}

std::int32_t LoginLimit::count(Table& table, std::string_view key, core::TimePoint now) {
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
  failures.last = now;
  return ++failures.in_a_row;
}

void LoginLimit::uncount(Table& table, std::string_view key) {
  const auto found = table.find(std::string(key));
  if (found != table.end() && --found->second.in_a_row <= 0) table.erase(found);
}

LoginLimit::Try LoginLimit::begin(std::string_view account, std::string_view address,
                                  core::TimePoint now) {
  const auto until = std::max(free_at(accounts_, account), free_at(addresses_, address));
  if (until > now) return {.wait = until - now, .locks = false};
  const auto of_account = count(accounts_, account, now);
  const auto of_address = count(addresses_, address, now);
  return {.wait = std::nullopt, .locks = std::max(of_account, of_address) >= free_failures};
}

void LoginLimit::succeeded(std::string_view account, std::string_view address) {
  accounts_.erase(std::string(account));
  uncount(addresses_, address);
}

void LoginLimit::take_back(std::string_view account, std::string_view address) {
  uncount(accounts_, account);
  uncount(addresses_, address);
}

}  // namespace tandem::web
