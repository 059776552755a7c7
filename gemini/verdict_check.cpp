// Holds a verdict against the transcript. Whatever the transcript talked the model into (G07) or
// the model made up (G06) has to pass here before it counts.
#include <algorithm>
#include <string>

#include "gemini/analysis.hpp"

namespace tandem::gemini {

namespace {

/// A quote this far beyond the heard part still counts: text and sound do not advance at quite the
/// same pace.
constexpr double hearing_tolerance = 0.1;
constexpr std::size_t quote_bytes_min = 2;  // "ok", "si"; a single letter is found anywhere

const TranscriptTurn* find_turn(std::span<const TranscriptTurn> turns, std::int32_t seq) noexcept {
  const auto found = std::find_if(turns.begin(), turns.end(),
                                  [&](const TranscriptTurn& turn) { return turn.seq == seq; });
  return found == turns.end() ? nullptr : &*found;
}

/// What the quotes of one verdict prove.
struct Proof {
  std::string_view problem;
  bool has_caller = false;
  bool has_assistant = false;
  bool has_heard_assistant = false;
  std::vector<Evidence> found;
};

void weigh(const Evidence& evidence, std::span<const TranscriptTurn> turns, const Masks& masks,
           Proof& proof) {
  const auto object = [&](std::string_view problem) {
    if (proof.problem.empty()) proof.problem = problem;
  };
  const TranscriptTurn* turn = find_turn(turns, evidence.turn);
  if (turn == nullptr) return object("unknown_turn");
  const std::string original = masks.restore(evidence.quote);
  const std::string quote = folded(original);
  if (quote.size() < quote_bytes_min) return object("empty_quote");
  const std::string said = folded(turn->text);
  const std::size_t at = said.find(quote);
  if (at == std::string::npos) return object("quote_not_found");
  proof.found.push_back({evidence.turn, original});
  if (turn->speaker == core::Speaker::user) {
    proof.has_caller = true;
    return;
  }
  proof.has_assistant = true;
  const double position = static_cast<double>(at) / static_cast<double>(said.size());
  const double heard = turn->heard_ratio.value_or(1);
  if (heard >= heard_enough || (heard > 0 && position < heard + hearing_tolerance)) {
    proof.has_heard_assistant = true;
  }
}

bool is_word_byte(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

/// Every word of folded `text` for which `matters` holds is a word of folded `said` as well.
template <class Matters>
bool words_were_said(const std::string& text, const std::string& said, Matters matters) {
  for (auto at = text.begin(); at != text.end();) {
    const auto begin = std::find_if(at, text.end(), is_word_byte);
    at = std::find_if_not(begin, text.end(), is_word_byte);
    const std::string word(begin, at);
    if (!word.empty() && matters(word) && said.find(word) == std::string::npos) return false;
  }
  return true;
}

bool is_year(const std::string& word) noexcept {
  return word.size() == 4 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Names and years are facts that only the transcript can supply. Services and times may be put in
/// other words.
std::string_view check_appointment(const Appointment& appointment,
                                   std::span<const TranscriptTurn> turns) {
  std::string said;
  for (const TranscriptTurn& turn : turns) said += folded(turn.text) + '\n';
  const auto every_word = [](const std::string&) { return true; };
  if (!words_were_said(folded(appointment.name), said, every_word)) return "name_not_found";
  if (!words_were_said(folded(appointment.when_text), said, is_year)) return "year_not_found";
  return {};
}

std::string_view problem_of(const Verdict& verdict, const Proof& proof,
                            std::span<const TranscriptTurn> turns,
                            const std::optional<Appointment>& appointment) {
  if (!(verdict.confidence >= 0 && verdict.confidence <= 1)) return "confidence_out_of_range";
  if (!proof.problem.empty()) return proof.problem;
  if (verdict.outcome != Outcome::booked) return {};
  if (!proof.has_assistant) return "no_assistant_quote";
  if (!proof.has_caller) return "no_caller_quote";
  if (!proof.has_heard_assistant) return "quote_unheard";
  return appointment ? check_appointment(*appointment, turns) : std::string_view{};
}

std::optional<Appointment> unmasked(const std::optional<Appointment>& appointment,
                                    const Masks& masks) {
  if (!appointment) return std::nullopt;
  return Appointment{masks.restore(appointment->when_text), masks.restore(appointment->service),
                     masks.restore(appointment->name)};
}

}  // namespace

Conclusion check_verdict(const Verdict& verdict, std::span<const TranscriptTurn> turns) {
  const Masks masks =
      fence(turns, true).masks;  // names are given in order: the same ones as in the question
  Proof proof;
  for (const Evidence& evidence : verdict.evidence) weigh(evidence, turns, masks, proof);
  Conclusion conclusion;
  conclusion.reason = masks.restore(verdict.reason);
  conclusion.appointment = unmasked(verdict.appointment, masks);
  conclusion.review_reason = problem_of(verdict, proof, turns, conclusion.appointment);
  conclusion.evidence = std::move(proof.found);
  if (conclusion.needs_review()) return conclusion;
  conclusion.outcome = verdict.outcome;
  conclusion.confidence = verdict.confidence;
  return conclusion;
}

}  // namespace tandem::gemini
