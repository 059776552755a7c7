#include "bridge/dial/calling_hours.hpp"

#include "bridge/dial/area_codes.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/dial/good_world.hpp"

namespace tandem::dial::test {

namespace {

using namespace std::chrono_literals;

bool is_open(int area_code, core::WallTime when, const std::vector<std::string>& regions = {}) {
  const auto verdict = judge_hours(place_of(area_code, regions), when, 0s);
  return !verdict.is_outside && !verdict.is_sunday;
}

}  // namespace

TEST_CASE("calling hours begin and end on the second, in the callee's zone") {
  // New York in winter is UTC - 5.
  CHECK_FALSE(is_open(212, wall(2026, 12, 1, 12, 59, 59)));
  CHECK(is_open(212, wall(2026, 12, 1, 13)));
  CHECK(is_open(212, wall(2026, 12, 2, 1, 59, 59)));
  CHECK_FALSE(is_open(212, wall(2026, 12, 2, 2)));
  // Honolulu is UTC - 10 all year.
  CHECK(is_open(808, wall(2026, 7, 1, 18)));
  CHECK_FALSE(is_open(808, wall(2026, 7, 1, 17, 59, 59)));
}

TEST_CASE("hours follow the clock on the days when it changes") {
  // 8 March 2026: New York goes from UTC - 5 to UTC - 4; 1 November 2026 back.
  CHECK(is_open(212, wall(2026, 3, 7, 13)));
  CHECK_FALSE(is_open(212, wall(2026, 3, 7, 12)));
  CHECK(is_open(212, wall(2026, 3, 8, 12)));
  CHECK(is_open(212, wall(2026, 10, 31, 12)));
  CHECK_FALSE(is_open(212, wall(2026, 11, 1, 12)));
  CHECK(is_open(212, wall(2026, 11, 1, 13)));
  // Phoenix does not take part.
  CHECK(local_time(Zone::arizona, wall(2026, 7, 1, 15)).of_day == 8h);
  CHECK(local_time(Zone::arizona, wall(2026, 12, 1, 15)).of_day == 8h);
}

TEST_CASE("daylight time begins and ends at two o'clock of the old time, in each zone") {
  CHECK(utc_offset(Zone::eastern, wall(2026, 3, 8, 6, 59, 59)) == -5h);
  CHECK(utc_offset(Zone::eastern, wall(2026, 3, 8, 7)) == -4h);
  CHECK(utc_offset(Zone::eastern, wall(2026, 11, 1, 5, 59, 59)) == -4h);
  CHECK(utc_offset(Zone::eastern, wall(2026, 11, 1, 6)) == -5h);
  CHECK(utc_offset(Zone::alaska, wall(2026, 3, 8, 10, 59, 59)) == -9h);
  CHECK(utc_offset(Zone::alaska, wall(2026, 3, 8, 11)) == -8h);
}

TEST_CASE("the stricter states are stricter") {
  const auto eastern = [](int code) { return place_of(code, {}).zones[0]; };
  for (const int code : {305, 301, 617, 203}) CHECK(eastern(code).closes == 20);
  CHECK(eastern(203).opens == 9);
  CHECK(eastern(212).closes == 21);
  CHECK(eastern(212).opens == 8);
  const auto pacific = place_of(702, {}).zones[static_cast<std::size_t>(Zone::pacific)];
  CHECK(pacific.opens == 9);
  CHECK(pacific.closes == 20);
  const auto sunday = wall(2026, 11, 29, 18);
  for (const int code : {205, 504}) CHECK_FALSE(is_open(code, sunday));
  CHECK(is_open(601, sunday));
  for (const int code : {305, 405}) CHECK(place_of(code, {}).calls_per_day_max == 3);
  CHECK_FALSE(place_of(212, {}).calls_per_day_max);
  CHECK(place_of(415, {}).needs_live_announcement);
}

TEST_CASE("an area code across two zones, and an address elsewhere, narrow the hours to both") {
  // 850 is in Florida's panhandle: Eastern and Central, 8 to 20.
  CHECK_FALSE(is_open(850, wall(2026, 12, 1, 13)));
  CHECK(is_open(850, wall(2026, 12, 1, 14)));
  CHECK_FALSE(is_open(850, wall(2026, 12, 2, 1)));
  // New York's number, an address in Washington: 11:00 to 21:00 Eastern.
  CHECK_FALSE(is_open(212, wall(2026, 12, 1, 15, 59, 59), {"WA"}));
  CHECK(is_open(212, wall(2026, 12, 1, 16), {"WA"}));
  CHECK_FALSE(is_open(212, wall(2026, 12, 2, 2), {"WA"}));
}

TEST_CASE("an unknown place keeps the hours and rules of every state of the continent") {
  const Place place = place_of(222, {});
  CHECK(place.needs_live_announcement);
  CHECK(place.calls_per_day_max == 3);
  // Nevada opens at 9:00 Pacific, which is 12:00 Eastern; Florida closes at 20:00 Eastern.
  CHECK_FALSE(is_open(222, wall(2026, 12, 1, 16, 59, 59)));
  CHECK(is_open(222, wall(2026, 12, 1, 17)));
  CHECK(is_open(222, wall(2026, 12, 2, 0, 59, 59)));
  CHECK_FALSE(is_open(222, wall(2026, 12, 2, 1)));
  CHECK_FALSE(is_open(222, wall(2026, 11, 29, 18)));
  CHECK(is_open(212, wall(2026, 12, 1, 14)));
  CHECK_FALSE(is_open(212, wall(2026, 12, 1, 14), {"Atlantis"}));
}

TEST_CASE("what is open for a set of places is open for each of them") {
  const std::vector<int> codes = {212, 312, 303, 602, 415, 203, 702, 205, 850, 208, 808};
  for (int hour = 0; hour < 24 * 8; ++hour) {
    const auto when = wall(2026, 10, 28, 0, 30) + std::chrono::hours(hour);
    for (const int code : codes) {
      for (const int other : codes) {
        const std::string region{find_area_code(other)->state};
        if (is_open(code, when, {region})) CHECK(is_open(other, when));
      }
    }
  }
}

TEST_CASE("the guard ends dialling before the hours end, not after they begin") {
  const Place place = place_of(212, {});
  CHECK_FALSE(judge_hours(place, wall(2026, 12, 2, 1, 58, 59), 60s).is_outside);
  CHECK(judge_hours(place, wall(2026, 12, 2, 1, 59), 60s).is_outside);
  CHECK_FALSE(judge_hours(place, wall(2026, 12, 1, 13), 60s).is_outside);
}

TEST_CASE("a review of the rules counts from its day on for 120 days and not a second longer") {
  const auto day = std::chrono::sys_days{std::chrono::year{2031} / 3 / 1};
  const core::WallTime begin = day;
  CHECK(review_left(begin, day) == std::chrono::days(120));
  CHECK(review_left(begin + std::chrono::days(90) + 1s, day) == std::chrono::days(29));
  CHECK(review_left(begin + std::chrono::days(120), day) == std::chrono::days(0));
  CHECK_FALSE(review_left(begin + std::chrono::days(120) + 1s, day));
  CHECK_FALSE(review_left(begin - 1s, day));
}

TEST_CASE("what an operator says of the review can only extend what the build says") {
  CHECK(reviewed_on({}) == rules_reviewed);
  CHECK(reviewed_on(rules_reviewed - std::chrono::days(1)) == rules_reviewed);
  CHECK(reviewed_on(rules_reviewed + std::chrono::days(400)) ==
        rules_reviewed + std::chrono::days(400));
}

}  // namespace tandem::dial::test
