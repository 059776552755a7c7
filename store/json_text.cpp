#include "store/json_text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace tandem::store {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

bool continues(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
}

/// Length of the valid UTF-8 sequence at `at`, 0 when there is none. RFC 3629: no overlong forms,
/// no surrogates, nothing above U+10FFFF.
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80U) return 1;
  if (first < 0xc2U || first > 0xf4U || !continues(text, at + 1)) return 0;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if (first < 0xe0U) return 2;
  if (!continues(text, at + 2)) return 0;
  if (first < 0xf0U) {
    const bool overlong = first == 0xe0U && second < 0xa0U;
    const bool surrogate = first == 0xedU && second > 0x9fU;
    return overlong || surrogate ? 0 : 3;
  }
  const bool outside = (first == 0xf0U && second < 0x90U) || (first == 0xf4U && second > 0x8fU);
  return outside || !continues(text, at + 3) ? 0 : 4;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20U) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
  } else {
    out += c;
  }
}

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

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    if (length == 1) {
      append_escaped(out, text[at]);
    } else {
      out += length == 0 ? replacement : text.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  out += '"';
}

SanitisedText sanitise_text(std::string_view text) {
  SanitisedText result;
  result.text.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text[at] == '\0' ? 0 : sequence_length(text, at);
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
  append_json_string(text_, name);
  text_ += ':';
}

JsonObject& JsonObject::field(std::string_view name, std::string_view text) {
  start(name);
  append_json_string(text_, text);
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
