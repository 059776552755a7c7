#include "web/call_id.hpp"

#include <cctype>

#include "bridge/core/uuid_text.hpp"

namespace tandem::web {

std::optional<std::string> parse_call_id(std::string_view text) {
  if (!core::is_uuid(text)) return std::nullopt;
  std::string uuid(text);
  for (char& c : uuid) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return uuid;
}

}  // namespace tandem::web
