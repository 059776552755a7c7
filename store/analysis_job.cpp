#include "store/analysis_job.hpp"

namespace tandem::store {

namespace {

using State = AnalysisOutcome::State;

JobState job_state(State state) noexcept {
  switch (state) {
    case State::done:
      return JobState::done;
    case State::retry:
      return JobState::retry;
    case State::postponed:
      return JobState::postponed;
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

AnalysisOutcome ask(const Analyse& analyse, const JudgedCall& call) {
  try {
    return analyse(call);
  } catch (const std::exception&) {
    return without_verdict(State::retry, "the analysis threw");
  }
}

JobOutcome end_with(const Job& job, AnalysisOutcome outcome, const OnAnalysed& on_analysed) {
  JobOutcome end{.state = job_state(outcome.state),
                 .delay = outcome.retry_after,
                 .note = outcome.state == State::done ? "" : outcome.reason,
                 .payload = std::nullopt};
  end.store = [job, outcome](Connection& connection, JobState state) {
    write_outcome(connection, job, outcome, to_string(state));
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
            begin_analysis(connection, job);
            return end_with(job, ask(analyse, load_judged_call(connection, job.key)), on_analysed);
          },
      .used_up =
          [on_analysed](const Job& job) {
            return end_with(job, without_verdict(State::failed, "attempts used up"), on_analysed);
          }};
}

}  // namespace tandem::store
