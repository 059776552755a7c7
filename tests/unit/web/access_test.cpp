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
  CHECK(response.body.find("Authorization: Bearer") != std::string::npos);
  CHECK(response.body.find("tandem user add") != std::string::npos);
  CHECK(web::log_in_first().status == 401);
  CHECK(web::log_in_first().body.find("/login") != std::string::npos);
}

namespace {

constexpr auto public_url = "https://bridge.example";

core::HttpRequest change(core::HttpHeaders headers) {
  auto request = test::get("/api/v1/users", std::move(headers));
  request.method = "POST";
  request.headers.emplace_back("Host", "localhost:8080");
  return request;
}

}  // namespace

TEST_CASE("A04: what a page of another site asks for is known by Origin or Sec-Fetch-Site") {
  for (const core::HttpHeaders& headers : std::vector<core::HttpHeaders>{
           {{"Origin", "https://elsewhere.example"}},
           {{"Origin", "null"}},
           {{"Origin", "http://localhost:8081"}},
           {{"Origin", "http://localhost"}},
           {{"Origin", "https://bridge.example.elsewhere.example"}},
           {{"Sec-Fetch-Site", "cross-site"}},
           {{"Sec-Fetch-Site", "same-site"}},
           {{"Origin", "http://localhost:8080"}, {"Sec-Fetch-Site", "cross-site"}}}) {
    INFO(headers[0].second);
    CHECK(web::is_from_another_site(change(headers), public_url));
    CHECK(web::refuse_forged(change(headers), public_url, "abc"));
  }
}

TEST_CASE("A04: a page of ours and a program without a browser are not of another site") {
  for (const core::HttpHeaders& headers : std::vector<core::HttpHeaders>{
           {},
           {{"Origin", "http://localhost:8080"}, {"Sec-Fetch-Site", "same-origin"}},
           {{"Origin", "http://LocalHost:8080"}},
           {{"Origin", public_url}},
           {{"Sec-Fetch-Site", "none"}}}) {
    CHECK_FALSE(web::is_from_another_site(change(headers), public_url));
  }
}

TEST_CASE("A04: a change by a session needs an Origin of ours and the session's own word") {
  const core::HttpHeaders own = {{"Origin", "http://localhost:8080"}};
  const auto with = [&](const std::string& csrf, core::HttpHeaders headers) {
    headers.emplace_back("X-CSRF-Token", csrf);
    return web::refuse_forged(change(std::move(headers)), public_url, "abc").has_value();
  };
  CHECK_FALSE(with("abc", own));
  CHECK_FALSE(with("abc", {{"Origin", public_url}}));
  CHECK(with("abd", own));
  CHECK(with("", own));
  CHECK(with("abcd", own));
  CHECK(with("abc", {}));  // browsers send Origin with every change
  CHECK(web::refuse_forged(change(own), public_url, "abc"));
  CHECK(web::refuse_forged(change(own), public_url, ""));
}
