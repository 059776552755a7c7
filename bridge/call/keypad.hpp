// Keys that the caller presses, collected into one text for the agent: complete after '#', after a
// pause, or when there are many. Bounded against floods (T25).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "bridge/core/types.hpp"

namespace tandem::call {

class Keypad {
 public:
  /// False when keys come faster than anybody presses them: this one is not worth a record.
  bool press(char key, core::TimePoint now);
  /// "1 2 3" once the input is complete.
  std::optional<std::string> take(core::TimePoint now);
  /// When take() has something at the latest; empty while nothing was pressed.
  [[nodiscard]] std::optional<core::TimePoint> deadline() const noexcept;

 private:
  std::string keys_;
  core::TimePoint last_press_{};
  core::TimePoint window_began_{};
  int in_window_ = 0;
  bool is_complete_ = false;
};

}  // namespace tandem::call
