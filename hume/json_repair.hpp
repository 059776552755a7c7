// Mends the two things that are not JSON and yet come from serialisers that think otherwise.
#pragma once

#include <string>
#include <string_view>

namespace tandem::hume {

/// Writes to `out` a copy of `text` in which, outside strings, NaN, Infinity and numbers that no
/// double or 64-bit integer holds are `null` (E27), and in strings the escape of half a surrogate
/// pair is U+FFFD (E17). False when there was nothing to mend. For the failure path: a byte at a
/// time, and what else is wrong stays wrong.
bool repair_json(std::string_view text, std::string& out);

}  // namespace tandem::hume
