// Whether somebody says that they do not want to be called again: "stop calling me", "take me off
// your list". Words only, no model: the same line always means the same, and it works when nothing
// else does. English, Spanish, German and French.
//
// It decides on one final line of the transcript and knows nothing of what was said before.
#pragma once

#include <string_view>

namespace tandem::call {

/// True for a clear wish of the speaker; false for questions about it, for calls to or from others,
/// for wishes about when or where to call, and for what they do or did themselves.
[[nodiscard]] bool asks_not_to_be_called(std::string_view line);

}  // namespace tandem::call
