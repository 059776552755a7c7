#include "bridge/core/types.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::core {

Secret::~Secret() {
  // volatile, so that the compiler cannot drop stores to memory that is about to be freed
  volatile char* byte = text_.data();
  for (std::size_t i = 0; i < text_.size(); ++i) byte[i] = 0;
}

std::string PhoneNumber::masked() const {
  if (text_.size() < 8) return std::string(text_.size(), '*');
  return text_.substr(0, 4) + std::string(text_.size() - 6, '*') + text_.substr(text_.size() - 2);
}

bool PhoneNumber::is_e164() const noexcept {
  if (text_.size() < 3 || text_.size() > 16 || text_[0] != '+' || text_[1] == '0') return false;
  return std::all_of(text_.begin() + 1, text_.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view to_string(Direction direction) noexcept {
  return direction == Direction::inbound ? "inbound" : "outbound";
}

std::string_view to_string(Speaker speaker) noexcept {
  return speaker == Speaker::user ? "user" : "assistant";
}

bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(left[i]) ^
                                        static_cast<unsigned char>(right[i]));
  }
  return difference == 0;
}

std::string to_rfc3339(WallTime wall) {
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{wall - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

}  // namespace tandem::core
