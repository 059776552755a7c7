#include "codec/energy.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "codec/audio.hpp"
#include "codec/g711.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/codec/signal.hpp"

using namespace tandem::codec;
using namespace std::chrono_literals;
using Kind = SpeechChange::Kind;

namespace {

static_assert(sizeof(SpeechDetector) < 200, "per call, twice");

struct Change {
  Kind kind;
  std::chrono::microseconds position;
  std::chrono::microseconds known;  // begin of the frame that told
};

// A line whose level is set for stretches of time; one 20 ms frame after the other.
class Line {
 public:
  explicit Line(const SpeechParameters& parameters = {}) : detector(parameters) {}

  Line& at(float dbfs, std::chrono::milliseconds length) {
    for (auto rest = length; rest > 0ms; rest -= frame_duration) {
      const auto change = detector.push_level(dbfs, now_, frame_duration);
      if (change) changes.push_back({change->kind, change->position, now_});
      now_ += frame_duration;
    }
    return *this;
  }

  SpeechDetector detector;
  std::vector<Change> changes;

 private:
  std::chrono::microseconds now_{0};
};

}  // namespace

TEST_CASE("a full-scale sine reads 0 dBFS, a full-scale square 3") {
  CHECK(level_dbfs(test::sine(1000, 8000, 160, 0)) == Approx(0).margin(0.01));
  CHECK(level_dbfs(test::sine(1000, 8000, 160, -12)) == Approx(-12).margin(0.01));
  CHECK(level_dbfs(test::sine(1000, 8000, 160, -40)) == Approx(-40).margin(0.05));
  std::array<std::int16_t, 160> square;
  square.fill(-32768);
  CHECK(level_dbfs(square) == Approx(3.01).margin(0.01));
}

TEST_CASE("mu-law reads the level of the samples it stands for") {
  for (const double dbfs : {-1.0, -12.0, -30.0, -50.0}) {
    const auto samples = test::sine(1000, 8000, 160, dbfs);
    UlawFrame frame;
    ulaw_encode(samples, frame);
    CHECK(ulaw_level_dbfs(frame) == Approx(dbfs).margin(0.5));
  }
}

TEST_CASE("digital silence and no samples read the lowest level") {
  UlawFrame frame;
  frame.fill(ulaw_silence);
  CHECK(ulaw_level_dbfs(frame) == silence_dbfs);
  frame.fill(0x7F);
  CHECK(ulaw_level_dbfs(frame) == silence_dbfs);
  CHECK(level_dbfs({}) == silence_dbfs);
  CHECK(ulaw_level_dbfs({}) == silence_dbfs);
  CHECK(level_dbfs(std::array<std::int16_t, 2>{1, -1}) == Approx(-87.3).margin(0.1));
}

TEST_CASE("speech is reported with the position of its first and last loud frame") {
  Line line;
  line.at(-65, 1s).at(-25, 500ms).at(-65, 1s);
  REQUIRE(line.changes.size() == 2);
  CHECK(line.changes[0].kind == Kind::started);
  CHECK(line.changes[0].position == 1s);
  CHECK(line.changes[0].known == 1s + 40ms);  // with the third frame: 60 ms
  CHECK(line.changes[1].kind == Kind::ended);
  CHECK(line.changes[1].position == 1500ms);
  CHECK(line.changes[1].known == 1500ms + 280ms);  // with the fifteenth: 300 ms
  CHECK_FALSE(line.detector.is_speaking());
}

TEST_CASE("a click shorter than the attack is not speech") {
  Line line;
  for (int i = 0; i < 20; ++i) line.at(-60, 200ms).at(-10, 40ms);
  CHECK(line.changes.empty());
}

TEST_CASE("pauses between words shorter than the hangover do not end speech") {
  Line line;
  line.at(-65, 500ms);
  for (int i = 0; i < 20; ++i) line.at(-25, 200ms).at(-62, 280ms);
  CHECK(line.changes.size() == 1);
  CHECK(line.detector.is_speaking());
}

TEST_CASE("silence is never speech, nor is noise at the level that the detector starts with") {
  Line silence;
  silence.at(silence_dbfs, 60s);
  CHECK(silence.changes.empty());
  CHECK(silence.detector.noise_floor() == Approx(-70));
  Line hiss;
  hiss.at(-52, 60s);
  CHECK(hiss.changes.empty());
}

TEST_CASE("a whisper of noise after digital silence is not speech") {
  Line line;
  line.at(silence_dbfs, 10s).at(-50, 10s);
  CHECK(line.changes.empty());
}

TEST_CASE("noise that stays is learnt and speech above it is still found") {
  Line line;
  line.at(-65, 2s).at(-35, 20s);
  REQUIRE(line.changes.size() == 2);
  CHECK(line.changes[1].kind == Kind::ended);
  CHECK(line.detector.noise_floor() == Approx(-35).margin(0.5));
  line.at(-18, 600ms).at(-35, 1s);
  REQUIRE(line.changes.size() == 4);
  CHECK(line.changes[2].position == 22s);
  CHECK(line.changes[3].position == 22s + 600ms);
}

TEST_CASE("when the noise stops, quiet speech is found again within a second") {
  Line line;
  line.at(-32, 30s);
  line.changes.clear();
  line.at(-65, 1s).at(-38, 400ms);
  REQUIRE(line.changes.size() == 1);
  CHECK(line.changes[0].kind == Kind::started);
}

TEST_CASE("a long monologue is not mistaken for noise") {
  Line line;
  line.at(-65, 1s);
  for (int word = 0; word < 200; ++word) line.at(-22, 260ms).at(-30, 120ms).at(-58, 120ms);
  CHECK(line.changes.size() == 1);
}

TEST_CASE("the parameters are obeyed") {
  SpeechParameters strict;
  strict.attack = 200ms;
  strict.hangover = 100ms;
  strict.quietest_speech_dbfs = -30;
  Line line(strict);
  line.at(-65, 1s).at(-31, 1s).at(-65, 1s).at(-20, 180ms).at(-65, 1s);
  CHECK(line.changes.empty());
  line.at(-20, 200ms).at(-65, 100ms);
  REQUIRE(line.changes.size() == 2);
  CHECK(line.changes[1].known - line.changes[1].position == 80ms);
}

TEST_CASE("mu-law and linear frames of the same speech give the same changes") {
  auto line = test::noise(8000, 5, 30);
  const auto tone = test::sine(700, 8000, 4000, -20);
  std::ranges::copy(tone, line.begin() + 2400);
  SpeechDetector linear;
  SpeechDetector coded;
  std::vector<std::chrono::microseconds> found;
  for (std::size_t at = 0; at < line.size(); at += frame_samples) {
    const auto frame = std::span(line).subspan(at, frame_samples);
    UlawFrame ulaw;
    ulaw_encode(frame, ulaw);
    const auto one = linear.push(frame, duration_of(at));
    const auto other = coded.push_ulaw(ulaw, duration_of(at));
    REQUIRE(one.has_value() == other.has_value());
    if (one) found.push_back(one->position);
  }
  CHECK(found == std::vector<std::chrono::microseconds>{300ms});
  CHECK(coded.is_speaking());
}

TEST_CASE("an empty frame changes nothing") {
  SpeechDetector detector;
  CHECK_FALSE(detector.push({}, 0ms));
  CHECK_FALSE(detector.push_ulaw({}, 0ms));
  CHECK(detector.noise_floor() == -60.0F);
}
