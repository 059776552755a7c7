#include "bridge/call/echo.hpp"

#include <algorithm>
#include <cmath>

#include "codec/audio.hpp"
#include "codec/energy.hpp"

namespace tandem::call {

namespace {

using namespace std::chrono_literals;

/// Round trip over the telephone network, there and back, with room to spare.
constexpr auto echo_delay_max = 600ms;
/// Our clock may run ahead of the carrier's playback by this much.
constexpr auto clock_slack = 60ms;
/// Two false alarms whose distances differ by less have the same cause.
constexpr float same_distance_db = 4.0F;
constexpr float margin_db = 3.0F;
/// Below this our own voice says nothing about the line.
constexpr float quietest_reference_dbfs = -35.0F;
/// 5 dB per second of the agent's voice.
constexpr float trust_db_per_frame = 0.1F;
/// What is overheard and nearer than this is more likely a person than an echo.
constexpr float least_overheard_db = 12.0F;

}  // namespace

float EchoReference::sent(std::span<const std::uint8_t> ulaw, core::TimePoint plays_at) noexcept {
  float loudest = codec::silence_dbfs;
  for (; !ulaw.empty(); plays_at += codec::frame_duration) {
    const auto frame = ulaw.first(std::min(ulaw.size(), codec::frame_bytes));
    const float level = codec::ulaw_level_dbfs(frame);
    ring_[next_++ % ring_.size()] = {plays_at, level};
    loudest = std::max(loudest, level);
    ulaw = ulaw.subspan(frame.size());
  }
  return loudest;
}

void EchoReference::flushed(core::TimePoint now) noexcept {
  for (auto& played : ring_) {
    if (played.at >= now) played.level = codec::silence_dbfs;
  }
}

float EchoReference::loudest_around(core::TimePoint at) const noexcept {
  float loudest = codec::silence_dbfs;
  for (const auto& played : ring_) {
    const bool can_return = played.at <= at + clock_slack && played.at + echo_delay_max >= at;
    if (can_return) loudest = std::max(loudest, played.level);
  }
  return loudest;
}

float EchoReference::ceiling(core::TimePoint at) const noexcept {
  const float loudest = loudest_around(at);
  return loudest <= codec::silence_dbfs ? loudest : loudest - return_loss_db_;
}

void EchoReference::overheard(float level_dbfs, core::TimePoint at) noexcept {
  const float loudest = loudest_around(at);
  if (loudest < quietest_reference_dbfs) return;
  const float seen = loudest - level_dbfs - margin_db;
  const float risen = std::min(return_loss_db_ + trust_db_per_frame, return_loss_max_db);
  return_loss_db_ = std::max(std::min(seen, risen), std::min(return_loss_db_, least_overheard_db));
}

void EchoReference::false_alarm(float level_dbfs, core::TimePoint at) noexcept {
  const float loudest = loudest_around(at);
  if (loudest <= codec::silence_dbfs) return;
  const float distance = loudest - level_dbfs;
  if (suspected_loss_db_ && std::abs(*suspected_loss_db_ - distance) < same_distance_db) {
    const float least = std::min(*suspected_loss_db_, distance) - margin_db;
    return_loss_db_ = std::clamp(least, 0.0F, return_loss_db_);
  }
  suspected_loss_db_ = distance;
}

void EchoReference::real_speech() noexcept {
  return_loss_db_ = std::max(return_loss_db_, default_return_loss_db);
  suspected_loss_db_.reset();
}

}  // namespace tandem::call
