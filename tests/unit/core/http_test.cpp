#include "bridge/core/http.hpp"

#include "tests/unit/catch.hpp"

using namespace tandem;

TEST_CASE("brackets in a URL hold an IPv6 address and nothing else") {
  core::Url url;
  REQUIRE(core::parse_url("https://[2001:db8::7]:8443/x", url));
  CHECK(url.host == "2001:db8::7");
  CHECK(url.authority() == "[2001:db8::7]:8443");
  CHECK(core::parse_url("http://[::ffff:192.0.2.7]", url));
  for (const char* text : {"http://[[2]", "http://[example]", "http://[]", "http://[::1",
                           "http://[", "http://a[2]", "http://::1]", "http://[::1]x"}) {
    INFO(text);
    CHECK_FALSE(core::parse_url(text, url));
  }
}
