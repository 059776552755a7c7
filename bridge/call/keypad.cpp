#include "bridge/call/keypad.hpp"

namespace tandem::call {

namespace {

using namespace std::chrono_literals;

constexpr auto pause_ends_input = 1500ms;
constexpr std::size_t keys_max = 24;
/// A hand manages some eight a second.
constexpr auto window = 10s;
constexpr int presses_per_window_max = 60;

}  // namespace

bool Keypad::press(char key, core::TimePoint now) {
  if (now - window_began_ >= window) {
    window_began_ = now;
    in_window_ = 0;
  }
  if (++in_window_ > presses_per_window_max) return false;
  last_press_ = now;
  if (key == '#') {
    is_complete_ = !keys_.empty();
    return true;
  }
  if (!keys_.empty()) keys_ += ' ';
  keys_ += key;
  if (keys_.size() >= 2 * keys_max - 1) is_complete_ = true;
  return true;
}

std::optional<core::TimePoint> Keypad::deadline() const noexcept {
  if (keys_.empty()) return std::nullopt;
  return is_complete_ ? last_press_ : last_press_ + pause_ends_input;
}

std::optional<std::string> Keypad::take(core::TimePoint now) {
  const auto due = deadline();
  if (!due || now < *due) return std::nullopt;
  is_complete_ = false;
  std::string keys = std::move(keys_);
  keys_.clear();
  return keys;
}

}  // namespace tandem::call
