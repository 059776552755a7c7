#include "web/login_limit.hpp"

#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

constexpr core::TimePoint begin{1h};

void fail(web::LoginLimit& limit, const std::string& account, const std::string& address, int times,
          core::TimePoint at = begin) {
  for (int i = 0; i < times; ++i) limit.failed(account, address, at);
}

}  // namespace

TEST_CASE("A06: five wrong passwords are free, then an account waits a minute and twice as long") {
  web::LoginLimit limit;
  fail(limit, "ann", "192.0.2.1", 4);
  CHECK_FALSE(limit.wait("ann", "192.0.2.1", begin));
  fail(limit, "ann", "192.0.2.1", 1);
  CHECK(limit.wait("ann", "192.0.2.1", begin) == core::Duration(60s));
  CHECK(limit.wait("ann", "198.51.100.7", begin) == core::Duration(60s));  // from anywhere
  CHECK_FALSE(limit.wait("ann", "198.51.100.7", begin + 60s));
  fail(limit, "ann", "198.51.100.7", 1, begin + 60s);
  CHECK(limit.wait("ann", "203.0.113.9", begin + 60s) == core::Duration(120s));
  fail(limit, "ann", "198.51.100.7", 50, begin + 60s);
  CHECK(limit.wait("ann", "203.0.113.9", begin + 60s) == core::Duration(15min));
}

TEST_CASE("A06: one address that tries many accounts waits for all of them") {
  web::LoginLimit limit;
  for (int i = 0; i < 5; ++i) limit.failed("user" + std::to_string(i), "192.0.2.1", begin);
  CHECK(limit.wait("somebody else", "192.0.2.1", begin));
  CHECK_FALSE(limit.wait("somebody else", "198.51.100.7", begin));
}

TEST_CASE("the right password clears the account, an hour of rest clears everything") {
  web::LoginLimit limit;
  fail(limit, "ann", "192.0.2.1", 5);
  limit.succeeded("ann");
  CHECK_FALSE(limit.wait("ann", "198.51.100.7", begin));
  CHECK(limit.wait("ann", "192.0.2.1", begin));  // the address is not cleared
  fail(limit, "bob", "203.0.113.9", 9);
  fail(limit, "bob", "203.0.113.9", 1, begin + 2h);
  CHECK_FALSE(limit.wait("bob", "203.0.113.9", begin + 2h));
}

TEST_CASE("A06: a flood of names takes bounded memory and does not free the one that waits") {
  web::LoginLimit limit;
  fail(limit, "ann", "192.0.2.1", 6, begin + 1s);
  for (std::size_t i = 0; i < 2 * web::LoginLimit::remembered_max; ++i)
    limit.failed("name" + std::to_string(i), "10.0.0." + std::to_string(i), begin);
  CHECK(limit.wait("ann", "198.51.100.7", begin + 2s));
}
