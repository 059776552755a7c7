// Holds a verdict against the transcript. Whatever the transcript talked the model into (G07) or
// the model made up (G06) has to pass here before it counts.
#include <algorithm>
#include <string>

#include "bridge/call/conversation.hpp"
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

/// The part of an agent's line that its caller heard, by the estimate that also tells a voice
/// provider what was said.
std::string_view heard_words(std::string_view said, std::optional<double> heard_ratio) noexcept {
  const double heard = heard_ratio.value_or(1);
  if (heard >= heard_enough) return said;
  if (!(heard > 0)) return {};
  return call::heard_part(said, heard + hearing_tolerance);
}

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
  if (said.find(quote) == std::string::npos) return object("quote_not_found");
  const bool is_caller = turn->speaker == core::Speaker::user;
  (is_caller ? proof.has_caller : proof.has_assistant) = true;
  if (!is_caller && heard_words(said, turn->heard_ratio).find(quote) == std::string_view::npos)
    return;  // what nobody heard proves nothing
  proof.has_heard_assistant = proof.has_heard_assistant || !is_caller;
  proof.found.push_back({evidence.turn, original});
}

bool is_cancelled(const std::optional<Appointment>& appointment) noexcept {
  return appointment && appointment->kind == "cancelled";
}

/// Of the quotes and the kind; what the appointment itself says comes after.
std::string_view problem_of(const Verdict& verdict, const Proof& proof) {
  if (!(verdict.confidence >= 0 && verdict.confidence <= 1)) return "confidence_out_of_range";
  if (!proof.problem.empty()) return proof.problem;
  if (verdict.outcome != Outcome::booked) return {};
  if (!proof.has_assistant) return "no_assistant_quote";
  if (!proof.has_caller) return "no_caller_quote";
  if (!proof.has_heard_assistant) return "quote_unheard";
  return is_cancelled(verdict.appointment) ? "kind_contradicts" : std::string_view{};
}

std::optional<Appointment> unmasked(const std::optional<Appointment>& appointment,
                                    const Masks& masks) {
  if (!appointment) return std::nullopt;
  Appointment restored = *appointment;
  for (std::string* text : {&restored.when_text, &restored.service, &restored.name, &restored.date,
                            &restored.time, &restored.phone}) {
    *text = masks.restore(*text);
  }
  return restored;
}

}  // namespace

Conclusion check_verdict(const Verdict& verdict, std::span<const TranscriptTurn> turns,
                         const CallFacts& facts) {
  const Masks masks =
      fence(turns, true).masks;  // names are given in order: the same ones as in the question
  Proof proof;
  for (const Evidence& evidence : verdict.evidence) weigh(evidence, turns, masks, proof);
  Conclusion conclusion;
  conclusion.reason = masks.restore(verdict.reason);
  conclusion.review_reason = problem_of(verdict, proof);
  conclusion.evidence = std::move(proof.found);
  conclusion.suspicions = find_suspicions(turns);
  const bool is_booked = verdict.outcome == Outcome::booked;
  auto appointment = unmasked(verdict.appointment, masks);
  // of a call that ended without one, an appointment is only what was talked about
  if (!is_booked && !is_cancelled(appointment)) appointment.reset();
  if (!conclusion.needs_review() && appointment)
    conclusion.review_reason = check_appointment(*appointment, turns, facts);
  if (!conclusion.needs_review() && is_booked && !conclusion.suspicions.empty())
    conclusion.review_reason = "injection_suspected";
  if (conclusion.needs_review()) return conclusion;
  conclusion.appointment = std::move(appointment);
  conclusion.outcome = verdict.outcome;
  conclusion.confidence = verdict.confidence;
  return conclusion;
}

}  // namespace tandem::gemini
