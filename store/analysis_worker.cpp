#include "store/analysis_worker.hpp"

#include <algorithm>

#include "store/json_text.hpp"

namespace tandem::store {

namespace {

using State = AnalysisOutcome::State;

const char* row_state(State state) noexcept {
  switch (state) {
    case State::done:
      return "done";
    case State::retry:
      return "queued";
    case State::failed:
      return "failed";
    case State::needs_review:
      return "needs_review";
  }
  return "failed";
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

}  // namespace

AnalysisWorker::AnalysisWorker(AnalysisWorkerSettings settings) : settings_(std::move(settings)) {
  thread_ = std::thread([this] { run(); });
}

AnalysisWorker::~AnalysisWorker() { stop(std::chrono::seconds(0)); }

void AnalysisWorker::nudge() {
  const std::lock_guard lock(mutex_);
  nudged_ = true;
  wakes_.notify_one();
}

void AnalysisWorker::stop(std::chrono::milliseconds grace) {
  {
    std::unique_lock lock(mutex_);
    if (!thread_.joinable()) return;
    stopping_ = true;
    wakes_.notify_all();
    if (!finished_.wait_for(lock, grace, [this] { return has_finished_; })) interrupt_.raise();
  }
  thread_.join();
}

/// Waits for time or a nudge; false when stopping.
bool AnalysisWorker::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  wakes_.wait_for(lock, time, [this] { return stopping_ || nudged_; });
  nudged_ = false;
  return !stopping_;
}

void AnalysisWorker::run() {
  bool found_work = false;
  bool reachable = true;
  while (wait(found_work ? std::chrono::milliseconds(0) : settings_.poll)) {
    found_work = false;
    try {
      found_work = work_once();
      reachable = true;
    } catch (const std::exception& error) {
      // the lease brings the job back; here only the connection is worth saving
      if (connection_ && !connection_->usable()) connection_.reset();
      if (reachable) settings_.notices({Severity::warning, "analysis_database", error.what()});
      reachable = false;
    }
  }
  connection_.reset();
  const std::lock_guard lock(mutex_);
  has_finished_ = true;
  finished_.notify_all();
}

bool AnalysisWorker::work_once() {
  if (!connection_) connection_.emplace(settings_.database(), &interrupt_);
  const auto job = claim_job(*connection_, "analyse", settings_.owner, settings_.lease);
  if (!job) return false;
  begin(*job);
  AnalysisOutcome outcome = ask(*job);
  limit_retries(*job, outcome);
  store(*job, outcome);
  return true;
}

void AnalysisWorker::begin(const Job& job) {
  connection_->run(
      "insert into bridge.booking_analysis (call_id, state, attempts) values ($1::uuid, 'running', "
      "$2) "
      "on conflict (call_id) do update set state = 'running', attempts = excluded.attempts",
      Parameters().add(job.key).add(job.attempts));
}

AnalysisOutcome AnalysisWorker::ask(const Job& job) {
  if (job.attempts > settings_.attempts_max) {
    return without_verdict(State::failed, "attempts used up");
  }
  const std::vector<TranscriptLine> lines = load_transcript(*connection_, job.key);
  try {
    return settings_.analyse(lines);
  } catch (const std::exception&) {
    return without_verdict(State::retry, "the analysis threw");
  }
}

void AnalysisWorker::limit_retries(const Job& job, AnalysisOutcome& outcome) const {
  if (outcome.state != State::retry) return;
  if (job.attempts >= settings_.attempts_max || job.age >= settings_.age_max) {
    outcome.state = State::failed;
    return;
  }
  const auto index = static_cast<std::size_t>(std::max(job.attempts - 1, 0));
  const auto& delays = settings_.retry_delays;
  const auto own =
      delays.empty() ? std::chrono::seconds(0) : delays[std::min(index, delays.size() - 1)];
  const auto wanted = outcome.retry_after.count() > 0 ? outcome.retry_after : own;
  outcome.retry_after = std::min(wanted, settings_.age_max - job.age);
}

bool AnalysisWorker::end_job(const Job& job, const AnalysisOutcome& outcome) {
  const std::string reason = sanitise_text(outcome.reason).text;
  switch (outcome.state) {
    case State::done:
      return finish_job(*connection_, job);
    case State::retry:
      return retry_job(*connection_, job, outcome.retry_after, reason);
    case State::failed:
    case State::needs_review:
      break;
  }
  return give_up_job(*connection_, job, row_state(outcome.state), reason);
}

void AnalysisWorker::store(const Job& job, const AnalysisOutcome& outcome) {
  Transaction transaction(*connection_);
  if (!end_job(job, outcome)) {
    settings_.notices({Severity::warning, "analysis_fenced", "another worker has the job"});
    return;
  }
  connection_->run(
      "update bridge.booking_analysis set state = $2, outcome = $3, booking_detected = $4, "
      "confidence_score = $5, booking_indicators = $6, reason = $7, model = $8, prompt_version = "
      "$9, "
      "raw_answer = $10, attempts = $11, analysis_timestamp = now() where call_id = $1::uuid",
      Parameters()
          .add(job.key)
          .add(row_state(outcome.state))
          .add(if_known(outcome.outcome))
          .add(detected(outcome.outcome))
          .add(outcome.confidence)
          .add(evidence_json(outcome.evidence))
          .add(if_known(outcome.reason))
          .add(if_known(outcome.model))
          .add(if_known(outcome.prompt_version))
          .add(if_known(outcome.raw))
          .add(job.attempts));
  const bool has_verdict = outcome.state == State::done && !outcome.outcome.empty();
  const std::string status = has_verdict                     ? outcome.outcome
                             : outcome.state == State::retry ? "pending"
                                                             : row_state(outcome.state);
  connection_->run("update bridge.analytics set booking_status = $2 where call_id = $1::uuid",
                   Parameters().add(job.key).add(status));
  transaction.commit();
  settings_.on_analysed(job.key, outcome);
}

}  // namespace tandem::store
