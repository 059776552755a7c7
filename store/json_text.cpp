#include "store/json_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "codec/json_text.hpp"

namespace tandem::store {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

/// The code unit of an escape \uXXXX at `at`, or -1 when there is none.
int escaped_unit(std::string_view json, std::size_t at) noexcept {
  if (at + 6 > json.size() || json[at] != '\\' || json[at + 1] != 'u') return -1;
  int unit = 0;
  for (const char c : json.substr(at + 2, 4)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool is_high_surrogate(int unit) noexcept { return unit >= 0xd800 && unit <= 0xdbff; }
bool is_low_surrogate(int unit) noexcept { return unit >= 0xdc00 && unit <= 0xdfff; }

/// Length of the escape at `at` (which holds a backslash) if jsonb takes it, 0 if it must be
/// replaced.
std::size_t acceptable_escape(std::string_view json, std::size_t at) noexcept {
  const int unit = escaped_unit(json, at);
  if (unit < 0) return 2;
  if (unit == 0 || is_low_surrogate(unit)) return 0;
  if (!is_high_surrogate(unit)) return 6;
  return is_low_surrogate(escaped_unit(json, at + 6)) ? 12 : 0;
}

}  // namespace

SanitisedText sanitise_text(std::string_view text) {
  SanitisedText result;
  result.text.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text[at] == '\0' ? 0 : codec::utf8_sequence_length(text.substr(at));
    result.text += length == 0 ? replacement : text.substr(at, length);
    result.changed = result.changed || length == 0;
    at += length == 0 ? 1 : length;
  }
  return result;
}

SanitisedText sanitise_json(std::string_view json) {
  SanitisedText valid = sanitise_text(json);
  SanitisedText result{.text = {}, .changed = valid.changed};
  result.text.reserve(valid.text.size());
  const std::string_view text = valid.text;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      result.text += text[at++];
      continue;
    }
    const std::size_t length = acceptable_escape(text, at);
    result.text += length == 0 ? std::string_view{"\\ufffd"} : text.substr(at, length);
    result.changed = result.changed || length == 0;
    at += length == 0 ? 6 : length;
  }
  return result;
}

void JsonObject::start(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  codec::append_json_string(text_, name);
  text_ += ':';
}

JsonObject& JsonObject::field(std::string_view name, std::string_view text) {
  start(name);
  codec::append_json_string(text_, text);
  return *this;
}

JsonObject& JsonObject::field(std::string_view name, std::int64_t number) {
  start(name);
  fmt::format_to(std::back_inserter(text_), "{}", number);
  return *this;
}

JsonObject& JsonObject::field(std::string_view name, double number) {
  start(name);
  // JSON has no word for NaN and infinity; a measurement that is neither is worth more than a lost
  // record.
  fmt::format_to(std::back_inserter(text_), "{}", std::isfinite(number) ? number : 0.0);
  return *this;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  start(name);
  text_ += json;
  return *this;
}

}  // namespace tandem::store
