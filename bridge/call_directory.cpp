#include "bridge/call_directory.hpp"

#include <algorithm>
#include <chrono>

namespace tandem {

namespace {
/// Callbacks about a call come within seconds of its end; Twilio's own retries within minutes.
constexpr std::chrono::minutes remembered_for{10};
}  // namespace

CallDirectory::Entry& CallDirectory::add(Entry entry, core::TimePoint now) {
  forget_old(now);
  by_carrier_call_id_[entry.carrier_call_id] = entry.id;
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

const CallDirectory::StreamKey& CallDirectory::give_out(Entry& entry, std::string nonce,
                                                        std::string token) {
  if (entry.stream_keys.size() == stream_keys_max) {
    by_nonce_.erase(entry.stream_keys.front().nonce);
    entry.stream_keys.pop_front();
  }
  by_nonce_[nonce] = entry.id;
  return entry.stream_keys.emplace_back(
      StreamKey{std::move(nonce), std::move(token), ++entry.stream_keys_given});
}

std::optional<CallDirectory::Spent> CallDirectory::spend_nonce(const std::string& nonce) {
  const auto known = by_nonce_.find(nonce);
  if (known == by_nonce_.end()) return std::nullopt;
  Entry* entry = find(known->second);
  by_nonce_.erase(known);
  if (entry == nullptr) return std::nullopt;
  const auto key = std::find_if(entry->stream_keys.begin(), entry->stream_keys.end(),
                                [&](const StreamKey& each) { return each.nonce == nonce; });
  Spent spent{entry, std::move(key->token)};
  entry->stream_keys.erase(key);
  if (entry->end_reason) return std::nullopt;
  return spent;
}

void CallDirectory::keep_whisper(const core::CallId& id, std::string nonce, std::string text) {
  whispers_[std::move(nonce)] = {id, std::move(text)};
}

std::optional<std::string> CallDirectory::take_whisper(const std::string& nonce) {
  auto found = whispers_.extract(nonce);
  if (!found) return std::nullopt;
  return std::move(found.mapped().text);
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
    forget_secrets(entry->second);
    entry = entries_.erase(entry);
  }
}

void CallDirectory::forget_secrets(const Entry& entry) {
  for (const auto& key : entry.stream_keys) by_nonce_.erase(key.nonce);
  std::erase_if(whispers_, [&](const auto& each) { return each.second.call == entry.id; });
  const auto named = by_carrier_call_id_.find(entry.carrier_call_id);
  if (named != by_carrier_call_id_.end() && named->second == entry.id)
    by_carrier_call_id_.erase(named);
}

}  // namespace tandem
