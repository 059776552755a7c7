#include "codec/json_text.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tandem::codec {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct Sequence {
  std::size_t size;  ///< bytes to take: the whole sequence, or its ill-formed part (at least 1)
  bool valid;
};

std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept {
  return static_cast<std::uint8_t>(text[at]);
}

struct Lead {
  std::size_t size;  ///< of the sequence it begins; 0: cannot begin one
  std::uint8_t
      low;  ///< bounds of the second byte: they exclude overlong forms, surrogates and > U+10FFFF
  std::uint8_t high;
};

// Unicode 15, table 3-7.
Lead lead_of(std::uint8_t byte) noexcept {
  if (byte < 0x80) return {1, 0x80, 0xBF};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

Sequence sequence_at(std::string_view text, std::size_t at) noexcept {
  Lead lead = lead_of(byte_at(text, at));
  if (lead.size == 0) return {1, false};
  for (std::size_t i = 1; i < lead.size; ++i) {
    if (at + i == text.size()) return {i, false};
    const std::uint8_t byte = byte_at(text, at + i);
    if (byte < lead.low || byte > lead.high) return {i, false};
    lead.low = 0x80;
    lead.high = 0xBF;
  }
  return {lead.size, true};
}

// A voice message is 25 KB of base64 with a little text: eight characters at a time.
std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept {
  constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;
  std::uint64_t eight = 0;
  for (; text.size() - at >= sizeof eight; at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if ((eight & high_bits) != 0) break;
  }
  return at;
}

bool is_plain(std::uint8_t byte) noexcept {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

void append_escape(std::string& out, std::uint8_t byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
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
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15U];
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view utf8) {
  out += '"';
  for (std::size_t at = 0; at < utf8.size();) {
    std::size_t end = at;
    while (end < utf8.size() && is_plain(byte_at(utf8, end))) ++end;
    out.append(utf8, at, end - at);
    at = end;
    if (at == utf8.size()) break;
    if (byte_at(utf8, at) < 0x80) {
      append_escape(out, byte_at(utf8, at++));
      continue;
    }
    const Sequence sequence = sequence_at(utf8, at);
    out.append(sequence.valid ? utf8.substr(at, sequence.size) : replacement);
    at += sequence.size;
  }
  out += '"';
}

bool is_valid_utf8(std::string_view text) noexcept {
  for (std::size_t at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
    const Sequence sequence = sequence_at(text, at);
    if (!sequence.valid) return false;
    at += sequence.size;
  }
  return true;
}

std::size_t utf8_sequence_length(std::string_view text) noexcept {
  const Sequence sequence = sequence_at(text, 0);
  return sequence.valid ? sequence.size : 0;
}

}  // namespace tandem::codec
