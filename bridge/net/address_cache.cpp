#include "bridge/net/address_cache.hpp"

#include <algorithm>

namespace tandem::net {

namespace {

std::string key_of(const std::string& host, const std::string& port) { return host + ' ' + port; }

}  // namespace

Endpoints AddressCache::find(const std::string& host, const std::string& port,
                             core::TimePoint since) const {
  const auto entry = entries_.find(key_of(host, port));
  if (entry == entries_.end() || entry->second.since < since) return {};
  return entry->second.endpoints;
}

Endpoints AddressCache::fresh(const std::string& host, const std::string& port,
                              core::TimePoint now) const {
  return find(host, port, now - fresh_for);
}

Endpoints AddressCache::stale(const std::string& host, const std::string& port,
                              core::TimePoint now) const {
  return find(host, port, now - stale_for);
}

void AddressCache::keep(const std::string& host, const std::string& port, Endpoints endpoints,
                        core::TimePoint now) {
  const std::string key = key_of(host, port);
  if (entries_.size() >= names_max && !entries_.contains(key)) {
    entries_.erase(std::min_element(
        entries_.begin(), entries_.end(),
        [](const auto& a, const auto& b) { return a.second.since < b.second.since; }));
  }
  entries_[key] = Entry{std::move(endpoints), now};
}

void AddressCache::distrust(const std::string& host, const std::string& port) {
  const auto entry = entries_.find(key_of(host, port));
  if (entry != entries_.end()) entry->second.since -= fresh_for + std::chrono::seconds(1);
}

}  // namespace tandem::net
