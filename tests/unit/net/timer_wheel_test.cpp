#include "bridge/net/timer_wheel.hpp"

#include <memory>
#include <random>
#include <vector>

#include "tests/unit/catch.hpp"

using namespace std::chrono_literals;
using tandem::core::TimePoint;
using tandem::net::TimerWheel;

namespace {

const TimePoint start = TimePoint(1'000'000s) + 123'456ns;

}  // namespace

TEST_CASE("a timer fires in the tick at or after its deadline, never before") {
  const auto [deadline, not_yet, fires] =
      GENERATE(table<std::chrono::nanoseconds, std::chrono::nanoseconds, std::chrono::nanoseconds>({
          {20ms, 20ms - 1ns, 20ms},
          {20ms + 1ns, 25ms - 1ns, 25ms},
          {24ms, 25ms - 1ns, 25ms},
          {1ns, 5ms - 1ns, 5ms},
          {2560ms, 2560ms - 1ns, 2560ms},
          {2565ms, 2565ms - 1ns, 2565ms},
          {3600s, 3600s - 1ns, 3600s},
      }));
  TimerWheel wheel(start);
  int fired = 0;
  TimerWheel::Timer timer([&](TimePoint) { ++fired; });
  wheel.arm(timer, start + deadline);
  wheel.advance(start + not_yet);
  CHECK(fired == 0);
  CHECK(timer.armed());
  CHECK(wheel.advance(start + fires) == 1);
  CHECK(fired == 1);
  CHECK_FALSE(timer.armed());
  CHECK(wheel.armed() == 0);
}

TEST_CASE("a deadline in the past fires at the next tick") {
  TimerWheel wheel(start);
  wheel.advance(start + 100ms);
  int fired = 0;
  TimerWheel::Timer timer([&](TimePoint) { ++fired; });
  wheel.arm(timer, start - 1h);
  CHECK(wheel.advance(start + 104ms) == 0);
  CHECK(wheel.advance(start + 105ms) == 1);
  CHECK(fired == 1);
}

TEST_CASE("missed ticks are caught up with, in order of their deadlines") {
  TimerWheel wheel(start);
  std::vector<int> order;
  std::vector<std::unique_ptr<TimerWheel::Timer>> timers;
  for (const int milliseconds : {3000, 40, 5, 2600, 45, 20}) {
    timers.push_back(std::make_unique<TimerWheel::Timer>(
        [&order, milliseconds](TimePoint) { order.push_back(milliseconds); }));
    wheel.arm(*timers.back(), start + std::chrono::milliseconds(milliseconds));
  }
  CHECK(wheel.advance(start + 10s) == 6);
  CHECK(order == std::vector<int>{5, 20, 40, 45, 2600, 3000});
}

TEST_CASE("a periodic timer on absolute deadlines keeps its rhythm when ticks come late") {
  TimerWheel wheel(start);
  TimePoint next = start + 20ms;
  std::vector<TimePoint> due;
  TimerWheel::Timer timer([&](TimePoint) {
    due.push_back(next);
    next += 20ms;
    wheel.arm(timer, next);
  });
  wheel.arm(timer, next);
  for (const auto now : {20ms, 43ms, 99ms, 1000ms}) wheel.advance(start + now);
  REQUIRE(due.size() == 50);
  CHECK(due.back() == start + 1000ms);
}

TEST_CASE("arming an armed timer moves it, cancelling takes it away") {
  TimerWheel wheel(start);
  int fired = 0;
  TimerWheel::Timer timer([&](TimePoint) { ++fired; });
  wheel.arm(timer, start + 10ms);
  wheel.arm(timer, start + 50ms);
  CHECK(wheel.armed() == 1);
  CHECK(timer.deadline() == start + 50ms);
  CHECK(wheel.advance(start + 45ms) == 0);
  wheel.cancel(timer);
  wheel.cancel(timer);
  CHECK(wheel.armed() == 0);
  CHECK(wheel.advance(start + 1s) == 0);
  CHECK(fired == 0);
}

TEST_CASE("a callback may cancel, re-arm and destroy timers that are due with it") {
  TimerWheel wheel(start);
  int fired = 0;
  TimerWheel::Timer cancelled([&](TimePoint) { ++fired; });
  auto destroyed = std::make_unique<TimerWheel::Timer>([&](TimePoint) { ++fired; });
  TimerWheel::Timer moved([&](TimePoint) { fired += 100; });
  TimerWheel::Timer first([&](TimePoint now) {
    wheel.cancel(cancelled);
    destroyed.reset();
    wheel.arm(moved, now + 10ms);
    wheel.arm(first, now);  // due already: the next tick, not this one
  });
  for (TimerWheel::Timer* const timer : {&first, &cancelled, destroyed.get(), &moved}) {
    wheel.arm(*timer, start + 20ms);
  }
  CHECK(wheel.advance(start + 20ms) == 1);
  CHECK(fired == 0);
  CHECK(wheel.armed() == 2);
  CHECK(first.armed());
}

TEST_CASE("a timer may destroy itself, and a wheel may go before its timers") {
  auto wheel = std::make_unique<TimerWheel>(start);
  std::unique_ptr<TimerWheel::Timer> timer;
  timer = std::make_unique<TimerWheel::Timer>(
      [&](TimePoint) { const std::unique_ptr<TimerWheel::Timer> last = std::move(timer); });
  wheel->arm(*timer, start + 5ms);
  CHECK(wheel->advance(start + 5ms) == 1);
  CHECK(timer == nullptr);
  TimerWheel::Timer survivor([](TimePoint) {});
  wheel->arm(survivor, start + 1h);
  wheel.reset();
  CHECK_FALSE(survivor.armed());
}

TEST_CASE("the next tick is on the grid, however late the wheel was advanced") {
  TimerWheel wheel(start);
  CHECK(wheel.next_tick() == start + 5ms);
  wheel.advance(start + 13ms);
  CHECK(wheel.next_tick() == start + 15ms);
  wheel.advance(start + 1s);
  CHECK(wheel.next_tick() == start + 1005ms);
}

TEST_CASE("a thousand timers at random each fire once, at most one tick late") {
  TimerWheel wheel(start);
  std::mt19937 random(7);
  std::uniform_int_distribution<int> delay_us(1, 10'000'000);
  struct Expected {
    TimePoint deadline;
    int fired = 0;
    bool on_time = false;
  };
  std::vector<Expected> expected(1000);
  std::vector<std::unique_ptr<TimerWheel::Timer>> timers;
  for (Expected& one : expected) {
    one.deadline = start + std::chrono::microseconds(delay_us(random));
    timers.push_back(std::make_unique<TimerWheel::Timer>([&one](TimePoint now) {
      ++one.fired;
      one.on_time = now >= one.deadline && now - one.deadline <= TimerWheel::tick;
    }));
    wheel.arm(*timers.back(), one.deadline);
  }
  for (TimePoint now = start; now <= start + 10'005ms; now = wheel.next_tick()) wheel.advance(now);
  for (const Expected& one : expected) {
    REQUIRE(one.fired == 1);
    REQUIRE(one.on_time);
  }
}
