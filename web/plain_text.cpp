#include "web/plain_text.hpp"

#include <algorithm>

#include "codec/json_text.hpp"

namespace tandem::web {

bool is_plain_text(std::string_view text, std::size_t characters_max) {
  const auto begins_character = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  };
  const auto is_control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
  };
  const auto characters = std::count_if(text.begin(), text.end(), begins_character);
  return codec::is_valid_utf8(text) && static_cast<std::size_t>(characters) <= characters_max &&
         std::none_of(text.begin(), text.end(), is_control);
}

}  // namespace tandem::web
