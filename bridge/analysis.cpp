#include "bridge/analysis.hpp"

#include "bridge/clock.hpp"
#include "bridge/config.hpp"

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

gemini::CallFacts facts_of(const store::JudgedCall& call) {
  gemini::CallFacts facts;
  if (call.began != core::WallTime{}) facts.began = call.began;
  facts.numbers = call.numbers;
  return facts;
}

store::AnalysisOutcome empty_outcome(const gemini::AnalysisSettings& settings) {
  store::AnalysisOutcome outcome;
  outcome.model = settings.model;
  outcome.prompt_version = settings.prompt_version;
  return outcome;
}

store::AgreedAppointment stored(const gemini::Appointment& appointment) {
  return {.when_text = appointment.when_text,
          .date = appointment.date,
          .time = appointment.time,
          .party = appointment.party,
          .service = appointment.service,
          .name = appointment.name,
          .phone = appointment.phone,
          .kind = appointment.kind};
}

void conclude(const gemini::Conclusion& conclusion, store::AnalysisOutcome& outcome) {
  outcome.state = conclusion.needs_review() ? State::needs_review : State::done;
  outcome.outcome = gemini::to_string(conclusion.outcome);
  outcome.confidence = conclusion.confidence;
  for (const auto& evidence : conclusion.evidence)
    outcome.evidence.push_back({evidence.turn, evidence.quote});
  outcome.reason = conclusion.needs_review() ? conclusion.review_reason : conclusion.reason;
  if (conclusion.appointment) outcome.appointment = stored(*conclusion.appointment);
  for (const auto& suspicion : conclusion.suspicions)
    outcome.suspicions.push_back({suspicion.turn, std::string(suspicion.what)});
}

/// Nobody spoke to the agent. Where the line was open and not one line was written down, that is no
/// silence but a record that is missing: it proves nothing.
std::optional<gemini::Conclusion> without_model(const store::JudgedCall& call,
                                                std::span<const gemini::TranscriptTurn> turns) {
  constexpr std::chrono::seconds silence_max{5};
  auto conclusion = gemini::conclude_without_model(turns);
  if (conclusion && turns.empty() && call.talked > silence_max) {
    conclusion->outcome = gemini::Outcome::unclear;
    conclusion->confidence = 0;
    conclusion->review_reason = "no_transcript";
  }
  return conclusion;
}

void fail(const gemini::AnalysisFailure& failure, SharedLimit* limit,
          store::AnalysisOutcome& outcome) {
  outcome.reason = failure.reason;
  outcome.raw = failure.raw;
  auto wait = failure.retry_after.value_or(std::chrono::milliseconds(0));
  switch (failure.kind) {
    case gemini::FailureKind::transient:
    case gemini::FailureKind::daily_quota: {
      const bool is_paused = limit != nullptr && gemini::is_quota(failure);
      outcome.state = is_paused ? State::postponed : State::retry;
      if (is_paused) wait = std::max(wait, limit->refused(failure));
      outcome.retry_after = std::chrono::ceil<std::chrono::seconds>(wait);
      break;
    }
    case gemini::FailureKind::permanent:
      outcome.state = State::failed;
      break;
    case gemini::FailureKind::blocked:
    case gemini::FailureKind::invalid_answer:
      outcome.state = State::needs_review;
      outcome.outcome = "unclear";
      break;
  }
}

/// One question. An answer that is none is asked for once more (G05).
store::AnalysisOutcome ask(const gemini::AnalysisSettings& settings, const Exchange& exchange,
                           SharedLimit* limit, const store::JudgedCall& call,
                           const std::vector<gemini::TranscriptTurn>& turns) {
  const gemini::CallFacts facts = facts_of(call);
  store::AnalysisOutcome outcome = empty_outcome(settings);
  outcome.questions = 1;
  auto answer = gemini::parse_response(exchange(gemini::build_request(settings, turns, facts)));
  if (!answer && answer.error().kind == gemini::FailureKind::invalid_answer) {
    outcome.questions = 2;
    answer = gemini::parse_response(
        exchange(gemini::build_repair_request(settings, turns, facts, answer.error())));
  }
  if (!answer) {
    fail(answer.error(), limit, outcome);
    return outcome;
  }
  if (limit != nullptr) limit->answered();
  conclude(gemini::check_verdict(answer->verdict, turns, facts), outcome);
  outcome.model_version = answer->model_version;
  outcome.raw = answer->raw;
  outcome.prompt_tokens = answer->prompt_tokens;
  outcome.output_tokens = answer->output_tokens;
  return outcome;
}

}  // namespace

std::chrono::milliseconds SharedLimit::pause() {
  const std::lock_guard lock(mutex_);
  return limit_.pause(clock_now());
}

std::chrono::milliseconds SharedLimit::refused(const gemini::AnalysisFailure& failure) {
  const std::lock_guard lock(mutex_);
  return limit_.refused(failure, clock_now());
}

void SharedLimit::answered() {
  const std::lock_guard lock(mutex_);
  limit_.answered();
}

gemini::AnalysisSettings analysis_settings(const Config& config) {
  gemini::AnalysisSettings settings;
  core::parse_url(config.gemini.url + "/v1beta", settings.base_url);
  settings.model = config.gemini.model;
  settings.api_key = config.gemini.api_key;
  return settings;
}

store::Analyse make_analyse(gemini::AnalysisSettings settings, Exchange exchange,
                            std::shared_ptr<SharedLimit> limit) {
  return [settings = std::move(settings), exchange = std::move(exchange),
          limit = std::move(limit)](const store::JudgedCall& call) -> store::AnalysisOutcome {
    const auto turns = turns_of(call.lines);
    store::AnalysisOutcome outcome = empty_outcome(settings);
    if (const auto known = without_model(call, turns)) {
      outcome.model.clear();  // none was asked
      conclude(*known, outcome);
      return outcome;
    }
    if (settings.api_key.empty()) {
      outcome.state = State::failed;
      outcome.reason = "no_api_key";
      return outcome;
    }
    return ask(settings, exchange, limit.get(), call, turns);
  };
}

}  // namespace tandem
