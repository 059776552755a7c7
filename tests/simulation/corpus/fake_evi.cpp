#include "tests/simulation/corpus/fake_evi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "codec/energy.hpp"
#include "codec/g711.hpp"
#include "tests/simulation/corpus/evi_wire.hpp"

namespace tandem::corpus {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t frame_ms = 20;
constexpr std::int64_t end_of_turn_ms = 800;
constexpr std::int64_t first_interim_ms = 500;
constexpr std::int64_t interim_every_ms = 400;
constexpr auto transcribing = 120ms;
constexpr auto thinking = 500ms;
constexpr auto piece = 200ms;
/// A voice shorter than this leaves no words.
constexpr std::int64_t words_min_ms = 120;
constexpr std::string_view echoed_words = "half past five in the afternoon on Wednesday we open";

std::string first_words(std::string_view all, float share) {
  const auto count = static_cast<std::size_t>(std::count(all.begin(), all.end(), ' ')) + 1;
  auto wanted = static_cast<std::size_t>(std::ceil(static_cast<float>(count) * share));
  std::size_t end = 0;
  for (wanted = std::max<std::size_t>(1, wanted); wanted > 0 && end < all.size(); --wanted) {
    end = std::min(all.find(' ', end + 1), all.size());
  }
  return std::string(all.substr(0, end));
}

}  // namespace

FakeEvi::FakeEvi(Timeline& timeline, Random dice, const PhoneLine& line, EviManner manner)
    : timeline_(timeline), line_(line), manner_(manner), down_(timeline, dice, manner.network) {}

template <class Action>
void FakeEvi::later(core::Duration delay, Action action) {
  timeline_.after(delay, [this, session = sessions_, then = std::move(action)]() mutable {
    if (is_open_ && session == sessions_) then();
  });
}

void FakeEvi::dial() {
  Dial how;
  if (!dials.empty()) {
    how = dials.front();
    dials.pop_front();
  }
  const int session = ++sessions_;
  is_open_ = false;
  if (freeze_ == Freeze::until_replaced) freeze_ = Freeze::none;
  timeline_.after(how.takes, [this, session, how] {
    if (session != sessions_) return;
    if (how.refusal >= 0) return on_refusal(how.refusal);
    ready(session);
  });
}

void FakeEvi::ready(int session) {
  is_open_ = true;
  heard_ms_ = 0;
  speech_began_ms_.reset();
  ++generation_;
  is_generating_ = false;
  on_open();
  later(60ms, [this, session] {
    say(chat_metadata(fmt::format("chat-{}", session), "group-1"));
    if (session == 1 || manner_.greets_again) later(150ms, [this] { speak(greeting); });
  });
}

void FakeEvi::say(std::string message) {
  down_.send([this, session = sessions_, text = std::move(message)]() mutable {
    if (is_open_ && session == sessions_) on_message(std::move(text));
  });
}

void FakeEvi::closed_by_bridge() {
  is_open_ = false;
  ++sessions_;
}

void FakeEvi::break_off(std::uint16_t code) {
  if (!std::exchange(is_open_, false)) return;
  on_close(code);
}

void FakeEvi::read(std::string_view message) {
  if (!is_open_) return;
  samples_.clear();
  if (read_audio_input(message, samples_)) return hear(samples_);
  const auto written = read_user_input(message);
  if (written.empty()) return;
  if (freeze_ == Freeze::until_nudged) freeze_ = Freeze::none;
  if (is_speechless()) return;
  say(user_message(written, false, true, 0, 0));
  is_generating_ = false;  // what is said to it in writing it takes as said: it stops and answers
  ++generation_;
  later(thinking, [this] { answer(); });
}

void FakeEvi::hear(std::span<const std::int16_t> samples) {
  std::vector<std::uint8_t> ulaw(samples.size());
  codec::ulaw_encode(samples, ulaw);
  heard_ms_ += frame_ms;
  const auto* truth = line_.truth_of(ulaw);
  if (truth == nullptr) return hear_quiet();
  const auto number = static_cast<std::size_t>(truth->number);
  if (frames_heard_.size() <= number) frames_heard_.resize(number + 1);
  frames_heard_[number] = true;
  if (truth->voice == Voice::none || codec::level_dbfs(samples) < loud_dbfs) return hear_quiet();
  hear_voice(*truth);
}

