#include "bridge/call/playout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "bridge/core/limits.hpp"
#include "codec/audio.hpp"
#include "codec/g711.hpp"

namespace tandem::call {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t frame = codec::frame_bytes;
/// Below this lead a remainder shorter than a frame goes out padded, or the caller hears a hole.
constexpr milliseconds remainder_lead = 2 * codec::frame_duration;
/// A provider that sends nothing for this long has finished its utterance, whatever it forgot to
/// say.
constexpr milliseconds silence_ends_utterance{300};
/// The shard's wheel ticks every 5 ms; a message may leave one tick before it is due, so that it is
/// never late.
constexpr milliseconds early{5};
constexpr std::size_t fenced_max = 32;
constexpr std::size_t marks_max = 64;
/// An empty queue gives back what is larger.
constexpr std::size_t queue_bytes_kept = 16 * 1024;
/// Audio that was heard goes when there is half a second of it and it is more than what waits: an
/// agent that talks on never empties its queue, and moving the rest stays cheap.
constexpr std::size_t heard_bytes_kept = 4 * 1024;
/// A mark that is this late never comes: the clock goes on without it (T29).
constexpr std::chrono::seconds mark_timeout{30};
/// Echoes later than this say nothing about the line: the carrier or the network stalled.
constexpr milliseconds carrier_delay_max{1000};
/// Fewer echoes than that prove no line that is slower than usual.
constexpr std::size_t echoes_trusted = 3;
constexpr milliseconds usual_delay_max{120};

constexpr std::int64_t bytes_in(core::Duration duration) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count() *
         codec::phone_rate_hz / 1'000'000;
}

constexpr core::Duration time_of(std::int64_t bytes) noexcept {
  return std::chrono::microseconds(bytes * 1'000'000 / codec::phone_rate_hz);
}

constexpr std::int32_t ms_of(std::int64_t bytes) noexcept {
  return static_cast<std::int32_t>(bytes * 1000 / codec::phone_rate_hz);
}

constexpr std::int64_t whole_frames(std::int64_t bytes) noexcept { return bytes / frame * frame; }

}  // namespace

core::Duration Playout::lead(core::TimePoint now) const noexcept {
  return std::max(core::Duration::zero(), plays_until_ - now);
}

/// The lead below which that many bytes may be sent: a whole message as soon as it fits, less only
/// when it must.
core::Duration Playout::low_lead(std::int64_t bytes) const noexcept {
  return bytes >= bytes_in(settings_.message) ? settings_.lead - settings_.message
                                              : settings_.lead / 2;
}

bool Playout::is_fenced(std::string_view utterance) const noexcept {
  return std::find(fenced_.begin(), fenced_.end(), utterance) != fenced_.end();
}

bool Playout::push(const VoiceAudio& audio, core::TimePoint now) {
  if (is_fenced(audio.utterance)) {
    counts_.late_samples += static_cast<std::int64_t>(audio.samples.size()) * codec::phone_rate_hz /
                            std::max(1, audio.sample_rate_hz);
    return false;
  }
  if (!has_resampler_for(audio.sample_rate_hz, now)) return false;
  const bool continues = !utterances_.empty() && utterances_.back().id == audio.utterance;
  if (!continues) {
    close_utterance(now);
    begin_utterance(audio.utterance);
  }
  utterances_.back().is_open = true;
  resampled_.clear();
  resampler_->push(audio.samples, resampled_);
  append(resampled_, now);
  last_push_ = now;
  return true;
}

bool Playout::has_resampler_for(int rate_hz, core::TimePoint now) {
  if (resampler_ && resampler_->input_rate_hz() == rate_hz) return true;
  auto fresh = codec::Resampler::create(rate_hz, codec::phone_rate_hz);
  if (!fresh) return false;
  // E18: the rate may change inside an utterance; what the old filter holds still belongs to it.
  const bool is_inside = !utterances_.empty() && utterances_.back().is_open;
  if (is_inside) {
    resampled_.clear();
    resampler_->flush(resampled_);
    append(resampled_, now);
  }
  resampler_ = std::move(fresh);
  return true;
}

void Playout::fence(std::string_view utterance) {
  if (is_fenced(utterance)) return;
  if (fenced_.size() == fenced_max) fenced_.erase(fenced_.begin());
  fenced_.emplace_back(utterance);
}

void Playout::begin_utterance(std::string_view id) {
  utterances_.push_back({std::string(id), produced_, produced_, 0, true});
}

void Playout::close_utterance(core::TimePoint now) {
  if (utterances_.empty() || !utterances_.back().is_open) return;
  resampled_.clear();
  if (resampler_) resampler_->flush(resampled_);
  append(resampled_, now);
  utterances_.back().is_open = false;
}

void Playout::end_turn(core::TimePoint now) { close_utterance(now); }

