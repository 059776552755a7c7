#include "web/login_limit.hpp"

#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

constexpr core::TimePoint start{1h};

/// The pause before a further try; zero when it may be made, which it then is.
core::Duration pause(web::LoginLimit& limit, const std::string& account, const std::string& address,
                     core::TimePoint at = start) {
  return limit.begin(account, address, at).wait.value_or(core::Duration{});
}

}  // namespace

TEST_CASE("A06: five tries are free, then an account waits a minute and twice as long each time") {
  web::LoginLimit limit;
  for (int i = 1; i <= 5; ++i) {
    const auto tried = limit.begin("ann", "192.0.2.1", start);
    CHECK_FALSE(tried.wait);
    CHECK(tried.locks == (i == 5));
  }
  CHECK(pause(limit, "ann", "198.51.100.7") == core::Duration(60s));  // from anywhere
  CHECK(pause(limit, "ann", "198.51.100.7", start + 60s) == core::Duration{});
  CHECK(pause(limit, "ann", "198.51.100.7", start + 60s) == core::Duration(120s));
  auto now = start + 60s;
  for (int i = 0; i < 20; ++i) now += pause(limit, "ann", "203.0.113.9", now);
  CHECK(pause(limit, "ann", "203.0.113.10", now) <= core::Duration(15min));
  CHECK(pause(limit, "ann", "203.0.113.10", now) > core::Duration(14min));
}

TEST_CASE("A06: five hundred tries in an hour are no more than a dozen") {
  web::LoginLimit limit;
  int made = 0;
  for (int i = 0; i < 500; ++i) {
    const auto address = "2001:db8::" + std::to_string(i);  // many sources
    if (!limit.begin("ann", address, start + i * 7s).wait) ++made;
  }
  CHECK(made >= 5);
  CHECK(made <= 12);
}

TEST_CASE("A06: one address that tries many accounts waits for all of them") {
  web::LoginLimit limit;
  for (int i = 0; i < 5; ++i) pause(limit, "user" + std::to_string(i), "192.0.2.1");
  CHECK(pause(limit, "somebody else", "192.0.2.1") > core::Duration{});
  CHECK(pause(limit, "somebody else", "198.51.100.7") == core::Duration{});
}

TEST_CASE("the right password clears the account, and what failed for our reasons does not count") {
  web::LoginLimit limit;
  for (int i = 0; i < 30; ++i) {
    CHECK(pause(limit, "ann", "192.0.2.1") == core::Duration{});
    limit.succeeded("ann", "192.0.2.1");
    CHECK(pause(limit, "bob", "192.0.2.1") == core::Duration{});
    limit.take_back("bob", "192.0.2.1");
  }
}

TEST_CASE("an hour of rest clears everything") {
  web::LoginLimit limit;
  for (int i = 0; i < 5; ++i) pause(limit, "bob", "203.0.113.9");
  CHECK(pause(limit, "bob", "203.0.113.9", start + 2h) == core::Duration{});
  CHECK(pause(limit, "bob", "203.0.113.9", start + 2h) == core::Duration{});
}

TEST_CASE("A06: a flood of names takes bounded memory and does not free the one that waits") {
  web::LoginLimit limit;
  for (int i = 0; i < 6; ++i) pause(limit, "ann", "192.0.2.1", start + 1s);
  for (std::size_t i = 0; i < 2 * web::LoginLimit::remembered_max; ++i)
    pause(limit, "name" + std::to_string(i), "10.0.0." + std::to_string(i), start);
  CHECK(pause(limit, "ann", "198.51.100.7", start + 2s) > core::Duration{});
}
