#include "hume/json_repair.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tandem::hume {

namespace {

bool is_word(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '+' || c == '.';
}

bool is_unusable_number(std::string_view word) noexcept {
  double value = 0;
  // Understands "nan" and "infinity" in any case, as the serialisers meant them.
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (stop != word.data() + word.size()) return false;
  if (error == std::errc::result_out_of_range || !std::isfinite(value)) return true;
  const bool is_integer = word.find_first_of(".eE") == std::string_view::npos;
  return is_integer && word.size() > 18;
}

/// The code unit of the escape `\uXXXX` at the head of `text`, or -1.
int escaped_unit(std::string_view text) noexcept {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  const auto [stop, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return error == std::errc{} && stop == text.data() + 6 && unit >= 0 ? unit : -1;
}

/// Length of the escape at the head of `text`; `is_half` when it is a surrogate without its
/// partner.
std::size_t escape_length(std::string_view text, bool& is_half) noexcept {
  const int unit = escaped_unit(text);
  is_half = false;
  if (unit < 0) return std::min<std::size_t>(2, text.size());
  if (unit < 0xD800 || unit > 0xDFFF) return 6;
  const int next = escaped_unit(text.substr(6));
  if (unit < 0xDC00 && next >= 0xDC00 && next <= 0xDFFF) return 12;
  is_half = true;
  return 6;
}

/// Copies the string whose opening quote is the head of `text`; answers its length.
std::size_t copy_string(std::string_view text, std::string& out, bool& mended) {
  std::size_t at = 1;
  out += '"';
  while (at < text.size() && text[at] != '"') {
    if (text[at] != '\\') {
      out += text[at++];
      continue;
    }
    bool is_half = false;
    const std::size_t length = escape_length(text.substr(at), is_half);
    out += is_half ? std::string_view("\\ufffd") : text.substr(at, length);
    mended = mended || is_half;
    at += length;
  }
  if (at < text.size()) out += text[at++];
  return at;
}

}  // namespace

bool repair_json(std::string_view text, std::string& out) {
  bool mended = false;
  out.clear();
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      at += copy_string(text.substr(at), out, mended);
    } else if (is_word(text[at])) {
      std::size_t end = at;
      while (end < text.size() && is_word(text[end])) ++end;
      const std::string_view word = text.substr(at, end - at);
      const bool unusable = is_unusable_number(word);
      out += unusable ? std::string_view("null") : word;
      mended = mended || unusable;
      at = end;
    } else {
      out += text[at++];
    }
  }
  return mended;
}

}  // namespace tandem::hume
