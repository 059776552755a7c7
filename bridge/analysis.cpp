#include "bridge/analysis.hpp"

#include "gemini/prompt.hpp"

namespace tandem {

namespace {

using State = store::AnalysisOutcome::State;

std::vector<gemini::TranscriptTurn> turns_of(const std::vector<store::TranscriptLine>& lines) {
  std::vector<gemini::TranscriptTurn> turns;
  for (const auto& line : lines) {
    const auto speaker = line.speaker == "user" ? core::Speaker::user : core::Speaker::assistant;
    turns.push_back({line.seq, speaker, line.message, line.heard_ratio});
  }
  return turns;
}

store::AnalysisOutcome outcome_of(const gemini::Conclusion& conclusion) {
  store::AnalysisOutcome outcome;
  outcome.state = conclusion.needs_review() ? State::needs_review : State::done;
  outcome.outcome = gemini::to_string(conclusion.outcome);
  outcome.confidence = conclusion.confidence;
  for (const auto& evidence : conclusion.evidence)
    outcome.evidence.push_back({evidence.turn, evidence.quote});
  outcome.reason = conclusion.needs_review() ? conclusion.review_reason : conclusion.reason;
  outcome.prompt_version = gemini::prompt_version;
  return outcome;
}

store::AnalysisOutcome outcome_of(const gemini::AnalysisFailure& failure) {
  store::AnalysisOutcome outcome;
  outcome.reason = failure.reason;
  outcome.raw = failure.raw;
  outcome.prompt_version = gemini::prompt_version;
  switch (failure.kind) {
    case gemini::FailureKind::transient:
      outcome.state = State::retry;
      if (failure.retry_after)
        outcome.retry_after = std::chrono::ceil<std::chrono::seconds>(*failure.retry_after);
      break;
    case gemini::FailureKind::daily_quota:
      outcome.state = State::retry;
      outcome.retry_after = std::chrono::hours(2);
      break;
    case gemini::FailureKind::permanent:
      outcome.state = State::failed;
      break;
    case gemini::FailureKind::blocked:
    case gemini::FailureKind::invalid_answer:
      outcome.state = State::needs_review;
      outcome.outcome = "unclear";
      break;
  }
  return outcome;
}

/// One question. An answer that is none is asked for once more (G05).
store::AnalysisOutcome ask(const gemini::AnalysisSettings& settings, const Exchange& exchange,
                           const std::vector<gemini::TranscriptTurn>& turns) {
  auto answer = gemini::parse_response(exchange(gemini::build_request(settings, turns)));
  if (!answer && answer.error().kind == gemini::FailureKind::invalid_answer) {
    answer = gemini::parse_response(exchange(gemini::build_request(settings, turns)));
  }
  if (!answer) return outcome_of(answer.error());
  auto outcome = outcome_of(gemini::check_verdict(answer->verdict, turns));
  outcome.model = answer->model_version.empty() ? settings.model : answer->model_version;
  outcome.raw = answer->raw;
  return outcome;
}

}  // namespace

store::Analyse make_analyse(gemini::AnalysisSettings settings, Exchange exchange) {
  return [settings = std::move(settings), exchange = std::move(exchange)](
             const std::vector<store::TranscriptLine>& lines) -> store::AnalysisOutcome {
    const auto turns = turns_of(lines);
    if (const auto known = gemini::conclude_without_model(turns)) return outcome_of(*known);
    if (settings.api_key.empty()) {
      store::AnalysisOutcome outcome;
      outcome.state = State::failed;
      outcome.reason = "no_api_key";
      return outcome;
    }
    return ask(settings, exchange, turns);
  };
}

}  // namespace tandem
