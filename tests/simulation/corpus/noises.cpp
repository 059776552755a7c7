#include "tests/simulation/corpus/noises.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace tandem::corpus {

namespace {

constexpr float rate = 8000;
constexpr float full = 8000;

float white(Random& dice) noexcept {
  return static_cast<float>(dice.between(-1'000'000, 1'000'000)) / 1e6F;
}

float in_range(Random& dice, float low, float high) noexcept {
  return low + (high - low) * (white(dice) + 1) / 2;
}

std::size_t length_of(Random& dice, int low_ms, int high_ms) noexcept {
  return static_cast<std::size_t>(dice.between(low_ms, high_ms)) * samples_per_ms;
}

/// A resonance: two poles, unity gain at its centre.
class Resonance {
 public:
  Resonance(float hertz, float width_hz) noexcept
      : radius_(std::exp(-std::numbers::pi_v<float> * width_hz / rate)),
        turn_(2 * radius_ * std::cos(2 * std::numbers::pi_v<float> * hertz / rate)),
        gain_((1 - radius_ * radius_) / 2) {}
  float operator()(float input) noexcept {
    const float output = gain_ * (input - before_in_) + turn_ * last_ - radius_ * radius_ * before_;
    before_in_ = last_in_;
    last_in_ = input;
    before_ = last_;
    last_ = output;
    return output;
  }

 private:
  float radius_, turn_, gain_;
  float last_ = 0, before_ = 0, last_in_ = 0, before_in_ = 0;
};

/// Rises over `rise` samples, then falls by 60 dB over `fall`.
float envelope(std::size_t at, float rise, float fall) noexcept {
  const auto position = static_cast<float>(at);
  return position < rise ? position / rise : std::exp(-6.9F * (position - rise) / fall);
}

/// Breath through a throat, or, with a pitch, its voice.
void add_throat_sound(Sound& sound, Random& dice, std::size_t at, std::size_t length,
                      float pitch_hz, float gain, float rise_ms) {
  std::array<Resonance, 3> formants = {Resonance(in_range(dice, 450, 750), 180),
                                       Resonance(in_range(dice, 1100, 1700), 250),
                                       Resonance(in_range(dice, 2300, 2900), 350)};
  if (sound.size() < at + length) sound.resize(at + length);
  float phase = 0;
  for (std::size_t i = 0; i < length; ++i) {
    phase += pitch_hz * in_range(dice, 0.97F, 1.03F) / rate;
    float source = white(dice);
    if (pitch_hz > 0) source = 0.3F * source + (phase >= 1 ? 8.0F : 0.0F);
    phase -= std::floor(phase);
    float sum = 0;
    for (auto& formant : formants) sum += formant(source);
    const auto fall = static_cast<float>(length) * 1.3F;
    sound[at + i] += gain * sum * envelope(i, rise_ms * samples_per_ms, fall);
  }
}

void add_click(Sound& sound, Random& dice, std::size_t at, float hertz, float fall_ms, float gain) {
  Resonance body(hertz, hertz / 2);
  const auto length = static_cast<std::size_t>(fall_ms) * samples_per_ms;
  if (sound.size() < at + length) sound.resize(at + length);
  for (std::size_t i = 0; i < length; ++i) {
    sound[at + i] += gain * (body(white(dice)) + 0.05F * white(dice)) *
                     envelope(i, 4, static_cast<float>(length));
  }
}

}  // namespace

Sound cough(Random& dice) {
  Sound sound;
  const auto coughs = dice.between(1, 3);
  std::size_t at = 0;
  for (std::int64_t i = 0; i < coughs; ++i) {
    const auto breath = length_of(dice, 120, 260);
    add_throat_sound(sound, dice, at, length_of(dice, 25, 40), 0, full * 4, 2);
    add_throat_sound(sound, dice, at + 20 * samples_per_ms, breath, 0, full, 8);
    if (dice.chance(0.5)) {
      add_throat_sound(sound, dice, at + breath, length_of(dice, 60, 120), 140, full, 10);
    }
    at = sound.size() + length_of(dice, 60, 220);
  }
  return sound;
}

Sound throat_clearing(Random& dice) {
  Sound sound;
  add_throat_sound(sound, dice, 0, length_of(dice, 300, 700), in_range(dice, 70, 130), full, 40);
  return sound;
}

Sound bump(Random& dice) {
  Sound sound;
  const auto kind = dice.between(0, 2);
  if (kind == 0) {  // a door
    add_click(sound, dice, 0, in_range(dice, 150, 350), in_range(dice, 180, 400), full * 4);
    add_click(sound, dice, 0, 1500, 15, full * 2);
  } else if (kind == 1) {  // a cup
    add_click(sound, dice, 0, in_range(dice, 1800, 3200), in_range(dice, 30, 90), full * 2);
  } else {  // something dropped, and again
    add_click(sound, dice, 0, in_range(dice, 400, 900), 60, full * 3);
    add_click(sound, dice, length_of(dice, 120, 220), in_range(dice, 400, 900), 40, full * 2);
  }
  return sound;
}

Sound typing(Random& dice, milliseconds length) {
  Sound sound;
  const auto end = static_cast<std::size_t>(length.count()) * samples_per_ms;
  for (std::size_t at = 0; at < end; at += length_of(dice, 70, 240)) {
    add_click(sound, dice, at, in_range(dice, 1500, 3000), 8, full);
    add_click(sound, dice, at + length_of(dice, 35, 60), in_range(dice, 900, 2000), 12, full / 2);
  }
  return sound;
}

Sound beep(Random& dice) {
  const auto length = length_of(dice, 150, 500);
  const float step = 2 * std::numbers::pi_v<float> * in_range(dice, 600, 2400) / rate;
  Sound sound(length);
  for (std::size_t i = 0; i < length; ++i) sound[i] = full * std::sin(step * static_cast<float>(i));
  return sound;
}

Sound hum(Random& dice, milliseconds length) {
  Sound sound(static_cast<std::size_t>(length.count()) * samples_per_ms);
  const float mains = dice.chance(0.5) ? 50.0F : 60.0F;
  for (int overtone = 1; overtone <= 9; overtone += 2) {
    const float step = 2 * std::numbers::pi_v<float> * mains * static_cast<float>(overtone) / rate;
    for (std::size_t i = 0; i < sound.size(); ++i) {
      sound[i] +=
          full / static_cast<float>(overtone) * std::sin(step * static_cast<float>(i % 8000));
    }
  }
  return sound;
}

Sound street(Random& dice, milliseconds length) {
  Sound sound(static_cast<std::size_t>(length.count()) * samples_per_ms);
  float low = 0;
  float swell = 1;
  float aim = 1;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    if (i % 4000 == 0) aim = in_range(dice, 0.8F, 1.25F);
    swell += (aim - swell) * 0.001F;
    low += (white(dice) - low) * 0.3F;
    sound[i] = full * swell * low;
  }
  return sound;
}

Sound line_noise(Random& dice, milliseconds length) {
  Sound sound(static_cast<std::size_t>(length.count()) * samples_per_ms);
  for (float& sample : sound) sample = 28.0F * white(dice);
  return sound;
}

}  // namespace tandem::corpus
