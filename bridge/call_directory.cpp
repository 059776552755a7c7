#include "bridge/call_directory.hpp"

#include <chrono>

namespace tandem {

namespace {
/// Callbacks about a call come within seconds of its end; Twilio's own retries within minutes.
constexpr std::chrono::minutes remembered_for{10};
}  // namespace

CallDirectory::Entry& CallDirectory::add(Entry entry, core::TimePoint now) {
  forget_old(now);
  by_carrier_call_id_[entry.carrier_call_id] = entry.id;
  by_nonce_[entry.nonce] = entry.id;
  auto id = entry.id;
  return entries_.insert_or_assign(std::move(id), std::move(entry)).first->second;
}

CallDirectory::Entry* CallDirectory::find(const core::CallId& id) {
  const auto entry = entries_.find(id);
  return entry == entries_.end() ? nullptr : &entry->second;
}

CallDirectory::Entry* CallDirectory::find(const core::CarrierCallId& id) {
  const auto known = by_carrier_call_id_.find(id);
  return known == by_carrier_call_id_.end() ? nullptr : find(known->second);
}

CallDirectory::Entry* CallDirectory::spend_nonce(const std::string& nonce) {
  const auto known = by_nonce_.find(nonce);
  Entry* entry = known == by_nonce_.end() ? nullptr : find(known->second);
  if (entry == nullptr || entry->nonce_is_spent || entry->end_reason) return nullptr;
  entry->nonce_is_spent = true;
  return entry;
}

void CallDirectory::end(const core::CallId& id, call::EndReason reason, core::TimePoint now) {
  if (Entry* entry = find(id)) {
    entry->end_reason = reason;
    entry->ended_at = now;
  }
}

void CallDirectory::forget_old(core::TimePoint now) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool is_old = entry->second.ended_at && now - *entry->second.ended_at > remembered_for;
    if (!is_old) {
      ++entry;
      continue;
    }
    by_carrier_call_id_.erase(entry->second.carrier_call_id);
    by_nonce_.erase(entry->second.nonce);
    entry = entries_.erase(entry);
  }
}

}  // namespace tandem
