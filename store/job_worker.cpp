#include "store/job_worker.hpp"

#include <algorithm>

namespace tandem::store {

const char* to_string(JobState state) noexcept {
  switch (state) {
    case JobState::done:
      return "done";
    case JobState::retry:
    case JobState::postponed:
    case JobState::again:
      return "queued";
    case JobState::failed:
      return "failed";
    case JobState::needs_review:
      return "needs_review";
  }
  return "failed";
}

JobWorker::JobWorker(JobWorkerSettings settings, JobHandler handler)
    : settings_(std::move(settings)), handler_(std::move(handler)) {
  thread_ = std::thread([this] { run(); });
}

JobWorker::~JobWorker() { stop(std::chrono::seconds(0)); }

void JobWorker::nudge() {
  const std::lock_guard lock(mutex_);
  nudged_ = true;
  wakes_.notify_one();
}

void JobWorker::stop(std::chrono::milliseconds grace) {
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
bool JobWorker::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  wakes_.wait_for(lock, time, [this] { return stopping_ || nudged_; });
  nudged_ = false;
  return !stopping_;
}

void JobWorker::run() {
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
      if (reachable)
        settings_.notices({Severity::warning, handler_.kind + "_database", error.what()});
      reachable = false;
    }
  }
  connection_.reset();
  const std::lock_guard lock(mutex_);
  has_finished_ = true;
  finished_.notify_all();
}

void JobWorker::connect() {
  Connection connection(settings_.database(), &interrupt_);
  if (handler_.connected) handler_.connected(connection);
  connection_.emplace(std::move(connection));
}

bool JobWorker::work_once() {
  if (handler_.pause && handler_.pause().count() > 0) return false;
  if (!connection_) connect();
  const auto job = claim_job(*connection_, handler_.kind, settings_.owner, settings_.lease);
  if (!job) return false;
  JobOutcome outcome = outcome_of(*job);
  limit_retries(*job, outcome);
  store(*job, outcome);
  return true;
}

JobOutcome JobWorker::outcome_of(const Job& job) {
  const bool is_used_up = job.attempts > settings_.attempts_max;
  try {
    if (!is_used_up) return handler_.run(*connection_, job);
    if (handler_.used_up) return handler_.used_up(job);
  } catch (const PostgresError&) {
    throw;
  } catch (const std::exception&) {
    return {.state = JobState::retry, .note = "the work threw"};
  }
  return {.state = JobState::failed, .note = "attempts used up"};
}

void JobWorker::limit_retries(const Job& job, JobOutcome& outcome) const {
  const bool is_retry = outcome.state == JobState::retry;
  if (!is_retry && outcome.state != JobState::postponed) return;
  if ((is_retry && job.attempts >= settings_.attempts_max) || job.age >= settings_.age_max) {
    outcome.state = JobState::failed;
    return;
  }
  const auto index = static_cast<std::size_t>(std::max(job.attempts - 1, 0));
  const auto& delays = settings_.retry_delays;
  const auto own =
      delays.empty() ? std::chrono::seconds(0) : delays[std::min(index, delays.size() - 1)];
  const auto wanted = outcome.delay.count() > 0 ? outcome.delay : own;
  outcome.delay = std::min(wanted, settings_.age_max - job.age);
}

void JobWorker::store(const Job& job, const JobOutcome& outcome) {
  Transaction transaction(*connection_);
  const ClaimEnd end{.state = to_string(outcome.state),
                     .delay = outcome.delay,
                     .note = outcome.note,
                     .payload = outcome.payload,
                     .counts_anew = outcome.state == JobState::again,
                     .uncounted = outcome.state == JobState::postponed};
  if (!end_claim(*connection_, job, end)) {
    settings_.notices({Severity::warning, handler_.kind + "_fenced", "another worker has the job"});
    return;
  }
  if (outcome.store) outcome.store(*connection_, outcome.state);
  transaction.commit();
  if (outcome.stored) outcome.stored(outcome.state);
}

}  // namespace tandem::store
