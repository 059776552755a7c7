#include "bridge/client_address.hpp"

#include "tests/unit/catch.hpp"

using namespace tandem;

namespace {

std::string address_of(const std::string& peer, core::HttpHeaders headers,
                       const std::vector<std::string>& trusted) {
  std::vector<AddressRange> ranges;
  for (const auto& text : trusted) ranges.push_back(*parse_address_range(text));
  core::HttpRequest request;
  request.peer = peer;
  request.headers = std::move(headers);
  return client_address(request, ranges);
}

const core::HttpHeaders forwarded = {{"X-Forwarded-For", "203.0.113.9, 198.51.100.7"}};

}  // namespace

TEST_CASE("A06: nobody's X-Forwarded-For counts unless the peer is a proxy that is trusted") {
  CHECK(address_of("192.0.2.1", forwarded, {}) == "192.0.2.1");
  CHECK(address_of("192.0.2.1", forwarded, {"10.0.0.0/8"}) == "192.0.2.1");
  CHECK(address_of("127.0.0.1", forwarded, {"127.0.0.1"}) == "198.51.100.7");
  CHECK(address_of("::ffff:127.0.0.1", forwarded, {"127.0.0.0/8"}) == "198.51.100.7");
}

TEST_CASE("A06: of several hops the last that is not a trusted proxy counts") {
  CHECK(address_of("127.0.0.1", forwarded, {"127.0.0.1", "198.51.100.0/24"}) == "203.0.113.9");
  CHECK(address_of("127.0.0.1",
                   {{"X-Forwarded-For", "203.0.113.9"}, {"x-forwarded-for", "198.51.100.8"}},
                   {"127.0.0.1"}) == "198.51.100.8");
  CHECK(address_of("127.0.0.1", {{"X-Forwarded-For", "unknown"}}, {"127.0.0.1"}) == "127.0.0.1");
  CHECK(address_of("127.0.0.1", {}, {"127.0.0.1"}) == "127.0.0.1");
}

TEST_CASE("A06: an IPv6 network counts as one address") {
  CHECK(address_of("2001:db8:1:2:3:4:5:6", {}, {}) == "2001:db8:1:2::/64");
  CHECK(address_of("2001:db8:1:2:ffff::1", {}, {}) == "2001:db8:1:2::/64");
}

TEST_CASE("an address range is an address, or one with a number of bits") {
  for (const std::string text : {"10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "0.0.0.0/0"})
    CHECK(parse_address_range(text));
  for (const std::string text :
       {"", "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "::/129", "/8"})
    CHECK_FALSE(parse_address_range(text));
}
