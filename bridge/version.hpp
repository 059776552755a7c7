// The version of this program, in one place: --version, metrics, the `nodes` table.
#pragma once

#include <string_view>

namespace tandem {

inline constexpr std::string_view version = "0.1.0";

}  // namespace tandem
