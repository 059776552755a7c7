#include "bridge/call/uplink.hpp"

#include <algorithm>

#include "bridge/core/limits.hpp"

namespace tandem::call {

namespace {

using std::chrono::milliseconds;

using codec::frame_duration;
constexpr std::int64_t frame_ms = frame_duration.count();
constexpr std::int64_t samples_per_ms = codec::phone_rate_hz / 1000;
/// A gap of up to two frames is ordinary jitter of the media clock (its steps are not exact
/// multiples of 20 ms).
constexpr std::int64_t jitter_ms = 2 * frame_ms;
/// Beyond this the clock itself is wrong (T15), not the audio.
constexpr std::int64_t clock_leap_ms = 10'000;
/// A sequence number this far back is a restarted counter, not a duplicate.
constexpr std::int64_t sequence_restart = 1'000;

}  // namespace

bool Uplink::is_duplicate(std::int64_t sequence) noexcept {
  if (sequence <= 0) return false;
  const bool seen = sequence <= last_sequence_ && sequence > last_sequence_ - sequence_restart;
  if (!seen) last_sequence_ = sequence;
  return seen;
}

std::int64_t Uplink::frames_missing(const CarrierMedia& media) {
  const auto length_ms = static_cast<std::int64_t>(media.ulaw.size()) / samples_per_ms;
  const std::int64_t jump = expected_ms_ ? media.timestamp_ms - *expected_ms_ : 0;
  expected_ms_ = media.timestamp_ms + length_ms;
  if (jump < -jitter_ms || jump > clock_leap_ms) {
    ++counts_.clock_jumps;
    return 0;
  }
  if (jump <= jitter_ms) return 0;
  const std::int64_t owed =
      std::min(jump, milliseconds(limits::invented_silence_max).count()) / frame_ms;
  return std::max<std::int64_t>(0, owed - invented_since_media_);
}

void Uplink::push(const CarrierMedia& media, core::TimePoint now, bool is_speech) {
  is_speech_ = is_speech;
  if (is_duplicate(media.sequence)) {
    const auto frames = static_cast<std::int64_t>(media.ulaw.size() / codec::frame_bytes);
    ++counts_.duplicates;
    counts_.frames_in += frames;
    counts_.frames_dropped += frames;
    return;
  }
  if (media.ulaw.empty()) return;
  append_silence(frames_missing(media), now);
  append(media.ulaw, now);
  invented_since_media_ = 0;
  if (silence_due_) silence_due_ = now + limits::silence_after;
}

void Uplink::push_muted(const CarrierMedia& media, core::TimePoint now) {
  const bool is_known = is_duplicate(media.sequence);
  const auto frames = static_cast<std::int64_t>(media.ulaw.size() / codec::frame_bytes);
  if (is_known) ++counts_.duplicates;
  counts_.frames_in += frames;
  counts_.frames_dropped += frames;
  if (is_known || media.ulaw.empty()) return;
  append_silence(frames_missing(media) + frames, now);
  invented_since_media_ = 0;
  if (silence_due_) silence_due_ = now + limits::silence_after;
}

void Uplink::begin_stream() noexcept {
  expected_ms_.reset();
  last_sequence_ = 0;
  partial_bytes_ = 0;
}

void Uplink::drop_silence(std::chrono::milliseconds margin) {
  const auto reach = static_cast<std::size_t>(margin / frame_duration);
  std::vector<Frame> kept;
  kept.reserve(size_);
  const auto at = [this](std::size_t i) -> const Frame& {
    return ring_[(head_ + i) % ring_.size()];
  };
  std::size_t keep_until = 0;  // one past the last frame that the speech before keeps
  std::size_t next_speech = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    next_speech = std::max(next_speech, i);
    while (next_speech < size_ && next_speech <= i + reach && !at(next_speech).is_speech)
      ++next_speech;
    if (at(i).is_speech) keep_until = i + reach + 1;
    const bool speech_comes = next_speech < size_ && next_speech <= i + reach;
    if (speech_comes || i < keep_until || i + reach >= size_) {
      kept.push_back(at(i));
    } else if (!at(i).is_invented) {
      ++counts_.frames_dropped;
    }
  }
  size_ = kept.size();
  head_ = 0;
  std::copy(kept.begin(), kept.end(), ring_.begin());
}

void Uplink::conceal(core::TimePoint now) {
  append_silence(1, now);
  if (expected_ms_) *expected_ms_ += frame_ms;
  if (silence_due_) silence_due_ = now + limits::silence_after;
}

void Uplink::start_clock(core::TimePoint now) {
  if (!silence_due_) silence_due_ = now + limits::silence_after;
}

void Uplink::advance(core::TimePoint now) {
  if (!silence_due_ || *silence_due_ > now) return;
  // So late that this thread itself stalled: the caller's frames are probably waiting in the
  // socket, unread. Look at them first; should there be none, the next tick finds the clock on
  // time.
  if (now - *silence_due_ > frame_duration) {
    silence_due_ = now + frame_duration;
    return;
  }
  // The first time, the frames between the last real one and now are owed as well.
  const std::int64_t frames =
      invented_since_media_ == 0 ? limits::silence_after / frame_duration - 1 : 1;
  append_silence(frames, now);
  invented_since_media_ += frames;
  *silence_due_ += frame_duration;
}

void Uplink::limit_backlog(milliseconds backlog) {
  frames_max_ = std::max<std::size_t>(1, static_cast<std::size_t>(backlog / frame_duration));
  while (size_ > frames_max_) drop_oldest();
}

const Uplink::Frame* Uplink::pull() {
  if (size_ == 0) return nullptr;
  const Frame* frame = &ring_[head_];
  head_ = (head_ + 1) % ring_.size();
  --size_;
  ++(frame->is_invented ? counts_.silence_sent : counts_.frames_sent);
  return frame;
}

void Uplink::drop_all() noexcept {
  while (size_ > 0) drop_oldest();
  partial_bytes_ = 0;
}

void Uplink::append(std::span<const std::uint8_t> ulaw, core::TimePoint now) {
  while (!ulaw.empty()) {
    const auto take = std::min(ulaw.size(), codec::frame_bytes - partial_bytes_);
    std::copy_n(ulaw.begin(), take,
                partial_.ulaw.begin() + static_cast<std::ptrdiff_t>(partial_bytes_));
    partial_bytes_ += take;
    ulaw = ulaw.subspan(take);
    if (partial_bytes_ < codec::frame_bytes) return;
    partial_bytes_ = 0;
    partial_.arrived = now;
    partial_.is_speech = is_speech_;
    ++counts_.frames_in;
    append_frame(partial_);
  }
}

void Uplink::append_silence(std::int64_t frames, core::TimePoint now) {
  Frame silence;
  silence.ulaw.fill(codec::ulaw_silence);
  silence.arrived = now;
  silence.is_invented = true;
  for (std::int64_t i = 0; i < frames; ++i) append_frame(silence);
}

void Uplink::append_frame(const Frame& frame) {
  if (size_ >= frames_max_) drop_oldest();
  if (size_ == ring_.size()) {
    std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(head_), ring_.end());
    head_ = 0;
    ring_.resize(std::max<std::size_t>(2, ring_.size() * 2));
  }
  ring_[(head_ + size_) % ring_.size()] = frame;
  ++size_;
}

void Uplink::drop_oldest() noexcept {
  // Invented silence was never the caller's: losing it is not a loss.
  if (!ring_[head_].is_invented) ++counts_.frames_dropped;
  head_ = (head_ + 1) % ring_.size();
  --size_;
}

}  // namespace tandem::call
