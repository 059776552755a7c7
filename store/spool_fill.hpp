// How full a spool is, and what must be said about it: 80 % is for people, from 95 % on new calls
// are refused (docs/record.md). Pure; thread-safe to read.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "store/notice.hpp"

namespace tandem::store {

enum class FillLevel : std::uint8_t { normal, filling, nearly_full };

class SpoolFill {
 public:
  static constexpr int filling_percent = 80;
  static constexpr int nearly_full_percent = 95;
  /// A level is left only so far below where it was entered.
  static constexpr int hysteresis_percent = 5;

  /// `used` bytes of segments; `free` bytes of the disk, so that a small one counts in the place
  /// of bytes_max. Answers what changed.
  std::optional<Notice> update(std::uint64_t used, std::uint64_t bytes_max, std::uint64_t free);

  [[nodiscard]] FillLevel level() const noexcept { return level_; }
  /// 0 to 100 and, beyond bytes_max, more.
  [[nodiscard]] int percent() const noexcept { return percent_; }

 private:
  [[nodiscard]] FillLevel next_level(int percent) const noexcept;

  std::atomic<FillLevel> level_{FillLevel::normal};
  std::atomic<int> percent_{0};
};

}  // namespace tandem::store
