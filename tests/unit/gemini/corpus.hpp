// The labelled transcripts of tests/data/verdicts (README.md there), and the answers that a model
// may give to them.
#pragma once

#include <string>
#include <vector>

#include "gemini/analysis.hpp"

namespace tandem::test {

struct LabelledCall {
  std::string name;
  std::string language;
  std::string label;  ///< "booked", "not_booked", "unclear", "unheard"
  std::vector<gemini::TranscriptTurn> turns;
  std::vector<gemini::Evidence> quotes;  ///< of the marked lines
  gemini::Appointment agreed;            ///< empty when nothing was
};

std::vector<LabelledCall> load_labelled_calls();
/// One hostile sentence each.
std::vector<std::string> load_injections();

/// Of all calls: Sunday 2026-11-22, between +1 555 555 0123 and +1 555 555 0199.
gemini::CallFacts corpus_facts();

/// What an honest model answers.
gemini::Verdict honest(const LabelledCall& call);
/// "booked" with everything that honest() would give for it.
gemini::Verdict claims_booked(const LabelledCall& call);

}  // namespace tandem::test
