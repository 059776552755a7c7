#include "bridge/dial/clock_watch.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/dial/good_world.hpp"

namespace tandem::dial::test {

namespace {
using namespace std::chrono_literals;
}

TEST_CASE("R12: a clock that was set stops dialling until it has been steady for a minute") {
  const core::TimePoint start{1h};
  const core::WallTime noon = wall(2026, 12, 1, 12);
  for (const auto jump : {1h, -1h, 87600h, -87600h}) {
    ClockWatch watch;
    CHECK_FALSE(watch.is_steady(start));
    CHECK_FALSE(watch.observe(start, noon));
    CHECK_FALSE(watch.observe(start + 10s, noon + 10s));
    CHECK(watch.is_steady(start + 10s));
    CHECK(watch.observe(start + 11s, noon + 11s + jump));
    CHECK_FALSE(watch.is_steady(start + 11s));
    CHECK_FALSE(watch.observe(start + 70s, noon + 70s + jump));
    CHECK_FALSE(watch.is_steady(start + 70s));
    CHECK(watch.is_steady(start + 71s));
  }
}

TEST_CASE("R12: a leap second is nothing, and many small steps are a jump") {
  const core::TimePoint start{1h};
  const core::WallTime noon = wall(2026, 12, 1, 12);
  ClockWatch watch;
  watch.observe(start, noon);
  CHECK_FALSE(watch.observe(start + 10s, noon + 11s));
  CHECK_FALSE(watch.observe(start + 20s, noon + 20s + 59s));
  CHECK(watch.is_steady(start + 20s));
  CHECK(watch.observe(start + 30s, noon + 30s + 60s));
}

}  // namespace tandem::dial::test
