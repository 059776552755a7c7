#include "bridge/call/levels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "codec/energy.hpp"

namespace tandem::call {

namespace {

constexpr std::int8_t silence = -99;
constexpr std::int8_t loudest_dbfs = 3;  // a full-scale square wave

std::int64_t step_at(core::MediaOffset at) noexcept {
  const auto step = at / limits::level_step;
  return at < core::MediaOffset(0) ? step - 1 : step;
}

}  // namespace

LevelTimeline::LevelTimeline() noexcept {
  for (auto& ring : rings_) ring.fill(silence);
}

std::size_t LevelTimeline::slot(std::int64_t step) noexcept {
  return static_cast<std::size_t>((step + ring_steps) % ring_steps);
}

void LevelTimeline::add(Track track, core::MediaOffset at, float dbfs) noexcept {
  const auto step = step_at(at);
  if (step < next_ || step >= next_ + ring_steps - second_steps) return;
  const float bounded =
      std::clamp(dbfs, static_cast<float>(silence), static_cast<float>(loudest_dbfs));
  auto& level = rings_[static_cast<std::size_t>(track)][slot(step)];
  level = std::max(level, static_cast<std::int8_t>(std::lround(bounded)));
}

void LevelTimeline::cut_agent(core::MediaOffset at) noexcept {
  auto& ring = rings_[static_cast<std::size_t>(Track::agent)];
  const auto end = next_ + ring_steps - second_steps;
  for (auto step = std::max(next_, step_at(at) + 1); step < end; ++step) ring[slot(step)] = silence;
}

std::optional<std::string> LevelTimeline::take_window(core::MediaOffset now) {
  if (step_at(now) < next_ + window_steps) return std::nullopt;
  return take(window_steps);
}

std::optional<std::string> LevelTimeline::take_rest(core::MediaOffset now) {
  const auto begun = now.count() % limits::level_step.count() > 0 ? 1 : 0;
  const auto left = std::min(step_at(now) + begun - next_, window_steps);
  if (left <= 0) return std::nullopt;
  return take(left);
}

std::string LevelTimeline::take(std::int64_t steps) {
  std::string json = fmt::format(R"({{"from_ms":{},"step_ms":{})",
                                 (next_ * limits::level_step).count(), limits::level_step.count());
  for (const auto track : {Track::caller, Track::agent}) {
    json += track == Track::caller ? R"(,"caller":[)" : R"(,"agent":[)";
    for (std::int64_t i = 0; i < steps; ++i) {
      if (i > 0) json += ',';
      json += std::to_string(int{ring(track)[slot(next_ + i)]});
    }
    json += ']';
  }
  // The last second stays readable; what lies before it makes room.
  for (auto& ring : rings_) {
    for (auto step = next_ - second_steps; step < next_ + steps - second_steps; ++step)
      ring[slot(step)] = silence;
  }
  next_ += steps;
  return json + "}";
}

float LevelTimeline::last_second(Track track, core::MediaOffset now) const noexcept {
  const auto end = step_at(now);
  std::int8_t loudest = silence;
  for (auto step = std::max<std::int64_t>(0, end - second_steps + 1); step <= end; ++step) {
    if (step < next_ + ring_steps - second_steps && step >= next_ - second_steps)
      loudest = std::max(loudest, ring(track)[slot(step)]);
  }
  return loudest == silence ? codec::silence_dbfs : static_cast<float>(loudest);
}

}  // namespace tandem::call
