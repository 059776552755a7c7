#include "bridge/call/echo.hpp"

#include <vector>

#include "codec/audio.hpp"
#include "codec/energy.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call {

namespace {

using namespace std::chrono_literals;

std::vector<std::uint8_t> frames(int count, std::uint8_t value) {
  std::vector<std::uint8_t> ulaw(codec::frame_bytes * static_cast<std::size_t>(count), value);
  for (std::size_t i = 0; i < ulaw.size(); i += 2) ulaw[i] ^= 0x80;
  return ulaw;
}

}  // namespace

TEST_CASE("nothing played, nothing can echo") {
  const EchoReference echo;
  CHECK(echo.ceiling(core::TimePoint{1h}) == codec::silence_dbfs);
}

TEST_CASE("echo is expected while our audio plays and for 600 ms after it") {
  EchoReference echo;
  const core::TimePoint start{1h};
  const auto loud = frames(5, 0x10);
  const float level = codec::ulaw_level_dbfs(loud);
  echo.sent(loud, start);
  CHECK(echo.ceiling(start - 100ms) == codec::silence_dbfs);
  CHECK(echo.ceiling(start) == Approx(level - 15));
  CHECK(echo.ceiling(start + 500ms) == Approx(level - 15));
  CHECK(echo.ceiling(start + 80ms + 601ms) == codec::silence_dbfs);
}

TEST_CASE("what the carrier dropped does not echo") {
  EchoReference echo;
  const core::TimePoint start{1h};
  echo.sent(frames(10, 0x10), start);
  echo.flushed(start);
  CHECK(echo.ceiling(start + 100ms) == codec::silence_dbfs);
}

TEST_CASE("two false alarms at the same distance are an echo; a real interruption forgets them") {
  EchoReference echo;
  const core::TimePoint start{1h};
  const auto loud = frames(10, 0x10);
  const float level = codec::ulaw_level_dbfs(loud);
  echo.sent(loud, start);
  echo.false_alarm(level - 8, start + 50ms);
  CHECK(echo.ceiling(start + 50ms) == Approx(level - 15));  // one may be a cough
  echo.false_alarm(level - 9, start + 100ms);
  CHECK(echo.ceiling(start + 100ms) == Approx(level - 5));
  echo.real_speech();
  CHECK(echo.ceiling(start + 100ms) == Approx(level - 15));
}

TEST_CASE(
    "a line that brings nothing back is trusted with quieter callers, an echo ends the trust") {
  EchoReference echo;
  core::TimePoint now{1h};
  const auto loud = frames(1, 0x20);
  const float level = codec::ulaw_level_dbfs(loud);
  for (int i = 0; i < 150; ++i, now += 20ms) {
    echo.sent(loud, now);
    echo.overheard(-60.0F, now);
  }
  CHECK(echo.ceiling(now) == Approx(level - 28));
  echo.sent(loud, now);
  echo.overheard(level - 29, now);
  CHECK(echo.ceiling(now) == Approx(level - 26));
  for (int i = 0; i < 50; ++i, now += 20ms) {
    echo.sent(loud, now);
    echo.overheard(level - 20, now);
  }
  CHECK(echo.ceiling(now) == Approx(level - 17));
}

TEST_CASE("false alarms at different distances teach nothing") {
  EchoReference echo;
  const core::TimePoint start{1h};
  const auto loud = frames(10, 0x10);
  const float level = codec::ulaw_level_dbfs(loud);
  echo.sent(loud, start);
  echo.false_alarm(level - 2, start + 50ms);
  echo.false_alarm(level - 9, start + 60ms);
  CHECK(echo.ceiling(start + 100ms) == Approx(level - 15));
}

}  // namespace tandem::call
