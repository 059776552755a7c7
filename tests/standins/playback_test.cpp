#include "playback.hpp"

#include <algorithm>

#include "tests/unit/catch.hpp"

namespace {

using namespace tandem::standins;
using How = MarkEcho::How;

std::vector<std::uint8_t> audio(std::size_t bytes, std::uint8_t value) {
  return std::vector<std::uint8_t>(bytes, value);
}

struct Line {
  Playback playback;
  std::array<std::uint8_t, tick_bytes> heard{};

  std::vector<MarkEcho> tick() { return playback.tick(heard); }
};

TEST_CASE("a mark behind audio is echoed when the audio before it has played") {
  Line line;
  REQUIRE(line.playback.media(audio(320, 1)));
  REQUIRE(line.playback.mark("after").empty());
  REQUIRE(line.tick().empty());
  const auto echoes = line.tick();
  REQUIRE(echoes.size() == 1);
  CHECK(echoes[0].name == "after");
  CHECK(echoes[0].how == How::played);
}

TEST_CASE("a mark with nothing queued is echoed at once") {
  Line line;
  const auto echoes = line.playback.mark("now");
  REQUIRE(echoes.size() == 1);
  CHECK(echoes[0].how == How::empty);
}

TEST_CASE("clear drops the audio, echoes the queued marks in order and spares what comes later") {
  Line line;
  line.playback.media(audio(160, 1));
  line.playback.mark("a");
  line.playback.media(audio(160, 2));
  line.playback.mark("b");
  const auto echoes = line.playback.clear();
  REQUIRE(echoes.size() == 2);
  CHECK(echoes[0].name == "a");
  CHECK(echoes[1].name == "b");
  CHECK(echoes[1].how == How::flushed);
  CHECK(line.playback.flushed_bytes() == 320);
  line.playback.media(audio(160, 3));
  line.tick();
  CHECK(line.heard[0] == 3);
}

TEST_CASE("a tick takes exactly 160 bytes across pieces of any size and silence fills the rest") {
  Line line;
  line.playback.media(audio(100, 1));
  line.playback.media(audio(1, 2));
  line.playback.media(audio(30, 3));
  line.tick();
  CHECK(std::count(line.heard.begin(), line.heard.end(), 1) == 100);
  CHECK(line.heard[100] == 2);
  CHECK(std::count(line.heard.begin(), line.heard.end(), 3) == 30);
  CHECK(std::count(line.heard.begin(), line.heard.end(), 0xff) == 29);
  CHECK(line.playback.played_bytes() == 131);
}

TEST_CASE("clear in the middle of a piece counts only what was not played") {
  Line line;
  line.playback.media(audio(400, 1));
  line.tick();
  line.playback.clear();
  CHECK(line.playback.played_bytes() == 160);
  CHECK(line.playback.flushed_bytes() == 240);
  CHECK(line.playback.queued_bytes() == 0);
}

TEST_CASE("more than ten minutes are refused and the rest is kept") {
  Line line;
  CHECK(line.playback.media(audio(Playback::queue_limit, 1)));
  CHECK_FALSE(line.playback.media(audio(1, 1)));
  CHECK(line.playback.queued_bytes() == Playback::queue_limit);
}

TEST_CASE("segments name the unbroken stretches of playing") {
  Line line;
  line.playback.media(audio(320, 1));
  line.tick();
  line.tick();
  line.tick();
  line.playback.media(audio(160, 1));
  line.tick();
  const auto& segments = line.playback.segments();
  REQUIRE(segments.size() == 2);
  CHECK(segments[0].start == 0);
  CHECK(segments[0].end == 320);
  CHECK(segments[1].start == 480);
  CHECK(segments[1].end == 640);
}

}  // namespace