void FakeEvi::hear_voice(const FrameTruth& truth) {
  if (!speech_began_ms_) {
    speech_began_ms_ = heard_ms_ - frame_ms;
    written_ms_ = heard_ms_ + first_interim_ms - interim_every_ms;
    has_yielded_ = false;
  }
  latest_ = truth;
  last_voice_ms_ = heard_ms_;
  const bool is_long = heard_ms_ - *speech_began_ms_ >= manner_.min_interruption.count();
  if (is_long && !std::exchange(has_yielded_, has_yielded_ || is_long)) {
    later(manner_.processing, [this] { yield(); });
  }
  if (heard_ms_ - written_ms_ < interim_every_ms) return;
  written_ms_ = heard_ms_;
  write_down(true);
}

void FakeEvi::hear_quiet() {
  if (!speech_began_ms_ || heard_ms_ - last_voice_ms_ < end_of_turn_ms) return;
  if (last_voice_ms_ - *speech_began_ms_ >= words_min_ms) {
    write_down(false);
    const bool is_nodding = latest_.clip != nullptr && latest_.clip->kind == LineKind::backchannel;
    if (latest_.voice == Voice::caller && !is_nodding) later(thinking, [this] { answer(); });
  }
  speech_began_ms_.reset();
}

void FakeEvi::write_down(bool is_interim) {
  if (is_speechless()) return;
  const std::string_view all =
      latest_.clip == nullptr ? echoed_words : std::string_view(latest_.clip->words);
  const float share = latest_.clip == nullptr
                          ? static_cast<float>(last_voice_ms_ - *speech_began_ms_) / 4000.0F
                          : latest_.progress;
  auto text = user_message(first_words(all, std::min(share, 1.0F)), is_interim, false,
                           *speech_began_ms_, last_voice_ms_);
  later(transcribing, [this, message = std::move(text)]() mutable { say(std::move(message)); });
}

/// It decides now; whether it still generates is a question of now, too.
void FakeEvi::yield() {
  if (!is_generating_ || is_speechless()) return;
  interrupted_at_ = timeline_.now();
  is_generating_ = false;
  ++generation_;
  say(std::string(user_interruption));
}

void FakeEvi::answer() {
  if (is_generating_ || is_speechless() || answers.empty()) return;
  speak(answers.front());
  if (answers.size() > 1) answers.pop_front();
}

void FakeEvi::speak(const Turn& turn) {
  if (turn.empty()) return;
  turn_ = turn;
  clip_ = position_ = 0;
  is_generating_ = true;
  if (on_turn) on_turn();
  speak_piece(++generation_);
}

void FakeEvi::speak_piece(std::uint64_t generation) {
  if (generation != generation_ || is_speechless()) return;
  if (clip_ == turn_.size()) {
    is_generating_ = false;
    return say(std::string(assistant_end));
  }
  const auto& clip = *turn_[clip_];
  if (position_ == 0) {
    index_ = 0;
    ++utterances_;
    say(assistant_message(fmt::format("u{}", utterances_), clip.words));
  }
  const auto most = static_cast<std::size_t>(clip.rate_hz) * piece.count() / 1000;
  const auto count = std::min(most, clip.samples.size() - position_);
  say(audio_output(fmt::format("u{}", utterances_), index_++, clip.rate_hz,
                   std::span(clip.samples).subspan(position_, count)));
  position_ += count;
  if (position_ == clip.samples.size()) {
    ++clip_;
    position_ = 0;
  }
  const std::chrono::duration<double, std::milli> pause(static_cast<double>(count) * 1000 /
                                                        clip.rate_hz / manner_.speed);
  later(std::chrono::duration_cast<core::Duration>(pause),
        [this, generation] { speak_piece(generation); });
}

}  // namespace tandem::corpus
