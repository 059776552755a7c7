// What must hold of text on its way into JSON and of JSON on its way in, with simdjson and a plain
// UTF-8 check as the judges.
#pragma once

#include <simdjson.h>

#include <string>

#include "bridge/twilio/json_error.hpp"
#include "codec/json_text.hpp"
#include "hume/json_repair.hpp"
#include "store/json_text.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

/// RFC 3629 by arithmetic: decode, then ask whether the shortest form of a scalar was used.
inline bool is_plain_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xC0 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                                           : 4;
    if (size == 0 || lead >= 0xF8 || at + size > text.size()) return false;
    std::uint32_t scalar = size == 1 ? lead : lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      if (byte < 0x80 || byte >= 0xC0) return false;
      scalar = scalar << 6 | (byte & 0x3FU);
    }
    static constexpr std::array<std::uint32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    if (scalar < least[size] || scalar > 0x10FFFF || (scalar >= 0xD800 && scalar < 0xE000))
      return false;
    at += size;
  }
  return true;
}

inline bool is_json(std::string_view text) {
  simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

/// The text as a JSON string, read back; what is not UTF-8 was replaced.
inline std::string through_json(std::string_view text) {
  std::string json;
  codec::append_json_string(json, text);
  must(is_plain_utf8(json), "a JSON string is UTF-8");
  simdjson::dom::parser parser;
  std::string_view back;
  must(parser.parse(json).get(back) == simdjson::SUCCESS, "a JSON string is JSON");
  return std::string(back);
}

/// An error offset that contradicts the parser: an error in a document, or none in a broken one.
/// Documents nested deeper than the walker goes are left out.
inline bool error_offset_agrees(std::string_view text) {
  const auto offset = twilio::json_error_offset(text);
  if (offset > text.size()) return false;
  std::size_t depth = 0;
  for (const char c : text) depth += c == '[' || c == '{' ? 1 : 0;
  return depth >= 64 || offset == text.size() || !is_json(text);
}

/// Mending keeps what is JSON already JSON, and leaves nothing to mend.
inline bool repair_settles(std::string_view text) {
  std::string once;
  std::string twice;
  const bool was_mended = hume::repair_json(text, once);
  if (!was_mended && once != text) return false;
  if (is_json(text) && !is_json(once)) return false;
  return !hume::repair_json(once, twice) && twice == once;
}

/// What PostgreSQL gets is UTF-8 without NUL, and needs no second pass.
inline bool sanitising_settles(std::string_view text) {
  const auto plain = store::sanitise_text(text);
  const auto json = store::sanitise_json(text);
  return is_plain_utf8(plain.text) && plain.text.find('\0') == std::string::npos &&
         plain.changed == (plain.text != text) && !store::sanitise_text(plain.text).changed &&
         is_plain_utf8(json.text) && !store::sanitise_json(json.text).changed &&
         (!is_json(text) || is_json(json.text));
}

}  // namespace tandem::fuzz
