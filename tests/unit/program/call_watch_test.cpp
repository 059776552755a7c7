#include "bridge/call_watch.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;
using Found = CallWatch::Found;
using Follow = CallWatch::Follow;
using Wish = CallWatch::Wish;

constexpr core::TimePoint begin{1h};
const core::CallId call_1("call-1");
const core::CarrierCallId carrier_1("CA1");

CallWatch watching_ended_call() {
  CallWatch watch;
  watch.began(call_1, carrier_1, begin + 1h);
  watch.ended(call_1, begin + 10s);
  return watch;
}

}  // namespace

TEST_CASE("a call whose end the carrier tells by itself is never asked about") {
  auto watch = watching_ended_call();
  CHECK(watch.due(begin + 9s, 10).empty());
  watch.forget(call_1);
  CHECK(watch.due(begin + 1h, 10).empty());
  CHECK(watch.size() == 0);
}

TEST_CASE("T31: a call that the carrier still has is hung up again, ever later, then given up") {
  auto watch = watching_ended_call();
  auto now = begin + 10s;
  core::Duration pause{0};
  for (int hang_ups = 0; hang_ups <= CallWatch::hang_ups_max; ++hang_ups) {
    const auto asked_before = now;
    auto due = watch.due(now, 10);
    while (due.empty() && now < begin + 1h) due = watch.due(now += 1s, 10);
    REQUIRE(due.size() == 1);
    CHECK(due[0].wish == Wish::fetch);
    CHECK(due[0].carrier_call_id == carrier_1);
    CHECK(now - asked_before >= pause);
    pause = now - asked_before;
    const bool is_last = hang_ups == CallWatch::hang_ups_max;
    CHECK(watch.found(call_1, Found::in_progress, now) ==
          (is_last ? Follow::give_up : Follow::hang_up_again));
  }
  CHECK(pause >= 1min);
  CHECK(watch.size() == 0);
}

TEST_CASE("what the carrier calls over, or does not know, needs nothing more") {
  auto watch = watching_ended_call();
  REQUIRE(watch.due(begin + 10s, 10).size() == 1);
  CHECK(watch.found(call_1, Found::over, begin + 10s) == Follow::nothing);
  CHECK(watch.size() == 0);
}

TEST_CASE("an API that does not answer is asked again, not hung up at, and not for ever") {
  auto watch = watching_ended_call();
  auto now = begin + 10s;
  int asked = 0;
  while (watch.size() > 0 && now < begin + 6h) {
    if (!watch.due(now, 10).empty()) {
      ++asked;
      const auto follow = watch.found(call_1, Found::no_answer, now);
      CHECK(follow == (asked > CallWatch::answers_missing_max ? Follow::give_up : Follow::nothing));
    }
    now += 1s;
  }
  CHECK(watch.size() == 0);
  CHECK(now < begin + 2h);
}

TEST_CASE("a call older than any may be is hung up whatever its shard says, then asked about") {
  CallWatch watch;
  watch.began(call_1, carrier_1, begin + 1h);
  CHECK(watch.due(begin + 59min, 10).empty());
  const auto due = watch.due(begin + 1h, 10);
  REQUIRE(due.size() == 1);
  CHECK(due[0].wish == Wish::hang_up);
  CHECK(due[0].id == call_1);
  CHECK(watch.due(begin + 1h + 9s, 10).empty());
  const auto later = watch.due(begin + 1h + 1min, 10);
  REQUIRE(later.size() == 1);
  CHECK(later[0].wish == Wish::fetch);
}

TEST_CASE("a caller who talks to a person is asked about now and then and never hung up") {
  auto watch = watching_ended_call();
  watch.handed_over(call_1, begin + 5s);
  CHECK(watch.due(begin + 5min, 10).empty());
  for (auto now = begin + 6min; now < begin + 3h; now += 6min) {
    const auto due = watch.due(now, 10);
    REQUIRE(due.size() == 1);
    CHECK(due[0].wish == Wish::fetch);
    CHECK(watch.found(call_1, Found::in_progress, now) == Follow::nothing);
  }
  watch.handed_back(call_1, begin + 3h);
  REQUIRE(watch.due(begin + 3h, 10).size() == 1);
  CHECK(watch.found(call_1, Found::in_progress, begin + 3h) == Follow::hang_up_again);
}

TEST_CASE("many calls at once are asked about a few at a time, those that waited longest first") {
  CallWatch watch;
  for (int i = 0; i < 50; ++i) {
    const core::CallId id("call-" + std::to_string(i));
    watch.began(id, carrier_1, begin + 1h);
    watch.ended(id, begin + std::chrono::seconds(50 - i));
  }
  const auto first = watch.due(begin + 1min, 20);
  REQUIRE(first.size() == 20);
  CHECK(first.front().id.str() == "call-49");
  const auto second = watch.due(begin + 1min, 40);
  REQUIRE(second.size() == 30);
  CHECK(second.front().id.str() == "call-29");
}

}  // namespace tandem
