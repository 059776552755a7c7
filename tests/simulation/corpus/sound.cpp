#include "tests/simulation/corpus/sound.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "codec/g711.hpp"

namespace tandem::corpus {

namespace {

constexpr float silence_dbfs = -100.0F;
constexpr std::size_t frame = 20 * samples_per_ms;
constexpr std::size_t block = 5 * samples_per_ms;
constexpr float pause_below_loudest_db = 20.0F;

std::vector<float> frame_levels(const Sound& sound) {
  std::vector<float> levels;
  for (std::size_t at = 0; at + frame <= sound.size(); at += frame) {
    levels.push_back(level_of(std::span(sound).subspan(at, frame)));
  }
  return levels;
}

}  // namespace

std::vector<std::uint8_t> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Sound read_ulaw(const std::string& path) {
  Sound sound;
  for (const auto byte : read_bytes(path)) sound.push_back(codec::ulaw_decode(byte));
  return sound;
}

float level_of(std::span<const float> samples) noexcept {
  double sum = 0;
  for (const float sample : samples)
    sum += static_cast<double>(sample) * static_cast<double>(sample);
  if (sum <= 0) return silence_dbfs;
  constexpr double full_scale = 32768.0 * 32768.0 / 2;
  const double power = sum / static_cast<double>(samples.size());
  return std::max(silence_dbfs, static_cast<float>(10 * std::log10(power / full_scale)));
}

float active_level(const Sound& sound) noexcept {
  const auto levels = frame_levels(sound);
  if (levels.empty()) return level_of(sound);
  const float least = *std::max_element(levels.begin(), levels.end()) - pause_below_loudest_db;
  Sound active;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] < least) continue;
    const auto begin = sound.begin() + static_cast<std::ptrdiff_t>(i * frame);
    active.insert(active.end(), begin, begin + frame);
  }
  return level_of(active);
}

Sound with_active_level(Sound sound, float dbfs) {
  const float gain = std::pow(10.0F, (dbfs - active_level(sound)) / 20.0F);
  for (float& sample : sound) sample *= gain;
  return sound;
}

void mix(Sound& into, const Sound& sound, std::size_t at) {
  if (into.size() < at + sound.size()) into.resize(at + sound.size());
  for (std::size_t i = 0; i < sound.size(); ++i) into[at + i] += sound[i];
}

Loud loud_part(const Sound& sound) noexcept {
  Loud found;
  for (std::size_t at = 0; at < sound.size(); at += block) {
    const auto length = std::min(block, sound.size() - at);
    if (level_of(std::span(sound).subspan(at, length)) < loud_dbfs) continue;
    if (found.last == 0) found.first = at;
    found.last = at + length;
  }
  return found;
}

}  // namespace tandem::corpus
