// Text on its way into JSON (RFC 8259): what every writer of ours uses for strings. Not a JSON
// library.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::codec {

/// Appends `utf8` as a JSON string, quotes included. Escapes quote, backslash and the control
/// characters below U+0020, nothing else. Each maximal ill-formed part of the input becomes one
/// U+FFFD (Unicode 15, section 3.9, as the WHATWG decoder does), so the output is always valid
/// UTF-8 and valid JSON.
void append_json_string(std::string& out, std::string_view utf8);

/// Well-formed UTF-8 in the sense of RFC 3629: shortest form, no surrogates, nothing above
/// U+10FFFF.
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

/// Bytes of the valid UTF-8 sequence at the front of `text` (not empty); 0 when there is none.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text) noexcept;

}  // namespace tandem::codec
