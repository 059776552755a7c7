// Text that a request brings for people or for the agent.
#pragma once

#include <cstddef>
#include <string_view>

namespace tandem::web {

/// Valid UTF-8 of at most so many characters (code points), without control characters but line
/// breaks and tabs.
bool is_plain_text(std::string_view text, std::size_t characters_max);

}  // namespace tandem::web