void Playout::append(std::span<const std::int16_t> samples, core::TimePoint now) {
  if (samples.empty()) return;
  const auto count = static_cast<std::int64_t>(samples.size());
  counts_.samples_received += count;
  if (ms_of(waiting() + count) > milliseconds(limits::playout_queue_max).count()) {
    counts_.samples_cut += count;
    return;
  }
  if (waiting() == 0) last_push_ = now;
  compact(now);
  const auto old_size = queue_.size();
  queue_.resize(old_size + samples.size());
  codec::ulaw_encode(samples, std::span(queue_).subspan(old_size));
  produced_ += count;
  utterances_.back().end = produced_;
}

/// Forgets what the caller has heard. What is only sent stays: a hold may take it back.
void Playout::compact(core::TimePoint now) {
  const auto heard_until = std::max(queue_start_, heard_position(now));
  const auto consumed = static_cast<std::size_t>(heard_until - queue_start_);
  if (consumed == queue_.size()) {
    if (queue_.capacity() > queue_bytes_kept) std::vector<std::uint8_t>().swap(queue_);
    queue_.clear();
  } else if (consumed > heard_bytes_kept && 2 * consumed > queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(consumed));
  } else {
    return;
  }
  queue_start_ = heard_until;
  while (!paddings_.empty() && paddings_.front().end <= queue_start_) paddings_.pop_front();
}

void Playout::push_own(std::string_view utterance, std::span<const std::uint8_t> ulaw,
                       core::TimePoint now) {
  close_utterance(now);
  begin_utterance(utterance);
  const auto count = static_cast<std::int64_t>(ulaw.size());
  counts_.samples_received += count;
  if (waiting() == 0) last_push_ = now;
  compact(now);
  queue_.insert(queue_.end(), ulaw.begin(), ulaw.end());
  produced_ += count;
  utterances_.back().end = produced_;
  utterances_.back().is_open = false;
}

bool Playout::hold(core::TimePoint now) {
  if (is_held_) return true;
  const auto begin = std::max(queue_start_, heard_position(now) / frame * frame);
  if (produced_ - begin <= 0) return false;
  counts_.samples_sent -= sent_ - begin - padding_in(begin, sent_);
  sent_ = marked_ = begin;
  marks_.clear();
  ++generation_;
  plays_until_ = now - carrier_delay_;
  is_held_ = true;
  return true;
}

void Playout::release(core::TimePoint now) noexcept {
  if (!std::exchange(is_held_, false)) return;
  plays_until_ = now;
  last_push_ = std::max(last_push_, now);
}

void Playout::forget_lost_marks(core::TimePoint now) {
  while (!marks_.empty() && now - marks_.front().expected > mark_timeout) {
    marks_.pop_front();
    ++counts_.marks_lost;
  }
}

std::int64_t Playout::sendable(core::TimePoint now) const noexcept {
  if (!is_open_) return 0;
  const auto room = whole_frames(bytes_in(settings_.lead - lead(now)));
  const auto most = std::min({whole_frames(waiting()), room, bytes_in(settings_.message_max)});
  return lead(now) <= low_lead(most) ? std::max<std::int64_t>(0, most) : 0;
}

void Playout::pad_to_frame() {
  const auto padding = frame - waiting() % frame;
  queue_.insert(queue_.end(), static_cast<std::size_t>(padding), codec::ulaw_silence);
  produced_ += padding;
  paddings_.push_back({produced_ - padding, produced_});
  if (!utterances_.empty() && utterances_.back().is_open) {
    utterances_.back().end = produced_;
    utterances_.back().padding += padding;
  }
}

std::optional<Playout::Piece> Playout::pull(core::TimePoint now) {
  if (is_held_) return std::nullopt;
  if (auto mark = take_mark(now)) return Piece{std::move(*mark)};
  if (!is_open_) return std::nullopt;
  const bool has_remainder = waiting() > 0 && waiting() < frame;
  const bool utterance_over = utterances_.empty() || !utterances_.back().is_open;
  if (has_remainder &&
      (lead(now) < remainder_lead || (utterance_over && lead(now) < settings_.lead / 2))) {
    pad_to_frame();
  }
  const auto bytes = sendable(now);
  if (bytes == 0) return std::nullopt;
  return Piece{take(bytes, now)};
}

Playout::Media Playout::take(std::int64_t bytes, core::TimePoint now) {
  const bool inside =
      !utterances_.empty() && sent_ > utterances_.front().begin && sent_ < utterances_.front().end;
  if (inside && plays_until_ < now) ++counts_.underruns;
  const auto planned = plays_until_ - low_lead(bytes) + early;
  Media media;
  media.ulaw = std::span(queue_).subspan(static_cast<std::size_t>(sent_ - queue_start_),
                                         static_cast<std::size_t>(bytes));
  media.due = std::min(now, std::max({last_push_, opened_, planned}));
  media.plays_at = std::max(plays_until_, now);
  plays_until_ = media.plays_at + time_of(bytes);
  sent_ += bytes;
  counts_.samples_sent += bytes - padding_in(sent_ - bytes, sent_);
  return media;
}

/// Of these positions, how many are silence of ours.
std::int64_t Playout::padding_in(std::int64_t begin, std::int64_t end) const noexcept {
  std::int64_t bytes = 0;
  for (const auto& padding : paddings_)
    bytes += std::max<std::int64_t>(0, std::min(end, padding.end) - std::max(begin, padding.begin));
  return bytes;
}

