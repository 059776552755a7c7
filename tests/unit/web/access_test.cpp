#include "web/access.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/web/requests.hpp"

using namespace tandem;

namespace {

bool is_let_in(const std::string& peer, const std::string& host, core::HttpHeaders more = {}) {
  auto request = test::get("/", std::move(more));
  request.headers.emplace_back("Host", host);
  request.peer = peer;
  return web::is_local_operator(request);
}

}  // namespace

TEST_CASE("direct requests of this machine to a loopback host are let in") {
  CHECK(is_let_in("127.0.0.1", "localhost:8080"));
  CHECK(is_let_in("127.0.0.1", "LocalHost"));
  CHECK(is_let_in("127.0.0.1", "127.0.0.1:8080"));
  CHECK(is_let_in("127.3.2.1", "127.255.0.9"));
  CHECK(is_let_in("::1", "[::1]:8080"));
  CHECK(is_let_in("::1", "[::1]"));
  CHECK(is_let_in("::ffff:127.0.0.1", "localhost"));
}

TEST_CASE("a peer on another machine is refused whatever host it names") {
  for (const std::string peer :
       {"192.0.2.7", "10.0.0.1", "::2", "2001:db8::1", "::ffff:192.0.2.7", "1127.0.0.1",
        "127.0.0.1.5", "127.0.0", "127.0.0.256", "localhost", ""}) {
    INFO(peer);
    CHECK_FALSE(is_let_in(peer, "localhost:8080"));
  }
}

TEST_CASE("a foreign name in Host is refused, so DNS rebinding gets nothing") {
  for (const std::string host :
       {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
        "127.1", "127.0.0.1:port", "127.0.0.1:", "localhost:123456", "[::2]", "[::1", "::1",
        "[::1]x", "0.0.0.0", "localhost,evil.example", "localhost ", "127.0.0.1@evil.example",
        ""}) {
    INFO(host);
    CHECK_FALSE(is_let_in("127.0.0.1", host));
  }
}

TEST_CASE("a request without Host is refused") {
  CHECK_FALSE(web::is_local_operator(test::get("/")));
}

TEST_CASE("a request that a proxy passed on is refused") {
  for (const std::string name :
       {"X-Forwarded-For", "x-forwarded-proto", "X-FORWARDED-HOST", "Forwarded", "Via", "X-Real-IP",
        "CF-Connecting-IP", "True-Client-IP"}) {
    INFO(name);
    CHECK_FALSE(is_let_in("127.0.0.1", "localhost", {{name, "127.0.0.1"}}));
  }
  CHECK(is_let_in("127.0.0.1", "localhost", {{"X-Requested-With", "fetch"}}));
}

TEST_CASE("the refusal says why and what to do") {
  const auto response = web::local_only();
  CHECK(response.status == 403);
  CHECK(core::find_header(response.headers, "content-type") == "application/problem+json");
  CHECK(response.body.find("tandem user token") != std::string::npos);
  CHECK(response.body.find("ssh -L") != std::string::npos);
}
