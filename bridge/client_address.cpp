#include "bridge/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace tandem {

namespace {

using Bytes = std::vector<unsigned char>;

/// 4 or 16 bytes; an IPv4 address in IPv6 form is an IPv4 address. Nothing for other text.
std::optional<Bytes> bytes_of(std::string_view text) {
  const std::string address(text);
  Bytes four(4);
  if (inet_pton(AF_INET, address.c_str(), four.data()) == 1) return four;
  Bytes sixteen(16);
  if (inet_pton(AF_INET6, address.c_str(), sixteen.data()) != 1) return std::nullopt;
  constexpr std::array<unsigned char, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), sixteen.begin()))
    return Bytes(sixteen.begin() + 12, sixteen.end());
  return sixteen;
}

bool holds(const AddressRange& range, const Bytes& address) {
  if (range.bytes.size() != address.size()) return false;
  for (unsigned bit = 0; bit < range.bits; ++bit) {
    const auto mask = 0x80U >> (bit % 8);
    if (((range.bytes[bit / 8] ^ address[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// All elements of every X-Forwarded-For, in order.
std::vector<std::string_view> hops_of(const core::HttpRequest& request) {
  std::vector<std::string_view> hops;
  for (const auto& header : request.headers) {
    core::HttpHeaders one = {header};
    if (core::find_header(one, "X-Forwarded-For").empty()) continue;
    std::string_view rest = header.second;
    while (true) {
      const auto comma = rest.find(',');
      hops.push_back(trim(rest.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return hops;
}

std::string text_of(Bytes address) {
  const bool is_v6 = address.size() == 16;
  if (is_v6) std::fill(address.begin() + 8, address.end(), 0);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v6 ? AF_INET6 : AF_INET, address.data(), text.data(), text.size());
  return text.data() + std::string(is_v6 ? "/64" : "");
}

}  // namespace

std::optional<AddressRange> parse_address_range(std::string_view text) {
  const auto slash = text.find('/');
  auto bytes = bytes_of(text.substr(0, slash));
  if (!bytes) return std::nullopt;
  AddressRange range{*std::move(bytes), 0};
  const auto bits_max = static_cast<unsigned>(range.bytes.size() * 8);
  range.bits = bits_max;
  if (slash == std::string_view::npos) return range;
  const auto digits = text.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), range.bits);
  if (error != std::errc() || end != digits.data() + digits.size() || range.bits > bits_max)
    return std::nullopt;
  return range;
}

std::string client_address(const core::HttpRequest& request,
                           const std::vector<AddressRange>& trusted) {
  const auto is_trusted = [&](const Bytes& address) {
    return std::any_of(trusted.begin(), trusted.end(),
                       [&](const AddressRange& range) { return holds(range, address); });
  };
  auto address = bytes_of(request.peer);
  if (!address) return request.peer;
  const auto hops = hops_of(request);
  for (auto hop = hops.rbegin(); hop != hops.rend() && is_trusted(*address); ++hop) {
    const auto before = bytes_of(*hop);
    if (!before) break;
    address = before;
  }
  return text_of(*address);
}

}  // namespace tandem
