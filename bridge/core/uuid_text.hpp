// Is a text from outside a UUID: 36 characters, hexadecimal in either case, with dashes. As a uuid
// parameter another text would be an error of the database.
#pragma once

#include <string_view>

namespace tandem::core {

constexpr bool is_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_digit =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    const bool is_dash_place = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash_place ? c != '-' : !is_digit) return false;
  }
  return true;
}

}  // namespace tandem::core
