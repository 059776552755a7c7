#include "bridge/core/day.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::core {

namespace {

constexpr std::size_t characters = 10;

/// Of digits alone.
int number_at(std::string_view text, std::size_t begin, std::size_t count) noexcept {
  int number = 0;
  for (const char digit : text.substr(begin, count)) number = number * 10 + (digit - '0');
  return number;
}

bool has_form(std::string_view text) noexcept {
  if (text.size() != characters || text[4] != '-' || text[7] != '-') return false;
  return std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) == 8;
}

}  // namespace

std::optional<std::chrono::sys_days> parse_day(std::string_view text) noexcept {
  if (!has_form(text)) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(number_at(text, 0, 4)),
      std::chrono::month(static_cast<unsigned>(number_at(text, 5, 2))),
      std::chrono::day(static_cast<unsigned>(number_at(text, 8, 2)))};
  if (!date.ok() || date.year() < std::chrono::year(1970)) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::string to_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace tandem::core
