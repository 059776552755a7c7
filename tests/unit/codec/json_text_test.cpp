#include "codec/json_text.hpp"

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/unit/catch.hpp"

using namespace tandem::codec;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string utf8_of(std::uint32_t point) {
  const auto tail = [point](int shift) {
    return static_cast<char>(0x80 | (point >> shift & 0x3F));
  };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0 | point >> 6), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xE0 | point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
}

}  // namespace

TEST_CASE("plain text is quoted and appended") {
  std::string out = "{\"text\":";
  append_json_string(out, "Good morning, how can I help?");
  CHECK(out == "{\"text\":\"Good morning, how can I help?\"");
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("\x7F/") == "\"\x7F/\"");
}

TEST_CASE("quotes, backslashes and every control character are escaped") {
  CHECK(quoted("say \"yes\"") == "\"say \\\"yes\\\"\"");
  CHECK(quoted("C:\\dir") == "\"C:\\\\dir\"");
  const std::array<std::string, 32> escapes = {
      "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007",
      "\\b",     "\\t",     "\\n",     "\\u000b", "\\f",     "\\r",     "\\u000e", "\\u000f",
      "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017",
      "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f"};
  for (std::size_t byte = 0; byte < escapes.size(); ++byte) {
    CHECK(quoted(std::string(1, static_cast<char>(byte))) == "\"" + escapes[byte] + "\"");
  }
}

TEST_CASE("every Unicode character passes unchanged, every surrogate is refused") {
  std::size_t wrong = 0;
  for (std::uint32_t point = 0x80; point <= 0x10FFFF; ++point) {
    const std::string text = utf8_of(point);
    const bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
    wrong += is_valid_utf8(text) == is_surrogate;
    wrong += (quoted(text) == "\"" + text + "\"") == is_surrogate;
  }
  CHECK(wrong == 0);
}

TEST_CASE("E17: each maximal ill-formed part becomes one replacement character") {
  const std::string r = "\xEF\xBF\xBD";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"\x80", r},
      {"\xBF\xBF", r + r},
      {"\xC0\x80", r + r},                  // overlong NUL
      {"\xC1\xBF", r + r},                  // overlong DEL
      {"\xC3", r},                          // cut off
      {"\xC3(", r + "("},                   // second byte missing
      {"\xE2\x82", r},                      // cut off: one part
      {"\xE2\x82x", r + "x"},               //
      {"\xE0\x80\x80", r + r + r},          // overlong
      {"\xED\xA0\x80", r + r + r},          // surrogate
      {"\xF0\x80\x80\x80", r + r + r + r},  // overlong
      {"\xF0\x9F\x98", r},                  // emoji cut off
      {"\xF0\x9F\x98\xF0\x9F\x98\x80", r + "\xF0\x9F\x98\x80"},
      {"\xF4\x90\x80\x80", r + r + r + r},  // above U+10FFFF
      {"\xF5\x80\x80\x80", r + r + r + r},
      {"\xFE\xFF", r + r},
      {"a\xFF\"b", "a" + r + "\\\"b"},
      {"\xF1\x80\x80\xE1\x80\xC2"
       "b",
       r + r + r + "b"},  // the example of Unicode 15, table 3-8
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text.size(), expected);
    CHECK_FALSE(is_valid_utf8(text));
    CHECK(quoted(text) == "\"" + expected + "\"");
  }
}

TEST_CASE("whatever three bytes come in, the output is valid UTF-8 and keeps what was valid") {
  constexpr std::array<int, 20> bytes = {0x00, 0x22, 0x41, 0x5C, 0x7F, 0x80, 0x8F,
                                         0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0,
                                         0xE1, 0xED, 0xEF, 0xF0, 0xF4, 0xF5};
  for (const int first : bytes) {
    for (const int second : bytes) {
      for (const int third : bytes) {
        const std::string text{static_cast<char>(first), static_cast<char>(second),
                               static_cast<char>(third)};
        const std::string out = quoted(text);
        REQUIRE(is_valid_utf8(out));
        REQUIRE((out.find("\xEF\xBF\xBD") == std::string::npos) == is_valid_utf8(text));
      }
    }
  }
}

TEST_CASE("a bad byte is found wherever it lies in a long text") {
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      REQUIRE(is_valid_utf8(text));
      text[at] = '\xFF';
      REQUIRE_FALSE(is_valid_utf8(text));
    }
  }
}
