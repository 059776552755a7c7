// A transcribed line in a form in which phrases can be looked for: what ears do not hear is gone.
#pragma once

#include <string>
#include <string_view>

namespace tandem::call {

/// The words of `text` (UTF-8, anything) in lower-case ASCII between single blanks, a blank at both
/// ends: accents are folded (ñ is n, ß is ss), apostrophes of every kind are dropped ("don’t" is
/// "dont"), what ends a clause is a word of its own (one of , . ? !), everything else is a gap.
[[nodiscard]] std::string plain_words(std::string_view text);

}  // namespace tandem::call
