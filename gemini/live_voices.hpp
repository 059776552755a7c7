// The voices of Gemini Live by name, as Google's page on speech lists them (November 2026).
#pragma once

#include <string_view>

namespace tandem::gemini {

/// `name` when Gemini has such a voice, else empty: a set-up that asks for an unknown one is
/// refused as a whole, and the name may be meant for another provider.
std::string_view known_voice(std::string_view name) noexcept;

}  // namespace tandem::gemini
