#include "bridge/call/uplink.hpp"

#include <random>

#include "bridge/core/limits.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call {

using namespace std::chrono_literals;

namespace {

constexpr core::TimePoint zero{1h};

struct Feed {
  Uplink uplink;
  std::int64_t sequence = 1;
  core::TimePoint now = zero;

  void media(std::int64_t timestamp, std::size_t bytes = 160, std::uint8_t value = 0x20) {
    payload.assign(bytes, value);
    uplink.push({payload, timestamp, ++sequence}, now);
  }
  int pull_all(int* invented = nullptr) {
    int frames = 0;
    while (const auto* frame = uplink.pull()) {
      ++frames;
      if (frame->is_invented && invented != nullptr) ++*invented;
    }
    return frames;
  }
  std::vector<std::uint8_t> payload;
};

bool adds_up(const Uplink& uplink) {
  const auto& counts = uplink.counts();
  return counts.frames_in <=
         counts.frames_sent + counts.frames_dropped + static_cast<std::int64_t>(uplink.waiting());
}

}  // namespace

TEST_CASE("T14: a hole in the media clock is filled with silence, at most 200 ms of it") {
  for (const auto& [gap_ms, filled] :
       std::vector<std::pair<int, int>>{{20, 0}, {40, 0}, {60, 3}, {100, 5}, {5000, 10}}) {
    Feed feed;
    feed.media(100);
    feed.media(120 + gap_ms);
    int invented = 0;
    CHECK(feed.pull_all(&invented) == 2 + filled);
    CHECK(invented == filled);
  }
}

TEST_CASE("T14: a message with a sequence number seen before is dropped and counted") {
  Feed feed;
  feed.media(100);
  --feed.sequence;
  feed.media(100);
  CHECK(feed.pull_all() == 1);
  CHECK(feed.uplink.counts().duplicates == 1);
  CHECK(feed.uplink.counts().frames_in == 2);
  CHECK(feed.uplink.counts().frames_dropped == 1);
}

TEST_CASE("T15: a media clock that leaps or goes back invents nothing") {
  for (const std::int64_t timestamp : {std::int64_t{0}, std::int64_t{7'200'000}}) {
    Feed feed;
    feed.media(100'000);
    feed.media(timestamp);
    int invented = 0;
    CHECK(feed.pull_all(&invented) == 2);
    CHECK(invented == 0);
    CHECK(feed.uplink.counts().clock_jumps == 1);
  }
}

TEST_CASE("silence by clock begins after 60 ms and then comes every 20 ms") {
  Feed feed;
  feed.uplink.start_clock(zero);
  feed.media(100);
  CHECK(feed.pull_all() == 1);
  feed.uplink.advance(zero + 59ms);
  CHECK(feed.pull_all() == 0);
  feed.uplink.advance(zero + 60ms);
  CHECK(feed.pull_all() == 2);  // [20, 60) was owed
  feed.uplink.advance(zero + 80ms);
  CHECK(feed.pull_all() == 1);
  CHECK(feed.uplink.deadline() == zero + 100ms);
}

TEST_CASE("silence by clock is not invented again for the media clock's hole") {
  Feed feed;
  feed.uplink.start_clock(zero);
  feed.media(100);
  for (const auto at : {60ms, 80ms, 100ms}) feed.uplink.advance(zero + at);
  feed.now = zero + 120ms;
  feed.media(220);
  int invented = 0;
  feed.pull_all(&invented);
  CHECK(invented == 5);  // 100 ms were missing: four frames by clock, one by the jump
}

TEST_CASE("a stall of our own invents nothing: the frames wait unread in the socket") {
  Feed feed;
  feed.uplink.start_clock(zero);
  feed.media(100);
  feed.uplink.advance(zero + 200ms);
  CHECK(feed.pull_all() == 1);
  CHECK(feed.uplink.deadline() == zero + 220ms);
  feed.uplink.advance(zero + 220ms);  // on time again, and still nothing came
  int invented = 0;
  feed.pull_all(&invented);
  CHECK(invented == 2);
}

TEST_CASE("a full backlog drops the oldest frames and keeps the newest") {
  Feed feed;
  feed.uplink.limit_backlog(100ms);
  for (int i = 0; i < 8; ++i) feed.media(100 + 20 * i, 160, static_cast<std::uint8_t>(i));
  CHECK(feed.uplink.counts().frames_dropped == 3);
  const auto* oldest = feed.uplink.pull();
  REQUIRE(oldest != nullptr);
  CHECK(oldest->ulaw[0] == 3);
}

TEST_CASE("frames in are sent, dropped or waiting for every mixture of sizes, holes and pulls") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    Feed feed;
    if (random() % 2 == 0) feed.uplink.start_clock(zero);
    std::int64_t timestamp = 100;
    for (int step = 0; step < 200; ++step) {
      feed.now += std::chrono::milliseconds(random() % 60);
      const std::size_t bytes = random() % 5 == 0 ? random() % 700 : 160;
      feed.media(timestamp, bytes);
      timestamp += static_cast<std::int64_t>(bytes / 8) + (random() % 10 == 0 ? 100 : 0);
      feed.uplink.advance(feed.now);
      if (random() % 3 != 0) feed.pull_all();
      REQUIRE(adds_up(feed.uplink));
    }
    feed.uplink.drop_all();
    const auto& counts = feed.uplink.counts();
    REQUIRE(counts.frames_in == counts.frames_sent + counts.frames_dropped);
  }
}

TEST_CASE("audio cut into pieces of any size comes out unchanged") {
  std::vector<std::uint8_t> sent;
  std::vector<std::uint8_t> received;
  std::mt19937 random(3);
  Uplink uplink;
  uplink.limit_backlog(10s);
  std::int64_t sequence = 1;
  for (int i = 0; i < 40; ++i) {
    std::vector<std::uint8_t> piece(random() % 400);
    for (auto& byte : piece) byte = static_cast<std::uint8_t>(random());
    uplink.push({piece, static_cast<std::int64_t>(sent.size() / 8), ++sequence}, zero);
    sent.insert(sent.end(), piece.begin(), piece.end());
  }
  while (const auto* frame = uplink.pull())
    received.insert(received.end(), frame->ulaw.begin(), frame->ulaw.end());
  REQUIRE(received.size() == sent.size() / 160 * 160);
  CHECK(std::equal(received.begin(), received.end(), sent.begin()));
}

}  // namespace tandem::call
