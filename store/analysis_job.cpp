#include "store/analysis_job.hpp"

#include "store/json_text.hpp"
#include "store/queries.hpp"

namespace tandem::store {

namespace {

using State = AnalysisOutcome::State;

JobState job_state(State state) noexcept {
  switch (state) {
    case State::done:
      return JobState::done;
    case State::retry:
      return JobState::retry;
    case State::failed:
      return JobState::failed;
    case State::needs_review:
      return JobState::needs_review;
  }
  return JobState::failed;
}

AnalysisOutcome without_verdict(State state, const char* reason) {
  AnalysisOutcome outcome;
  outcome.state = state;
  outcome.reason = reason;
  return outcome;
}

std::optional<bool> detected(const std::string& outcome) {
  if (outcome == "booked") return true;
  if (outcome == "not_booked") return false;
  return std::nullopt;
}

std::optional<std::string> if_known(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return sanitise_text(text).text;
}

std::string evidence_json(const std::vector<Evidence>& evidence) {
  std::string out = "[";
  for (const Evidence& item : evidence) {
    if (out.size() > 1) out += ',';
    out +=
        JsonObject().field("seq", item.seq).field("quote", sanitise_text(item.quote).text).finish();
  }
  return out + "]";
}

void begin(Connection& connection, const Job& job) {
  connection.run(
      "insert into bridge.booking_analysis (call_id, state, attempts) values ($1::uuid, 'running', "
      "$2) "
      "on conflict (call_id) do update set state = 'running', attempts = excluded.attempts",
      Parameters().add(job.key).add(job.attempts));
}

AnalysisOutcome ask(const Analyse& analyse, const std::vector<TranscriptLine>& lines) {
  try {
    return analyse(lines);
  } catch (const std::exception&) {
    return without_verdict(State::retry, "the analysis threw");
  }
}

void write_verdict(Connection& connection, const Job& job, const AnalysisOutcome& outcome,
                   JobState state) {
  connection.run(
      "update bridge.booking_analysis set state = $2, outcome = $3, booking_detected = $4, "
      "confidence_score = $5, booking_indicators = $6, reason = $7, model = $8, prompt_version = "
      "$9, "
      "raw_answer = $10, attempts = $11, analysis_timestamp = now() where call_id = $1::uuid",
      Parameters()
          .add(job.key)
          .add(to_string(state))
          .add(if_known(outcome.outcome))
          .add(detected(outcome.outcome))
          .add(outcome.confidence)
          .add(evidence_json(outcome.evidence))
          .add(if_known(outcome.reason))
          .add(if_known(outcome.model))
          .add(if_known(outcome.prompt_version))
          .add(if_known(outcome.raw))
          .add(job.attempts));
  const bool has_verdict = state == JobState::done && !outcome.outcome.empty();
  const std::string status = has_verdict                ? outcome.outcome
                             : state == JobState::retry ? "pending"
                                                        : to_string(state);
  connection.run("update bridge.analytics set booking_status = $2 where call_id = $1::uuid",
                 Parameters().add(job.key).add(status));
}

JobOutcome end_with(const Job& job, AnalysisOutcome outcome, const OnAnalysed& on_analysed) {
  JobOutcome end{.state = job_state(outcome.state),
                 .delay = outcome.retry_after,
                 .note = outcome.state == State::done ? "" : outcome.reason,
                 .payload = std::nullopt};
  end.store = [job, outcome](Connection& connection, JobState state) {
    write_verdict(connection, job, outcome, state);
  };
  end.stored = [job, outcome = std::move(outcome), on_analysed](JobState state) {
    AnalysisOutcome told = outcome;
    if (state == JobState::failed) told.state = State::failed;
    on_analysed(job.key, told);
  };
  return end;
}

}  // namespace

JobHandler analysis_job(Analyse analyse, OnAnalysed on_analysed) {
  return {
      .kind = "analyse",
      .run =
          [analyse = std::move(analyse), on_analysed](Connection& connection, const Job& job) {
            begin(connection, job);
            return end_with(job, ask(analyse, load_transcript(connection, job.key)), on_analysed);
          },
      .used_up =
          [on_analysed](const Job& job) {
            return end_with(job, without_verdict(State::failed, "attempts used up"), on_analysed);
          }};
}

}  // namespace tandem::store
