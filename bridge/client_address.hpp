// Whose address counts when tries are counted: the TCP peer's, unless that is a proxy we were told
// to trust (TRUSTED_PROXIES); then the last hop of X-Forwarded-For that is none of these. Whatever
// stands further left, anybody may have written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/http.hpp"

namespace tandem {

/// An address, or a network such as 10.0.0.0/8 or fd00::/8.
struct AddressRange {
  std::vector<unsigned char> bytes;  ///< 4 or 16
  unsigned bits = 0;                 ///< how many of them count
};
/// Nothing when the text is neither.
std::optional<AddressRange> parse_address_range(std::string_view text);

/// The network that a single household or attacker has: an IPv4 address, the /64 of an IPv6
/// address. Never empty for a request that has a peer.
std::string client_address(const core::HttpRequest& request,
                           const std::vector<AddressRange>& trusted);

}  // namespace tandem
