// A call's transcript on its way to the model and its quotes on their way back. The transcript is
// written by strangers: it is shown between two markers, one turn a line, and nothing in a turn can
// end the line or the fence (G07, G08). Telephone, card and e-mail shaped texts are replaced by
// names such as {phone_1}; the map between them never leaves the process (G12).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::gemini {

/// One final transcript entry.
struct TranscriptTurn {
  std::int32_t seq = 0;  ///< names the turn in the question and in the answer
  core::Speaker speaker = core::Speaker::user;
  std::string text;
  /// Assistant turns: how much of it was played, 0 to 1. None: all of it, as far as is known.
  std::optional<double> heard_ratio = {};
};

/// What was replaced in one transcript. Equal originals have one name.
class Masks {
 public:
  /// The text with telephone-like (7 to 12 digits), card-like (13 and more) and e-mail-like parts
  /// replaced, also when the digits or the address are spoken (spoken_numbers.hpp). Clock times and
  /// calendar dates stay; names of people stay, because the judge needs them.
  std::string mask(std::string_view text);
  /// The text with the names of this object replaced by their originals.
  [[nodiscard]] std::string restore(std::string_view text) const;
  [[nodiscard]] std::size_t size() const noexcept { return replaced_.size(); }

 private:
  std::string_view name_of(std::string_view original, std::string_view kind);
  std::vector<std::pair<std::string, std::string>> replaced_;  ///< name, original
};

inline constexpr std::string_view fence_begin = "<<<TRANSCRIPT";
inline constexpr std::string_view fence_end = "TRANSCRIPT>>>";

/// One line: control characters and Unicode line ends are spaces, and no run of three '<' or '>' is
/// left, of which the fence is made.
std::string one_line(std::string_view text);

struct FencedTranscript {
  std::string text;  ///< both markers and, between them, "[seq] speaker: words" lines
  Masks masks;       ///< empty when not asked for
};
FencedTranscript fence(std::span<const TranscriptTurn> turns, bool mask_personal_data);

/// For comparing quotes: as one_line(), spaces collapsed and trimmed, ASCII and Latin-1 letters in
/// lower case.
std::string folded(std::string_view text);

/// True when less than this part of a turn was played, so that the model is told. A rounded-down
/// last frame is not.
inline constexpr double heard_enough = 0.98;

}  // namespace tandem::gemini
