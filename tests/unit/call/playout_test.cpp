#include "bridge/call/playout.hpp"

#include <cmath>
#include <random>

#include "codec/audio.hpp"
#include "codec/g711.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call {

using namespace std::chrono_literals;

namespace {

/// Plays a playout on a virtual clock against a carrier that plays in real time and echoes marks.
struct Line {
  explicit Line(core::Duration delay = 0ms) : echo_delay(delay) { playout.open(now); }

  bool speak(std::string_view id, int ms, int rate = 8000) {
    samples.resize(static_cast<std::size_t>(ms) * static_cast<std::size_t>(rate) / 1000);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[i] =
          static_cast<std::int16_t>(9000 * std::sin(static_cast<double>(i) * 2000.0 / rate));
    }
    VoiceAudio audio;
    audio.utterance = id;
    audio.samples = samples;
    audio.sample_rate_hz = rate;
    const bool taken = playout.push(audio, now);
    pump();
    return taken;
  }
  void pump() {
    while (auto piece = playout.pull(now)) {
      if (const auto* media = std::get_if<Playout::Media>(&*piece)) {
        if (plays_until < now && !wire.empty()) holes += 1;
        plays_until = std::max(plays_until, now) + codec::duration_of(media->ulaw.size());
        lead_max = std::max(lead_max, plays_until - now);
        wire.insert(wire.end(), media->ulaw.begin(), media->ulaw.end());
        sizes.push_back(media->ulaw.size());
      } else {
        marks.push_back({std::get<Playout::Mark>(*piece).name, plays_until + echo_delay});
      }
    }
  }
  void pass(core::Duration duration) {
    const auto until = now + duration;
    while (now < until) {
      now = std::min(until, now + 5ms);
      while (!marks.empty() && marks.front().second <= now) {
        playout.mark_echoed(marks.front().first, now);
        marks.erase(marks.begin());
      }
      playout.advance(now, heard);
      pump();
    }
  }

  Playout playout{PlayoutSettings{}};
  core::Duration echo_delay;
  core::TimePoint now{1h};
  core::TimePoint plays_until{};
  core::Duration lead_max{0};
  std::vector<std::int16_t> samples;
  std::vector<std::uint8_t> wire;
  std::vector<std::size_t> sizes;
  std::vector<std::pair<std::string, core::TimePoint>> marks;
  std::vector<Heard> heard;
  int holes = 0;
};

}  // namespace