std::optional<Playout::Mark> Playout::take_mark(core::TimePoint now) {
  const bool all_sent = waiting() == 0 && (utterances_.empty() || !utterances_.back().is_open);
  const bool due = sent_ - marked_ >= bytes_in(settings_.mark_every);
  if (sent_ == marked_ || !(due || all_sent)) return std::nullopt;
  marked_ = sent_;
  if (marks_.size() == marks_max) marks_.pop_front();
  marks_.push_back({sent_, std::max(plays_until_, now)});
  return Mark{fmt::format("g{}:{}", generation_, sent_)};
}

std::optional<core::TimePoint> Playout::deadline() const noexcept {
  if (!is_open_ || is_held_) return std::nullopt;
  const bool is_utterance_open = !utterances_.empty() && utterances_.back().is_open;
  if (waiting() >= frame) return plays_until_ - low_lead(waiting());
  if (waiting() > 0 && !is_utterance_open)
    return plays_until_ - settings_.lead / 2 + milliseconds(1);
  if (waiting() > 0) return plays_until_ - remainder_lead + milliseconds(1);
  if (is_utterance_open) return std::max(last_push_ + silence_ends_utterance, plays_until_);
  if (!utterances_.empty()) return plays_until_ + carrier_delay_;
  return std::nullopt;
}

void Playout::advance(core::TimePoint now, std::vector<Heard>& heard) {
  forget_lost_marks(now);
  if (is_held_) return;
  if (!utterances_.empty() && utterances_.back().is_open &&
      now - last_push_ >= silence_ends_utterance && lead(now) == core::Duration::zero()) {
    close_utterance(now);
  }
  const auto position = heard_position(now);
  while (!utterances_.empty() && !utterances_.front().is_open &&
         utterances_.front().end <= position) {
    const auto& done = utterances_.front();
    const auto length = ms_of(done.end - done.begin - done.padding);
    heard.push_back({done.id, length, length, false});
    utterances_.pop_front();
  }
}

std::optional<core::Duration> Playout::mark_echoed(std::string_view name, core::TimePoint now) {
  std::int64_t generation = -1;
  std::int64_t position = -1;
  const auto colon = name.find(':');
  if (name.starts_with('g') && colon != std::string_view::npos) {
    std::from_chars(name.data() + 1, name.data() + colon, generation);
    std::from_chars(name.data() + colon + 1, name.data() + name.size(), position);
  }
  const auto known = std::find_if(marks_.begin(), marks_.end(),
                                  [&](const PendingMark& m) { return m.position == position; });
  if (generation != generation_ || known == marks_.end()) {
    ++counts_.marks_unknown;
    return std::nullopt;
  }
  const auto late = now - known->expected;
  learn_delay(late);
  marks_.erase(marks_.begin(), known + 1);
  return late;
}

/// The quickest of the last echoes tells the line's delay; what is slower met a queue on its way,
/// and says nothing about when the caller heard it.
void Playout::learn_delay(core::Duration late) noexcept {
  if (late < core::Duration::zero() || late > carrier_delay_max) return;
  echo_delays_[echoes_++ % echo_delays_.size()] = late;
  const auto known = std::min(echoes_, echo_delays_.size());
  const auto end = echo_delays_.begin() + static_cast<std::ptrdiff_t>(known);
  carrier_delay_ = *std::min_element(echo_delays_.begin(), end);
  if (known < echoes_trusted)
    carrier_delay_ = std::min(carrier_delay_, core::Duration(usual_delay_max));
}

void Playout::clear(core::TimePoint now, std::vector<Heard>& heard) {
  const auto position = heard_position(now);
  for (const auto& utterance : utterances_) {
    const auto length = utterance.end - utterance.begin - utterance.padding;
    const auto until = std::clamp<std::int64_t>(position - utterance.begin, 0, length);
    heard.push_back({utterance.id, ms_of(length), ms_of(until), until < length});
    fence(utterance.id);
  }
  utterances_.clear();
  if (resampler_) resampler_->reset();
  counts_.samples_cut += waiting() - padding_in(sent_, produced_);
  paddings_.clear();
  produced_ = sent_ = marked_ = queue_start_ = 0;
  queue_.clear();
  marks_.clear();
  ++generation_;
  plays_until_ = now;
  is_held_ = false;
}

std::int64_t Playout::heard_position(core::TimePoint now) const noexcept {
  if (is_held_) return sent_;
  const auto unheard = std::max(core::Duration::zero(), plays_until_ + carrier_delay_ - now);
  return std::max<std::int64_t>(0, sent_ - bytes_in(unheard));
}

milliseconds Playout::unplayed(core::TimePoint now) const noexcept {
  return std::chrono::duration_cast<milliseconds>(time_of(waiting()) + lead(now));
}

bool Playout::is_idle(core::TimePoint now) const noexcept {
  return waiting() == 0 && !is_held_ && now >= plays_until_ + carrier_delay_;
}

}  // namespace tandem::call
