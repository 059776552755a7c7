// Times as text: the part of web/parameters.hpp that has nothing to do with queries.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "web/parameters.hpp"

namespace tandem::web {

namespace {

/// Takes exactly `digits` digits from the front.
bool take_number(std::string_view& text, std::size_t digits, int& value) noexcept {
  if (text.size() < digits) return false;
  const auto part = text.substr(0, digits);
  if (!std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return false;
  std::from_chars(part.data(), part.data() + part.size(), value);
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) noexcept {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<core::WallTime> take_day(std::string_view& text) {
  int year = 0;
  int month = 0;
  int day = 0;
  const bool has_form = take_number(text, 4, year) && take(text, '-') &&
                        take_number(text, 2, month) && take(text, '-') && take_number(text, 2, day);
  if (!has_form || year < 1970) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return core::WallTime(std::chrono::sys_days(date));
}

std::optional<std::chrono::microseconds> take_time_of_day(std::string_view& text) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  const bool has_form = take_number(text, 2, hour) && take(text, ':') &&
                        take_number(text, 2, minute) && take(text, ':') &&
                        take_number(text, 2, second);
  if (!has_form || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  std::chrono::microseconds time =
      std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  if (!take(text, '.')) return time;
  int digit = 0;
  int unit_us = 100'000;
  if (text.empty() || !(text[0] >= '0' && text[0] <= '9')) return std::nullopt;
  for (; take_number(text, 1, digit); unit_us /= 10)
    time += std::chrono::microseconds(digit * unit_us);
  return time;
}

std::optional<std::chrono::minutes> take_zone(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return std::chrono::minutes(0);
  const bool west = take(text, '-');
  if (!west && !take(text, '+') && !take(text, ' ')) return std::nullopt;
  int hour = 0;
  int minute = 0;
  const bool has_form =
      take_number(text, 2, hour) && take(text, ':') && take_number(text, 2, minute);
  if (!has_form || hour > 23 || minute > 59) return std::nullopt;
  const auto offset = std::chrono::hours(hour) + std::chrono::minutes(minute);
  return west ? -offset : offset;
}

}  // namespace

std::optional<core::WallTime> parse_day(std::string_view text) {
  const auto day = take_day(text);
  return text.empty() ? day : std::nullopt;
}

std::optional<core::WallTime> parse_rfc3339(std::string_view text) {
  const auto day = take_day(text);
  if (!day || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
  const auto time = take_time_of_day(text);
  if (!time) return std::nullopt;
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return *day + *time - *zone;
}

}  // namespace tandem::web
