// Lays what EVI's history says beside what our own record says, and tells what is in one only.
// Pure: a line of the history that the record lacks is given its place in the call; nothing is
// stored here.
//
// Both sides are compared speaker by speaker, because the two are ordered differently where they
// talk at once; by words, without case and punctuation; and in order. Of equal lines ("Yes.") those
// nearest in time belong together. One side may have in two lines what the other has in one.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hume/history.hpp"

namespace tandem::hume {

/// A line that the call itself wrote down, while EVI carried it.
struct RecordedLine {
  core::Speaker speaker = core::Speaker::user;
  std::string text;
  core::WallTime at{};
  core::MediaOffset offset{0};
};

struct CallFacts {
  core::WallTime began{};  ///< of the media stream: offset 0
  core::WallTime ended{};
  /// Second greetings of resumed sessions that were not played, and therefore not written down.
  int greetings_withheld = 0;
};

/// A line of the history that the record lacks, and where it belongs, by the record's clocks.
struct MissingLine {
  std::size_t line = 0;  ///< index into the history
  core::WallTime at{};
  core::MediaOffset offset{0};
};

struct Comparison {
  std::vector<std::size_t> matched;  ///< lines of the history that the record has
  std::vector<MissingLine> missing;  ///< said during the call: our own path lost them
  /// Words of the caller that Hume wrote down only when the session was over: worth keeping, and
  /// nobody's loss.
  std::vector<MissingLine> late;
  std::size_t withheld = 0;  ///< nobody heard them, rightly: second greetings, words after the end
  std::size_t extra = 0;     ///< lines of the record that the history lacks
};

/// Lines of one speaker times lines of the other side; a call of hours has some hundred lines.
inline constexpr std::size_t comparison_cells_max = 4'000'000;

/// Hume's clock may differ from ours by any constant. `history` is in the order in which it was
/// said, chat after chat. Nothing: more lines than can be compared.
std::optional<Comparison> compare(std::span<const HistoryLine> history,
                                  std::span<const RecordedLine> record, const CallFacts& facts);

/// The words of a text, in lower case, one space between them. Apostrophes are left out and other
/// punctuation separates; letters beyond ASCII are kept as they are. A text without words is its
/// own word.
std::string spoken_words(std::string_view text);

}  // namespace tandem::hume