TEST_CASE("audio goes out in whole frames, never further ahead than the lead, without a hole") {
  Line line;
  line.speak("u1", 3000);
  line.playout.end_turn(line.now);
  line.pass(4s);
  CHECK(line.wire.size() == 24'000);
  CHECK(line.lead_max <= 200ms);
  CHECK(line.holes == 0);
  for (const auto size : line.sizes) {
    CHECK(size % 160 == 0);
    CHECK(size <= 800);
  }
}

TEST_CASE("a hold takes back what was not heard, and a release sends it again, no sample lost") {
  Line line;
  line.speak("u1", 1000);
  line.playout.end_turn(line.now);
  line.pass(500ms);
  CHECK(line.playout.hold(line.now));
  const auto sent = line.playout.counts().samples_sent;
  CHECK(sent >= 3840);
  CHECK(sent <= 4160);
  line.pass(2s);
  CHECK(line.playout.counts().samples_sent == sent);
  CHECK(line.heard.empty());
  line.playout.release(line.now);
  line.pass(1s);
  CHECK(line.playout.counts().samples_sent == 8000);
  REQUIRE(line.heard.size() == 1);
  CHECK(line.heard[0].heard_ms == 1000);
}

TEST_CASE("padding of ours is counted neither as sent nor as cut, held or not") {
  for (const bool release : {false, true}) {
    Line line;
    line.speak("u1", 25);
    line.playout.end_turn(line.now);
    line.pass(10ms);
    REQUIRE(line.wire.size() == 320);
    CHECK(line.playout.counts().samples_sent == 200);
    REQUIRE(line.playout.hold(line.now));
    if (release) {
      line.playout.release(line.now);
      line.pass(5ms);
    }
    std::vector<Heard> heard;
    line.playout.clear(line.now, heard);
    const auto& counts = line.playout.counts();
    CHECK(counts.samples_sent >= 0);
    CHECK(counts.samples_cut >= 0);
    CHECK(counts.samples_sent + counts.samples_cut == counts.samples_received);
  }
}

TEST_CASE("there is nothing to hold once all was heard") {
  Line line;
  line.speak("u1", 100);
  line.playout.end_turn(line.now);
  line.pass(1s);
  CHECK_FALSE(line.playout.hold(line.now));
  CHECK_FALSE(line.playout.is_held());
}

TEST_CASE("one slow echo does not teach a slow line, and the quickest of many tells the delay") {
  Line line(80ms);
  line.speak("u1", 4000);
  line.pass(4s);
  CHECK(line.playout.carrier_delay() == 80ms);
  Line slow(700ms);
  slow.speak("u1", 600);
  slow.playout.end_turn(slow.now);
  slow.pass(2s);
  CHECK(slow.playout.carrier_delay() <= 250ms);
}

TEST_CASE("messages hold 40 to 100 ms while there is enough audio") {
  Line line;
  line.speak("u1", 5000);
  line.pass(4s);
  for (std::size_t i = 0; i + 1 < line.sizes.size(); ++i) CHECK(line.sizes[i] >= 320);
}

TEST_CASE("audio that comes in real time leaves as it comes") {
  Line line;
  for (int i = 0; i < 20; ++i) {
    line.speak("u1", 100);
    CHECK(line.wire.size() == static_cast<std::size_t>(i + 1) * 800);
    line.pass(100ms);
  }
}

TEST_CASE("every millisecond received is sent, at every sample rate, and the tail is not lost") {
  for (const int rate : {8000, 16000, 22050, 24000, 44100, 48000}) {
    Line line;
    for (int i = 0; i < 7; ++i) line.speak("u1", 133, rate);
    line.playout.end_turn(line.now);
    line.pass(3s);
    const auto& counts = line.playout.counts();
    CHECK(counts.samples_received == counts.samples_sent);
    CHECK(std::abs(counts.samples_received - 7 * 133 * 8) <= 8);
    CHECK(line.wire.size() % 160 == 0);
    REQUIRE(line.heard.size() == 1);
    CHECK(line.heard[0].heard_ms == line.heard[0].audio_ms);
  }
}

TEST_CASE("the head of an utterance is not clipped") {
  Line line;
  line.speak("u1", 100, 48000);
  line.playout.end_turn(line.now);
  line.pass(1s);
  std::vector<std::int16_t> first(160);
  codec::ulaw_decode(std::span(line.wire).first(160), first);
  double energy = 0;
  for (const auto sample : first) energy += sample * sample;
  CHECK(std::sqrt(energy / 160) > 4000);
}

TEST_CASE("a cut tells how much was heard and drops the rest") {
  Line line;
  line.speak("u1", 1000);
  line.speak("u2", 1000);
  line.pass(400ms);
  line.playout.clear(line.now, line.heard);
  REQUIRE(line.heard.size() == 2);
  CHECK(line.heard[0].was_cut);
  CHECK(std::abs(line.heard[0].heard_ms - 400) <= 5);
  CHECK(line.heard[1].heard_ms == 0);
  CHECK(line.playout.unplayed(line.now) == 0ms);
  const auto& counts = line.playout.counts();
  CHECK(counts.samples_received == counts.samples_sent + counts.samples_cut);
}

TEST_CASE("E19: late audio of a cut utterance is refused, a new one is taken") {
  Line line;
  line.speak("u1", 500);
  line.playout.clear(line.now, line.heard);
  CHECK_FALSE(line.speak("u1", 500));
  CHECK(line.speak("u2", 500));
  CHECK(line.playout.counts().late_samples == 4000);
}

TEST_CASE("an utterance fenced before its first sample is refused") {
  Line line;
  line.playout.fence("u9");
  CHECK_FALSE(line.speak("u9", 100));
}

TEST_CASE(
    "E18: a sample rate that changes inside an utterance keeps its length and its utterance") {
  Line line;
  line.speak("u1", 200, 48000);
  line.speak("u1", 200, 24000);
  line.speak("u1", 200, 16000);
  line.playout.end_turn(line.now);
  line.pass(2s);
  REQUIRE(line.heard.size() == 1);
  CHECK(std::abs(line.heard[0].audio_ms - 600) <= 2);
}

TEST_CASE("an impossible sample rate is refused and nothing breaks") {
  Line line;
  VoiceAudio audio;
  const std::vector<std::int16_t> samples(100, 1);
  audio.utterance = "u1";
  audio.samples = samples;
  audio.sample_rate_hz = 3;
  CHECK_FALSE(line.playout.push(audio, line.now));
  CHECK(line.speak("u1", 100));
}

TEST_CASE("a provider that forgets to end its turn still has its utterance settled") {
  Line line;
  line.speak("u1", 313);
  line.pass(2s);
  REQUIRE(line.heard.size() == 1);
  CHECK(line.heard[0].heard_ms == 313);
}

TEST_CASE("mark echoes teach the carrier's delay, and nothing else depends on them") {
  Line line(80ms);
  line.speak("u1", 3000);
  line.playout.end_turn(line.now);
  line.pass(2s);
  const auto delay =
      std::chrono::duration_cast<std::chrono::milliseconds>(line.playout.carrier_delay());
  CHECK(delay >= 75ms);
  CHECK(delay <= 90ms);
}

TEST_CASE("the queue is bounded in seconds and what does not fit is counted") {
  Line line;
  for (int i = 0; i < 90; ++i) line.speak("u1", 1000);
  const auto& counts = line.playout.counts();
  CHECK(counts.samples_received == 90 * 8000);
  CHECK(counts.samples_cut >= 29 * 8000);
  CHECK(line.playout.unplayed(line.now) <= 61s);
}

TEST_CASE("a deadline never lies in the past without there being something to do") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    Line line;
    for (int step = 0; step < 60; ++step) {
      if (random() % 3 == 0)
        line.speak("u" + std::to_string(random() % 4), static_cast<int>(random() % 300));
      if (random() % 6 == 0) line.playout.end_turn(line.now);
      if (random() % 15 == 0) line.playout.clear(line.now, line.heard);
      line.playout.advance(line.now, line.heard);
      line.pump();
      const auto deadline = line.playout.deadline();
      if (deadline) {
        REQUIRE(*deadline > line.now - 6ms);
        line.now = std::max(line.now, *deadline);
      }
      line.pass(std::chrono::milliseconds(random() % 50));
    }
  }
}

}  // namespace tandem::call
