#include "bridge/admin_tickets.hpp"

namespace tandem {

bool AdminTickets::add(std::string ticket, Visitor visitor, core::TimePoint now) {
  if (waiting_.size() >= waiting_max)
    std::erase_if(waiting_, [now](const auto& each) { return each.second.until <= now; });
  if (waiting_.size() >= waiting_max) return false;
  waiting_.insert_or_assign(std::move(ticket), Waiting{std::move(visitor), now + valid_for});
  return true;
}

std::optional<Visitor> AdminTickets::redeem(const std::string& ticket, core::TimePoint now) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return std::nullopt;
  auto waiting = std::move(found->second);
  waiting_.erase(found);
  if (waiting.until <= now) return std::nullopt;
  return std::move(waiting.visitor);
}

}  // namespace tandem
