#include "playback.hpp"

#include <algorithm>

#include "sound.hpp"

namespace tandem::standins {

bool Playback::media(std::span<const std::uint8_t> audio) {
  received_ += audio.size();
  if (queued_ + audio.size() > queue_limit) return false;
  if (audio.empty()) return true;
  queue_.push_back({{audio.begin(), audio.end()}, {}});
  queued_ += audio.size();
  queued_max_ = std::max(queued_max_, queued_);
  return true;
}

std::vector<MarkEcho> Playback::mark(std::string name) {
  if (queue_.empty()) return {{std::move(name), MarkEcho::How::empty}};
  queue_.push_back({{}, std::move(name)});
  return {};
}

std::vector<MarkEcho> Playback::clear() {
  std::vector<MarkEcho> echoes;
  for (Item& item : queue_) {
    if (item.audio.empty()) echoes.push_back({std::move(item.mark), MarkEcho::How::flushed});
  }
  flushed_ += queued_;
  queue_.clear();
  queued_ = 0;
  head_offset_ = 0;
  return echoes;
}

void Playback::collect_marks(std::vector<MarkEcho>& echoes) {
  while (!queue_.empty() && queue_.front().audio.empty()) {
    echoes.push_back({std::move(queue_.front().mark), MarkEcho::How::played});
    queue_.pop_front();
  }
}

void Playback::note_played(std::uint64_t from, std::uint64_t count) {
  played_ += count;
  if (segments_.empty() || segments_.back().end != from) segments_.push_back({from, from});
  segments_.back().end = from + count;
}

std::vector<MarkEcho> Playback::tick(std::span<std::uint8_t, tick_bytes> heard) {
  std::vector<MarkEcho> echoes;
  std::size_t filled = 0;
  collect_marks(echoes);
  while (filled < heard.size() && !queue_.empty()) {
    const std::vector<std::uint8_t>& audio = queue_.front().audio;
    const std::size_t count = std::min(heard.size() - filled, audio.size() - head_offset_);
    std::copy_n(audio.begin() + static_cast<std::ptrdiff_t>(head_offset_), count,
                heard.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += count;
    head_offset_ += count;
    queued_ -= count;
    if (head_offset_ < audio.size()) break;
    queue_.pop_front();
    head_offset_ = 0;
    collect_marks(echoes);
  }
  if (filled > 0) note_played(clock_, filled);
  std::fill(heard.begin() + static_cast<std::ptrdiff_t>(filled), heard.end(), ulaw_silence);
  clock_ += heard.size();
  return echoes;
}

}  // namespace tandem::standins
