#include "bridge/call/plain_words.hpp"

#include <array>
#include <cstdint>

namespace tandem::call {

namespace {

struct Letter {
  char32_t code;
  std::size_t bytes;
};

/// The next character; a byte that is no UTF-8 is a gap.
Letter letter_at(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) {
    return i < text.size() && (byte(i) & 0xC0U) == 0x80U;
  };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first >= 0xC2 && first < 0xE0 && continues(1))
    return {(first & 0x1FU) << 6U | (byte(1) & 0x3FU), 2};
  if (first >= 0xE0 && first < 0xF0 && continues(1) && continues(2))
    return {(first & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU), 3};
  return {U' ', 1};
}

/// U+00C0 to U+00FF as people write them without accents; '*' is no letter.
constexpr std::string_view latin_1 =
    "aaaaaaaceeeeiiiidnooooo*ouuuuyts"
    "aaaaaaaceeeeiiiidnooooo*ouuuuyty";

bool is_apostrophe(char32_t code) noexcept {
  constexpr std::array<char32_t, 8> kinds = {U'\'',  U'`',   0xB4,   0x2019,
                                             0x2018, 0x02BC, 0x2032, 0xFF07};
  for (const char32_t kind : kinds) {
    if (kind == code) return true;
  }
  return false;
}

/// What a character becomes: text, or empty for one that is dropped.
void append(char32_t code, std::string& out) {
  const auto gap = [&out] {
    if (out.back() != ' ') out += ' ';
  };
  const bool is_accent = code >= 0x300 && code <= 0x36F;  // written after its letter
  if (is_apostrophe(code) || is_accent) return;
  if (code >= U'A' && code <= U'Z') code += U'a' - U'A';
  const bool is_plain = (code >= U'a' && code <= U'z') || (code >= U'0' && code <= U'9');
  if (is_plain) {
    out += static_cast<char>(code);
  } else if (code >= 0xC0 && code <= 0xFF && latin_1[code - 0xC0] != '*') {
    out += latin_1[code - 0xC0];
    if (code == 0xDF) out += 's';
  } else if (code == 0x153 || code == 0x152) {  // oe as one letter
    out += "oe";
  } else {
    gap();
    if (code == U';' || code == U':' || code == 0x2014) code = U',';
    if (code == 0x2026) code = U'.';
    if (code == U',' || code == U'.' || code == U'?' || code == U'!') {
      out += static_cast<char>(code);
      out += ' ';
    }
  }
}

}  // namespace

std::string plain_words(std::string_view text) {
  std::string out = " ";
  out.reserve(text.size() + 8);
  while (!text.empty()) {
    const Letter letter = letter_at(text);
    append(letter.code, out);
    text.remove_prefix(letter.bytes);
  }
  if (out.back() != ' ') out += ' ';
  return out;
}

}  // namespace tandem::call
