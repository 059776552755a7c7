// Transcripts made from an input, and what must hold of a conclusion whatever the model said.
#pragma once

#include <string>
#include <vector>

#include "gemini/analysis.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

/// One turn a line, caller and agent by turns.
inline std::vector<gemini::TranscriptTurn> turns_of(std::string_view text) {
  std::vector<gemini::TranscriptTurn> turns;
  while (!text.empty() && turns.size() < 16) {
    const auto line = text.substr(0, text.find('\n'));
    const auto seq = static_cast<std::int32_t>(turns.size());
    const auto speaker = seq % 2 == 0 ? core::Speaker::user : core::Speaker::assistant;
    turns.push_back({seq, speaker, std::string(line), {}});
    if (seq % 4 == 1) turns.back().heard_ratio = 0.5;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return turns;
}

/// Nothing in a turn ends its line or the fence.
inline bool fence_holds(const std::vector<gemini::TranscriptTurn>& turns) {
  const auto fenced = gemini::fence(turns, true);
  std::size_t lines = 0;
  for (const char c : fenced.text) lines += c == '\n' ? 1 : 0;
  const std::string_view text = fenced.text;
  return lines == turns.size() + 1 && text.find("<<<", 1) == text.npos &&
         text.find(">>>") == text.size() - 3;
}

inline bool quotes_are_known(const gemini::Conclusion& conclusion,
                             const std::vector<gemini::TranscriptTurn>& turns) {
  for (const auto& evidence : conclusion.evidence) {
    const auto seq = static_cast<std::size_t>(evidence.turn);
    if (seq >= turns.size()) return false;
    const auto said = gemini::folded(turns[seq].text);
    if (said.find(gemini::folded(evidence.quote)) == std::string::npos) return false;
  }
  return true;
}

/// Who books needs evidence of both sides; who is not accepted concludes nothing.
inline void check(const gemini::Conclusion& conclusion,
                  const std::vector<gemini::TranscriptTurn>& turns) {
  must(conclusion.confidence >= 0 && conclusion.confidence <= 1, "a confidence is one");
  must(!conclusion.needs_review() || conclusion.outcome == gemini::Outcome::unclear,
       "a verdict under review says nothing");
  must(conclusion.outcome != gemini::Outcome::booked || conclusion.evidence.size() >= 2,
       "a booking has quotes of both sides");
  must(quotes_are_known(conclusion, turns), "a quote was said");
}

}  // namespace tandem::fuzz
