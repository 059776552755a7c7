#include "bridge/call/barge_in.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "bridge/core/limits.hpp"

namespace tandem::call {

namespace {

using namespace std::chrono_literals;

/// Holds that came to nothing, in a row: then the line is noisy and holding does more harm than
/// good for a while.
constexpr int rejections_max = 3;
constexpr auto rest_after_rejections = 10s;
/// Between two holds, so that a stutter of noise does not make the agent stutter.
constexpr auto rest_after_one = 400ms;

constexpr std::array<std::string_view, 25> backchannels = {
    "ah",  "aha",  "good",  "got",   "great", "hm",  "hmm", "huh",  "i",
    "it",  "mhm",  "mmhmm", "mm",    "mmhm",  "oh",  "ok",  "okay", "right",
    "see", "sure", "uh",    "uhhuh", "yeah",  "yep", "yes"};

}  // namespace

bool BargeIn::caller_started(core::TimePoint began, core::TimePoint now, bool may_hold) noexcept {
  speech_began_ = began;
  last_loud_.reset();
  if (!may_hold || held_at_ || now < no_hold_before_) return false;
  held_at_ = now;
  return true;
}

void BargeIn::caller_stopped(core::TimePoint last_loud) noexcept {
  speech_began_.reset();
  if (held_at_) last_loud_ = last_loud;
}

core::Duration BargeIn::confirm(core::TimePoint now) noexcept {
  const auto stopped = held_at_.value_or(now);
  const auto began = speech_began_.value_or(stopped);
  rejections_ = 0;
  held_at_.reset();
  last_loud_.reset();
  return std::max(core::Duration::zero(), stopped - began);
}

std::optional<core::TimePoint> BargeIn::deadline() const noexcept {
  if (!held_at_) return std::nullopt;
  const auto latest = *held_at_ + patience_.hold_max;
  return last_loud_ ? std::min(latest, *last_loud_ + patience_.quiet_release) : latest;
}

bool BargeIn::advance(core::TimePoint now) noexcept {
  const auto due = deadline();
  if (!due || now < *due) return false;
  held_at_.reset();
  last_loud_.reset();
  const bool is_noisy = ++rejections_ >= rejections_max;
  if (is_noisy) rejections_ = 0;
  no_hold_before_ = now + (is_noisy ? core::Duration(rest_after_rejections) : rest_after_one);
  return true;
}

void BargeIn::cancel() noexcept {
  held_at_.reset();
  last_loud_.reset();
  speech_began_.reset();
}

bool is_backchannel(std::string_view text) noexcept {
  std::array<char, 8> word{};
  std::size_t length = 0;
  bool has_words = false;
  const auto is_known = [&] {
    return std::find(backchannels.begin(), backchannels.end(),
                     std::string_view(word.data(), length)) != backchannels.end();
  };
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const auto c = i < text.size() ? static_cast<unsigned char>(text[i]) : ' ';
    if (std::isalnum(c) != 0 || c >= 0x80) {
      if (length == word.size()) return false;  // no backchannel is that long
      word[length++] = static_cast<char>(std::tolower(c));
    } else if (c == ' ' && length > 0) {
      if (!is_known()) return false;
      has_words = true;
      length = 0;
    }  // "uh-huh", "mm-hmm": punctuation inside a word joins it
  }
  return has_words;
}

bool has_two_words(std::string_view text) noexcept {
  const auto gap = text.find(' ');
  return gap != std::string_view::npos && gap + 1 < text.size();
}

}  // namespace tandem::call
