// Where a text stops being JSON. simdjson says that it is not JSON, quickly, but not where; this
// walks the text a byte at a time and is meant for the failure path only.
#pragma once

#include <cstddef>
#include <string_view>

namespace tandem::twilio {

/// Byte offset of the first byte that no JSON document (RFC 8259) could have there; text.size()
/// when the text only ends too early, or is a whole document. Does not check that strings are
/// UTF-8. Nesting beyond 64 counts as an error.
std::size_t json_error_offset(std::string_view text) noexcept;

}  // namespace tandem::twilio
