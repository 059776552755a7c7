#include "tests/simulation/corpus/phone_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "codec/g711.hpp"
#include "tests/simulation/corpus/noises.hpp"

namespace tandem::corpus {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t frame_samples = codec::frame_samples;
/// A hand-held telephone or a small room: the direct way and two reflections.
struct Reflection {
  std::size_t after;
  float gain;
};
constexpr std::array<Reflection, 3> reflections = {{{0, 0.9F}, {56, 0.37F}, {136, 0.2F}}};
/// An echo quieter than this beside everything else is nobody's voice.
constexpr float audible_above_rest_db = 3.0F;

std::string key_of(std::span<const std::uint8_t> ulaw) {
  return {reinterpret_cast<const char*>(ulaw.data()), ulaw.size()};
}

codec::UlawFrame encode(const std::vector<float>& frame) {
  codec::UlawFrame bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const float sample = std::clamp(std::round(frame[i]), -32768.0F, 32767.0F);
    const auto byte = codec::ulaw_encode(static_cast<std::int16_t>(sample));
    bytes[i] = codec::ulaw_encode(codec::ulaw_decode(byte));  // no negative zero
  }
  return bytes;
}

}  // namespace

PhoneLine::PhoneLine(Timeline& timeline, Random dice, EchoPath echo)
    : timeline_(timeline), echo_(echo), noise_(line_noise(dice, 61s + 7ms)) {
  if (echo_.loss_db > 0) echo_gain_ = std::pow(10.0F, -echo_.loss_db / 20);
}

void PhoneLine::begin(const std::string& call_id, const std::string& token) {
  ids_.stream = "MZ00000000000000000000000000000001";
  ids_.account = "AC00000000000000000000000000000001";
  ids_.call = call_id;
  ids_.token = token;
  is_live_ = true;
  send(simulation::connected_text());
  send(simulation::start_text(ids_, sequence_++));
  tick();
}

void PhoneLine::hang_up() {
  if (!std::exchange(is_live_, false)) return;
  send(simulation::stop_text(ids_, sequence_++));
}

void PhoneLine::read(std::string_view text) {
  auto command = simulation::read_command(text);
  if (!command) {
    ++refused_;
    return;
  }
  using Kind = simulation::StreamCommand::Kind;
  if (command->kind == Kind::media) queue_.add_audio(command->ulaw);
  if (command->kind == Kind::mark) queue_.add_mark(command->name);
  if (command->kind == Kind::clear) queue_.clear();
}

void PhoneLine::add(Heard heard, std::size_t at) { sounds_.push_back({std::move(heard), at}); }

void PhoneLine::tick() {
  if (!is_live_) return;
  if (recording_.size() > 0) listen();
  play();
  timeline_.after(codec::frame_duration, [this] { tick(); });
}

void PhoneLine::play() {
  const auto played = queue_.play();
  const bool begins = !played.empty() && !std::exchange(agent_was_heard_, !played.empty());
  agent_was_heard_ = agent_was_heard_ || begins;
  if (begins && on_agent_begins) on_agent_begins();
  recording_.play(played, frame_samples);
  for (std::string mark; queue_.take_due_mark(mark);) {
    send(simulation::mark_text(ids_, sequence_++, mark));
  }
}

/// The 20 ms that have just passed.
void PhoneLine::listen() {
  std::vector<float> frame(frame_samples);
  auto truth = mix_frame(frame);
  truth.number = static_cast<std::int64_t>(frames_.size()) + 1;
  const auto ulaw = encode(frame);
  by_bytes_.emplace(key_of(ulaw), frames_.size());
  frames_.push_back(truth);
  send(simulation::media_text(ids_, sequence_++, truth.number,
                              static_cast<std::int64_t>(truth.sample / samples_per_ms), ulaw));
}

float PhoneLine::echo_at(std::size_t sample) const noexcept {
  if (echo_gain_ <= 0) return 0;
  float sum = 0;
  for (const auto& reflection : reflections) {
    const auto delay = static_cast<std::size_t>(echo_.delay.count()) * samples_per_ms;
    const auto at =
        static_cast<std::int64_t>(sample) - static_cast<std::int64_t>(delay + reflection.after);
    sum += reflection.gain * recording_.sample(at);
  }
  return sum * echo_gain_;
}

FrameTruth PhoneLine::mix_frame(std::vector<float>& frame) {
  FrameTruth truth;
  truth.sample = recording_.size() - frame_samples;
  std::vector<float> words(frame_samples);
  std::vector<float> echo(frame_samples);
  for (const auto& placed : sounds_) {
    for (std::size_t i = 0; i < frame_samples; ++i) {
      const auto at = truth.sample + i;
      if (at < placed.at || at - placed.at >= placed.heard.sound.size()) continue;
      const float sample = placed.heard.sound[at - placed.at];
      frame[i] += sample;
      if (placed.heard.clip == nullptr) continue;
      words[i] += sample;
      truth.clip = placed.heard.clip;
      truth.progress =
          static_cast<float>(at - placed.at + 1) / static_cast<float>(placed.heard.sound.size());
    }
  }
  for (std::size_t i = 0; i < frame_samples; ++i) {
    const auto at = truth.sample + i;
    frame[i] += noise_[at % noise_.size()];
    if (!background_.empty()) frame[i] += background_[at % background_.size()];
    echo[i] = echo_at(at);
  }
  const float rest = level_of(frame);
  for (std::size_t i = 0; i < frame_samples; ++i) frame[i] += echo[i];
  if (level_of(words) >= loud_dbfs) {
    truth.voice = Voice::caller;
  } else if (level_of(echo) >= std::max(loud_dbfs, rest + audible_above_rest_db)) {
    truth.voice = Voice::agent;
  }
  return truth;
}

const FrameTruth* PhoneLine::truth_of(std::span<const std::uint8_t> ulaw) const {
  const auto found = by_bytes_.find(key_of(ulaw));
  return found == by_bytes_.end() ? nullptr : &frames_[found->second];
}

}  // namespace tandem::corpus
