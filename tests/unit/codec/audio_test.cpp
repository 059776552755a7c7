#include "codec/audio.hpp"

#include "tests/unit/catch.hpp"

using namespace tandem::codec;
using namespace std::chrono_literals;

TEST_CASE("a frame is 20 ms, 160 samples, 160 mu-law bytes") {
  CHECK(frame_duration == 20ms);
  CHECK(frame_samples == 160);
  CHECK(frame_bytes == 160);
  CHECK(duration_of(frame_samples) == 20ms);
}

TEST_CASE("durations and sample counts convert both ways without loss at 8 kHz") {
  for (std::size_t count = 0; count < 20'000; ++count) {
    REQUIRE(samples_in(duration_of(count)) == count);
  }
}

TEST_CASE("a part of a sample does not count, nor does a negative duration") {
  CHECK(samples_in(124us) == 0);
  CHECK(samples_in(125us) == 1);
  CHECK(samples_in(-1s) == 0);
  CHECK(samples_in(1s, 44'100) == 44'100);
  CHECK(samples_in(10ms, 44'100) == 441);
}

TEST_CASE("a call of many hours does not overflow the conversion") {
  CHECK(samples_in(48h, 192'000) == 33'177'600'000);
  CHECK(duration_of(std::size_t{8000} * 3600 * 48) == 48h);
  CHECK(duration_of(std::size_t{48'000} * 3600 * 24, 48'000) == 24h);
}
