#include "bridge/twilio/json_error.hpp"

namespace tandem::twilio {

namespace {

constexpr int depth_max = 64;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Every function moves at_ to the first byte that it does not accept and says whether it was
/// satisfied.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  std::size_t walk() {
    if (value(0)) skip_space();
    return at_;
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool accept(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  bool value(int depth) {
    skip_space();
    switch (peek()) {
      case '{':
        return depth < depth_max && members(depth);
      case '[':
        return depth < depth_max && elements(depth);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool members(int depth) {
    accept('{');
    skip_space();
    if (accept('}')) return true;
    do {
      skip_space();
      if (!string()) return false;
      skip_space();
      if (!accept(':') || !value(depth + 1)) return false;
      skip_space();
    } while (accept(','));
    return accept('}');
  }

  bool elements(int depth) {
    accept('[');
    skip_space();
    if (accept(']')) return true;
    do {
      if (!value(depth + 1)) return false;
      skip_space();
    } while (accept(','));
    return accept(']');
  }

  bool string() {
    if (!accept('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') return accept('"');
      if (static_cast<unsigned char>(c) < 0x20) return false;
      ++at_;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }

  bool escape() {
    if (accept('u')) {
      for (int i = 0; i < 4; ++i, ++at_) {
        if (!is_hex(peek())) return false;
      }
      return true;
    }
    if (at_ >= text_.size() ||
        std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos)
      return false;
    ++at_;
    return true;
  }

  bool word(std::string_view expected) {
    for (const char c : expected) {
      if (!accept(c)) return false;
    }
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    accept('-');
    if (!accept('0') && !digits()) return false;
    if (accept('.') && !digits()) return false;
    if (!accept('e') && !accept('E')) return true;
    if (!accept('+')) accept('-');
    return digits();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::size_t json_error_offset(std::string_view text) noexcept { return Walker(text).walk(); }

}  // namespace tandem::twilio
