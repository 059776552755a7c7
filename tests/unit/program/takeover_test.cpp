#include "bridge/takeover.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

std::optional<store::EarlierCall> earlier(const char* end_reason, int parts = 1) {
  store::EarlierCall call;
  call.parts = parts;
  call.call_id = "00000000-0000-4000-8000-000000000001";
  call.end_reason = end_reason;
  call.chat_group_id = "group-1";
  return call;
}

}  // namespace

TEST_CASE("R01: a call that nobody ended is taken over, twice at most") {
  CHECK(judge_takeover(earlier("", 1)) == Takeover::take_over);
  CHECK(judge_takeover(earlier("", 2)) == Takeover::take_over);
  CHECK(judge_takeover(earlier("", 3)) == Takeover::hang_up);
}

TEST_CASE("a call that ended because something of ours was lost is taken over as well") {
  for (const char* reason : {"node_lost", "carrier_lost", "carrier_stalled", "shutdown"})
    CHECK(judge_takeover(earlier(reason)) == Takeover::take_over);
}

TEST_CASE("T27: a call that is known to be over, or known to nobody, is hung up") {
  for (const char* reason : {"caller_hung_up", "agent_hung_up", "opted_out", "transferred",
                             "time_limit", "bad_token", "internal"})
    CHECK(judge_takeover(earlier(reason)) == Takeover::hang_up);
  CHECK(judge_takeover(std::nullopt) == Takeover::hang_up);
}

TEST_CASE("the new agent is told what the caller heard, not what was said") {
  auto call = *earlier("");
  call.lines = {{"assistant", "Hello, how may I help you today?", 1.0},
                {"user", "I would like to book.", std::nullopt},
                {"assistant", "We have a table at six and another at eight.", 0.5},
                {"user", "Wait.", std::nullopt},
                {"assistant", "Never heard at all.", 0.0},
                {"assistant", "Being said when it happened.", std::nullopt}};
  const auto previous = previous_call(call);
  CHECK(previous.call_id.str() == call.call_id);
  CHECK(previous.chat_group_id.str() == "group-1");
  REQUIRE(previous.history.size() == 5);
  CHECK(previous.history[0].text == "Hello, how may I help you today?");
  CHECK(previous.history[1].speaker == core::Speaker::user);
  CHECK(previous.history[2].text == "We have a table at");
  CHECK(previous.history[2].speaker == core::Speaker::assistant);
  CHECK(previous.history[4].text == "Being said when it happened.");
}

TEST_CASE("of a long conversation the last words are told") {
  auto call = *earlier("");
  for (int i = 0; i < 40; ++i)
    call.lines.push_back({"user", std::to_string(i) + std::string(1000, '.'), std::nullopt});
  const auto previous = previous_call(call);
  CHECK(previous.history.size() == 8);
  CHECK(previous.history.back().text.starts_with("39"));
  CHECK(previous.history.front().text.starts_with("32"));
}

TEST_CASE(
    "a call that is taken over keeps the cap of the whole phone call, but a minute at least") {
  const core::WallTime began{100h};
  CHECK(time_left(3600s, began, began + 600s) == 3000s);
  CHECK(time_left(3600s, began, began + 5000s) == 60s);
  CHECK(time_left(3600s, began, began - 600s) == 3600s);  // clocks of two machines
  CHECK(time_left(30s, began, began + 20s) == 30s);
}

TEST_CASE("the end of a lost call is dated to the last thing known of it") {
  const core::WallTime seen{100h};
  const auto record = lost_call_record("00000000-0000-4000-8000-000000000001", seen, 65'000, 12);
  CHECK(record.wall == seen);
  const auto& ended = std::get<core::CallEnded>(record.body);
  CHECK(ended.end_reason == "node_lost");
  CHECK(ended.duration_ms == 65'000);
  CHECK(ended.total_messages == 12);
}

}  // namespace tandem
