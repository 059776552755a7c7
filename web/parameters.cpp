#include "web/parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "bridge/core/http.hpp"
#include "codec/json_text.hpp"

namespace tandem::web {

namespace {

std::string_view trim(std::string_view text) noexcept {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool is_printable(std::string_view text) noexcept {
  return codec::is_valid_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

}  // namespace

Parameters::Parameters(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> decoded;
  if (!core::parse_form(query, decoded)) fail("", "bad_escape", "%XX needs two hexadecimal digits");
  for (auto& [name, value] : decoded) pairs_.push_back({std::move(name), std::move(value)});
}

void Parameters::fail(std::string_view name, std::string_view code, std::string_view words) {
  errors_.push_back({std::string(name), std::string(code), std::string(words)});
}

const std::string* Parameters::take(std::string_view name) {
  const std::string* found = nullptr;
  for (Pair& pair : pairs_) {
    if (pair.name != name) continue;
    if (found) fail(name, "given_twice", "once at most");
    pair.is_used = true;
    found = &pair.value;
  }
  return found && !found->empty() ? found : nullptr;
}

std::optional<std::string> Parameters::text(std::string_view name, std::size_t bytes_max) {
  const std::string* value = take(name);
  if (!value) return std::nullopt;
  if (value->size() > bytes_max) {
    fail(name, "too_long", fmt::format("at most {} bytes", bytes_max));
  } else if (!is_printable(*value)) {
    fail(name, "not_text", "UTF-8 without control characters");
  } else if (const auto trimmed = trim(*value); !trimmed.empty()) {
    return std::string(trimmed);
  }
  return std::nullopt;
}

std::optional<std::string> Parameters::one_of(std::string_view name,
                                              std::initializer_list<std::string_view> words) {
  const std::string* value = take(name);
  if (!value) return std::nullopt;
  if (std::find(words.begin(), words.end(), *value) != words.end()) return *value;
  fail(name, "unknown_word", fmt::format("one of {}", fmt::join(words, ", ")));
  return std::nullopt;
}

std::optional<std::int64_t> Parameters::number(std::string_view name, std::int64_t min,
                                               std::int64_t max) {
  const std::string* value = take(name);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const char* end = value->data() + value->size();
  const auto parsed = std::from_chars(value->data(), end, number);
  if (parsed.ptr != end || parsed.ec == std::errc::invalid_argument) {
    fail(name, "not_a_number", "a whole number");
  } else if (parsed.ec != std::errc{} || number < min || number > max) {
    fail(name, "out_of_range", fmt::format("from {} to {}", min, max));
  } else {
    return number;
  }
  return std::nullopt;
}

std::optional<core::WallTime> Parameters::instant(std::string_view name, bool end_of_day) {
  const std::string* value = take(name);
  if (!value) return std::nullopt;
  if (const auto instant = parse_rfc3339(*value)) return instant;
  if (const auto day = parse_day(*value)) return end_of_day ? *day + std::chrono::days(1) : *day;
  fail(name, "not_a_time", "a time such as 2026-11-22T12:00:00Z or a day such as 2026-11-22");
  return std::nullopt;
}

std::optional<std::string> Parameters::phone_number(std::string_view name) {
  constexpr std::size_t digits_max = 15;
  const auto value = text(name, 32);
  if (!value) return std::nullopt;
  std::string number = value->starts_with('+') ? "+" : "";
  const bool has_other_signs =
      value->find_first_not_of("0123456789 .()-/", number.size()) != std::string::npos;
  std::copy_if(value->begin(), value->end(), std::back_inserter(number),
               [](char c) { return c >= '0' && c <= '9'; });
  const std::size_t digits = number.size() - (number.starts_with('+') ? 1 : 0);
  if (!has_other_signs && digits >= 1 && digits <= digits_max) return number;
  fail(name, "not_a_phone_number",
       "some or all digits of a phone number, with or without a leading +");
  return std::nullopt;
}

const std::vector<ParameterError>& Parameters::finish() {
  for (const Pair& pair : pairs_) {
    if (!pair.is_used) fail(pair.name, "unknown_parameter", "not a parameter of this address");
  }
  return errors_;
}

}  // namespace tandem::web
