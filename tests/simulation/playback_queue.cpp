#include "tests/simulation/playback_queue.hpp"

#include <algorithm>

#include "codec/audio.hpp"

namespace tandem::simulation {

void PlaybackQueue::add_audio(std::span<const std::uint8_t> ulaw) {
  audio_.erase(audio_.begin(), audio_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
  audio_.insert(audio_.end(), ulaw.begin(), ulaw.end());
  added_ += static_cast<std::int64_t>(ulaw.size());
}

void PlaybackQueue::clear() {
  audio_.clear();
  head_ = 0;
  passed_ = added_;
}

std::span<const std::uint8_t> PlaybackQueue::play() {
  const auto count = std::min(bytes(), codec::frame_bytes);
  const auto played = std::span(audio_).subspan(head_, count);
  head_ += count;
  passed_ += static_cast<std::int64_t>(count);
  return played;
}

bool PlaybackQueue::take_due_mark(std::string& name) {
  if (marks_.empty() || marks_.front().position > passed_) return false;
  name = std::move(marks_.front().name);
  marks_.pop_front();
  return true;
}

}  // namespace tandem::simulation
