#include "tests/simulation/caller.hpp"

#include <algorithm>
#include <cmath>

#include "codec/g711.hpp"

namespace tandem::simulation {

namespace {

using namespace std::chrono_literals;
using Kind = CallerStep::Kind;

constexpr auto tick = codec::frame_duration;
constexpr auto pause_between_words = 300ms;
constexpr auto turn_gap = 600ms;  // the agent is quiet for so long: it has finished
constexpr auto step_gap = 200ms;
constexpr auto real_speech = 1000ms;  // clearly more than a backchannel

/// Like speech: 200 Hz and its overtones, with the loudness of syllables.
codec::UlawFrame spoken_frame(std::int64_t index) {
  codec::UlawFrame frame{};
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const double t = static_cast<double>(index) * 0.02 + static_cast<double>(i) / 8000;
    const double syllable = 0.6 + 0.4 * std::sin(t * 25);
    const double wave = std::sin(t * 1257) + 0.5 * std::sin(t * 2513) + 0.3 * std::sin(t * 4000);
    frame[i] = codec::ulaw_encode(static_cast<std::int16_t>(4000 * syllable * wave));
  }
  return frame;
}

const std::array<codec::UlawFrame, 32>& spoken_frames() {
  static const auto frames = [] {
    std::array<codec::UlawFrame, 32> made{};
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = spoken_frame(static_cast<int>(i));
    return made;
  }();
  return frames;
}

}  // namespace

void number_frame(std::span<std::uint8_t> ulaw, std::int64_t number) {
  for (std::size_t i = 0; i < numbered_samples; ++i) {
    ulaw[i] = static_cast<std::uint8_t>(0xFF - (number >> (4 * i) & 15));
  }
}

std::int64_t number_of(std::span<const std::uint8_t> ulaw) {
  std::int64_t number = 0;
  for (std::size_t i = 0; i < numbered_samples; ++i) {
    number |= static_cast<std::int64_t>((0xFF - ulaw[i]) & 15) << (4 * i);
  }
  return number;
}

Caller::Caller(const Scenario& scenario, Random dice) : scenario_(scenario), dice_(dice) {}

const Caller::Deed& Caller::act(bool hears_agent, std::int16_t ear) {
  deed_.is_speech = deed_.hangs_up = false;
  deed_.key.reset();
  if (hears_agent) {
    agent_heard_ += tick;
    agent_quiet_ = 0ms;
    agent_was_heard_ = true;
    owed_ = -1ms;
    clear_speech_ = 0ms;
  } else {
    agent_quiet_ += tick;
    if (agent_quiet_ > pause_between_words) agent_heard_ = 0ms;
    if (owed_ >= 0ms) owed_ += tick;
  }
  if (is_between_) begin_next_step();
  watch();
  if (deed_.is_speech) {
    deed_.frame = spoken_frames()[static_cast<std::size_t>(spoken_ / tick) % 32];
  } else {
    const auto echoed = static_cast<std::int16_t>(scenario_.echo * ear);
    deed_.frame.fill(codec::ulaw_encode(echoed));
  }
  number_frame(deed_.frame, ++frame_number_);
  return deed_;
}

void Caller::begin_next_step() {
  waited_ += tick;
  if (waited_ < step_gap || next_step_ >= scenario_.caller.size()) return;
  step_ = scenario_.caller[next_step_++];
  is_between_ = false;
  waited_ = spoken_ = clear_speech_ = 0ms;
  patience_ = dice_.between(3500ms, 6000ms);
}

bool Caller::may_begin() const noexcept {
  switch (step_.kind) {
    case Kind::answer:
    case Kind::hang_up:
      return (agent_was_heard_ && agent_quiet_ >= turn_gap) || waited_ >= patience_;
    case Kind::barge_in:
    case Kind::cough:
    case Kind::backchannel:
      return agent_heard_ >= step_.after || waited_ >= patience_;
    case Kind::wait:
    case Kind::key:
      return true;
  }
  return true;
}

void Caller::watch() {
  if (is_between_) return;
  waited_ += tick;
  if (spoken_ == 0ms && !may_begin()) return;
  if (step_.kind == Kind::hang_up) deed_.hangs_up = true;
  if (step_.kind == Kind::key) deed_.key = step_.key;
  if (step_.kind == Kind::wait && waited_ < step_.length) return;
  if (step_.kind != Kind::wait && spoken_ < step_.length) return speak();
  is_between_ = true;
  waited_ = 0ms;
}

void Caller::speak() {
  spoken_ += tick;
  deed_.is_speech = true;
  agent_was_heard_ = false;
  clear_speech_ += tick;
  owed_ = clear_speech_ >= real_speech ? 0ms : -1ms;
}

std::optional<milliseconds> Caller::waiting_for_answer() const noexcept {
  if (owed_ <= 0ms) return std::nullopt;
  return owed_;
}

}  // namespace tandem::simulation
