// Numbers and addresses as people say them: "five five five, oh one two three", "dana at mail dot
// example". Speech recognition writes them out as words as often as in digits, so masking digits
// alone would give away most telephone numbers (G12). Digit words of English, German, French,
// Spanish and Italian count; numbers said in pairs ("fifty-five twelve") do not, because times are
// said the same way and the judge needs those. Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tandem::gemini {

/// A part of a text that identifies somebody.
struct PrivateSpan {
  std::size_t begin = 0;
  std::size_t end = 0;    ///< one past
  std::string_view kind;  ///< "phone", "card", "email"
};

/// Runs of at least three digit words that make seven digits or more, together with groups of
/// digits among them; thirteen and more are a card.
void find_spoken_numbers(std::string_view text, std::vector<PrivateSpan>& spans);

/// "NAME at HOST dot TOP", each part also with more dots, dashes and underscores in it.
void find_spoken_emails(std::string_view text, std::vector<PrivateSpan>& spans);

}  // namespace tandem::gemini
