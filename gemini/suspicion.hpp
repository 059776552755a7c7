// Words of a transcript that speak to the judge instead of to the other end: orders, forged lines,
// hidden characters (G07). Finding them is a help, not the defence: nothing that a transcript says
// can do more than colour one label, which is checked by verdict_check, and a booking of a call
// with such words waits for a person. Wordings that are not known here pass unflagged. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gemini/transcript.hpp"

namespace tandem::gemini {

struct Suspicion {
  std::int32_t turn = 0;  ///< TranscriptTurn::seq
  std::string_view what;  ///< "order", "role", "verdict", "reward", "markup", "hidden", "encoded"
};

/// At most one of each kind a turn, in order.
std::vector<Suspicion> find_suspicions(std::span<const TranscriptTurn> turns);

}  // namespace tandem::gemini
