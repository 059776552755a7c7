#include "codec/energy.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "codec/audio.hpp"
#include "codec/g711.hpp"

namespace tandem::codec {
namespace {

constexpr double full_scale_sine_power = 32768.0 * 32768.0 / 2.0;
// The floor falls to a quieter frame by this share of the distance, per frame: three frames for
// most of it.
constexpr float floor_fall_share = 0.3F;

float to_dbfs(std::uint64_t sum_of_squares, std::size_t count) noexcept {
  if (sum_of_squares == 0) return silence_dbfs;
  const double power = static_cast<double>(sum_of_squares) / static_cast<double>(count);
  return std::max(silence_dbfs,
                  static_cast<float>(10.0 * std::log10(power / full_scale_sine_power)));
}

std::uint64_t squared(std::int16_t sample) noexcept {
  return static_cast<std::uint64_t>(std::int32_t{sample} * sample);
}

}  // namespace

float level_dbfs(std::span<const std::int16_t> samples) noexcept {
  std::uint64_t sum = 0;
  for (const std::int16_t sample : samples) sum += squared(sample);
  return to_dbfs(sum, samples.size());
}

float ulaw_level_dbfs(std::span<const std::uint8_t> ulaw) noexcept {
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : ulaw) sum += squared(ulaw_decode(byte));
  return to_dbfs(sum, ulaw.size());
}

SpeechDetector::SpeechDetector(const SpeechParameters& parameters) noexcept
    : parameters_(parameters), floor_dbfs_(parameters.floor_start_dbfs) {}

std::optional<SpeechChange> SpeechDetector::push_ulaw(std::span<const std::uint8_t> ulaw,
                                                      std::chrono::microseconds position) noexcept {
  if (ulaw.empty()) return std::nullopt;
  return push_level(ulaw_level_dbfs(ulaw), position, duration_of(ulaw.size()));
}

std::optional<SpeechChange> SpeechDetector::push(std::span<const std::int16_t> samples,
                                                 std::chrono::microseconds position) noexcept {
  if (samples.empty()) return std::nullopt;
  return push_level(level_dbfs(samples), position, duration_of(samples.size()));
}

std::optional<SpeechChange> SpeechDetector::push_level(
    float dbfs, std::chrono::microseconds position, std::chrono::microseconds duration) noexcept {
  level_dbfs_ = dbfs;
  const bool is_loud =
      dbfs >= parameters_.quietest_speech_dbfs && dbfs >= floor_dbfs_ + parameters_.above_floor_db;
  adapt_floor(duration);
  if (speaking_) {
    quiet_ = is_loud ? std::chrono::microseconds{0} : quiet_ + duration;
    if (is_loud) edge_ = position + duration;
    if (quiet_ < parameters_.hangover) return std::nullopt;
    speaking_ = false;
    loud_ = std::chrono::microseconds{0};
    return SpeechChange{SpeechChange::Kind::ended, edge_};
  }
  // Speech flickers at its onset ("s", "t"): a quiet frame takes back what one and a half loud ones
  // gave, not all. Keys and knocks, quiet for longer than loud, never add up.
  if (is_loud && loud_.count() == 0) edge_ = position;
  loud_ =
      is_loud ? loud_ + duration : std::max(loud_ - duration * 3 / 2, std::chrono::microseconds{0});
  if (!is_loud || loud_ < parameters_.attack) return std::nullopt;
  speaking_ = true;
  quiet_ = std::chrono::microseconds{0};
  const SpeechChange change{SpeechChange::Kind::started, edge_};
  edge_ = position + duration;
  return change;
}

// Follows the quietest of the recent past: down at once, up slowly. The pauses between words pull
// it down again while somebody speaks; steady noise does not have any.
void SpeechDetector::adapt_floor(std::chrono::microseconds duration) noexcept {
  if (level_dbfs_ < floor_dbfs_) {
    floor_dbfs_ += (level_dbfs_ - floor_dbfs_) * floor_fall_share;
  } else {
    const float rate =
        speaking_ ? parameters_.floor_rise_in_speech_db_per_s : parameters_.floor_rise_db_per_s;
    const float seconds = std::chrono::duration<float>(duration).count();
    floor_dbfs_ = std::min(level_dbfs_, floor_dbfs_ + rate * seconds);
  }
  floor_dbfs_ = std::max(floor_dbfs_, parameters_.floor_min_dbfs);
}

}  // namespace tandem::codec
