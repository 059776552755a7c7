// The id of a call, as clients write it: in addresses, bodies and messages of the admin socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::web {

/// A UUID, in lower case; nothing when it is none.
std::optional<std::string> parse_call_id(std::string_view text);

}  // namespace tandem::web
