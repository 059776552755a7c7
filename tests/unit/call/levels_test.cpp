#include "bridge/call/levels.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/energy.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem::call;
using namespace std::chrono_literals;

namespace {

constexpr auto silent = tandem::codec::silence_dbfs;

}  // namespace

TEST_CASE("A window says the loudest of each quarter of a second on both tracks") {
  LevelTimeline levels;
  levels.add(Track::caller, 0ms, -31.4F);
  levels.add(Track::caller, 240ms, -20.6F);
  levels.add(Track::caller, 250ms, -61.0F);
  levels.add(Track::agent, 500ms, 9.0F);
  CHECK_FALSE(levels.take_window(29'999ms));
  const auto json = levels.take_window(30'000ms);
  REQUIRE(json);
  CHECK(json->starts_with(R"({"from_ms":0,"step_ms":250,"caller":[-21,-61,-99,)"));
  CHECK(json->find(R"("agent":[-99,-99,3,-99,)") != std::string::npos);
  CHECK(std::count(json->begin(), json->end(), ',') == 2 * 119 + 3);
  CHECK_FALSE(levels.take_window(30'000ms));
}

TEST_CASE("Windows follow each other without a hole, and the rest is as long as the call") {
  LevelTimeline levels;
  levels.add(Track::agent, 30'100ms, -40.0F);  // sent ahead of the time at which it is heard
  CHECK(levels.take_window(30'050ms));
  const auto rest = levels.take_rest(30'600ms);
  REQUIRE(rest);
  CHECK(*rest == R"({"from_ms":30000,"step_ms":250,"caller":[-99,-99,-99],"agent":[-40,-99,-99]})");
  CHECK_FALSE(levels.take_rest(30'600ms));
  CHECK_FALSE(LevelTimeline().take_rest(0ms));
}

TEST_CASE("A ring that goes round holds nothing of an earlier window") {
  LevelTimeline levels;
  for (auto at = 0ms; at < 10min; at += 20ms) {
    levels.add(Track::caller, at, at < 60s ? -10.0F : silent);
    const auto json = levels.take_window(at);
    if (json && at > 90s) CHECK(json->find("-10") == std::string::npos);
  }
}

TEST_CASE("What the agent did not get to say is silence") {
  LevelTimeline levels;
  levels.add(Track::agent, 100ms, -20.0F);
  levels.add(Track::agent, 300ms, -20.0F);
  levels.add(Track::agent, 600ms, -20.0F);
  levels.cut_agent(310ms);
  CHECK(levels.take_rest(1s) ==
        R"({"from_ms":0,"step_ms":250,"caller":[-99,-99,-99,-99],"agent":[-20,-20,-99,-99]})");
}

TEST_CASE("The last second can be read across the end of a window") {
  LevelTimeline levels;
  levels.add(Track::caller, 29'600ms, -33.0F);
  CHECK(levels.take_window(30'100ms));
  CHECK(levels.last_second(Track::caller, 30'400ms) == -33.0F);
  CHECK(levels.last_second(Track::caller, 31'000ms) == silent);
  CHECK(levels.last_second(Track::agent, 30'400ms) == silent);
}

TEST_CASE("Times before the stream, and far ahead, are not kept") {
  LevelTimeline levels;
  levels.add(Track::caller, -20ms, -10.0F);
  levels.add(Track::caller, 5min, -10.0F);
  CHECK(levels.last_second(Track::caller, 0ms) == silent);
  CHECK(levels.take_rest(500ms) ==
        R"({"from_ms":0,"step_ms":250,"caller":[-99,-99],"agent":[-99,-99]})");
}
