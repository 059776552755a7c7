#include "web/call_id.hpp"

#include <cctype>

namespace tandem::web {

std::optional<std::string> parse_call_id(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string uuid;
  for (const char c : text) {
    const std::size_t at = uuid.size();
    const bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
    const auto byte = static_cast<unsigned char>(c);
    if (is_dash ? c != '-' : std::isxdigit(byte) == 0) return std::nullopt;
    uuid += static_cast<char>(std::tolower(byte));
  }
  return uuid;
}

}  // namespace tandem::web
