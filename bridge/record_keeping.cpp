#include "bridge/record_keeping.hpp"

#include <array>

#include "bridge/clock.hpp"
#include "bridge/version.hpp"
#include "store/report_days.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

constexpr auto flush_patience = 5s;

store::SpoolSettings spool_settings(const Config& config, store::NoticeSink notices) {
  store::SpoolSettings settings;
  settings.directory = config.spool_dir;
  settings.limits.bytes_max = config.spool_bytes_max;
  settings.notices = std::move(notices);
  return settings;
}

ReconciliationSettings reconciliation_settings(const Config& config) {
  ReconciliationSettings settings;
  core::parse_url(config.hume.url, settings.access.base_url);
  settings.access.api_key = config.hume.api_key;
  return settings;
}

double in_seconds(core::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

store::Analyse timed(store::Analyse analyse, ops::Histogram& histogram) {
  return [analyse = std::move(analyse), &histogram](const auto& call) {
    const auto begun = clock_now();
    auto outcome = analyse(call);
    histogram.observe(in_seconds(clock_now() - begun));
    return outcome;
  };
}

std::string_view word_of(store::AnalysisOutcome::State state) {
  constexpr std::array<std::string_view, 5> words = {"done", "retry", "postponed", "failed",
                                                     "needs_review"};
  return words[static_cast<std::size_t>(state)];
}

}  // namespace

RecordKeeping::RecordKeeping(const Config& config, ops::Log& log, ops::Metrics& metrics)
    : config_(config),
      log_(log),
      metrics_(metrics),
      database_(database_of(config)),
      spool_(spool_settings(config, notices())),
      queries_({.database = database_}) {}

void RecordKeeping::start(const std::string& node, Exchange exchange,
                          store::OnAnalysed on_analysed) {
  on_analysed_ = std::move(on_analysed);
  analysis_ = std::make_unique<store::JobWorker>(worker_settings(node), analysis(exchange));
  reconciliation_ = std::make_unique<store::JobWorker>(worker_settings(node),
                                                       reconciliation(std::move(exchange)));
  privacy_ = std::make_unique<PrivacyJobs>(config_, worker_settings(node), log_, metrics_);
  report_days_ =
      std::make_unique<store::JobWorker>(worker_settings(node), store::report_days_job());
  importer_ = std::make_unique<store::Importer>(spool_, importer_settings(node));
}

void RecordKeeping::publish() {
  publish_spool(spool_.counters());
  publish_importer(importer_->counters());
  // a counter that begins above 0 has not risen, for who watches: these are watched
  metrics_.counter(ops::Family::reconciliation_filled_lines_total);
  metrics_.counter(ops::Family::record_queue_dropped_total);
}

void RecordKeeping::publish_spool(const store::SpoolCounters& now) {
  const auto show = [this](ops::Family family, double value) { metrics_.gauge(family).set(value); };
  const auto oldest = std::chrono::duration<double>(now.oldest_age).count();
  show(ops::Family::db_spool_events, static_cast<double>(now.backlog));
  show(ops::Family::db_spool_oldest_seconds, now.backlog > 0 ? oldest : 0);
  show(ops::Family::db_spool_fill_ratio, now.fill_percent / 100.0);
  show(ops::Family::db_spool_held_events, static_cast<double>(now.held));
  const auto add = [this](ops::Family family, std::uint64_t risen) {
    metrics_.counter(family).add(risen);
  };
  add(ops::Family::db_spool_dropped_total, now.dropped - published_spool_.dropped);
  add(ops::Family::db_spool_damaged_total, now.damaged - published_spool_.damaged);
  add(ops::Family::db_spool_disk_errors_total, now.disk_errors - published_spool_.disk_errors);
  published_spool_ = now;
}

void RecordKeeping::publish_importer(const store::ImporterCounters& now) {
  using store::ImporterState;
  for (const auto state : {ImporterState::connecting, ImporterState::importing,
                           ImporterState::schema_mismatch, ImporterState::stopped}) {
    metrics_.gauge(ops::Family::db_importer_state, {to_string(state)}).set(state == now.state);
  }
  const auto add = [this](ops::Family family, std::uint64_t risen) {
    metrics_.counter(family).add(risen);
  };
  add(ops::Family::db_imported_total, now.imported - published_.imported);
  add(ops::Family::db_dead_letters_total, now.dead_letters - published_.dead_letters);
  add(ops::Family::db_import_failures_total, now.failures - published_.failures);
  published_ = now;
}

void RecordKeeping::stop() {
  analysis_->stop(flush_patience);
  reconciliation_->stop(flush_patience);
  privacy_->stop(flush_patience);
  report_days_->stop(flush_patience);
  queries_.stop();
  spool_.flush(flush_patience);
  importer_->stop(flush_patience);
}

void RecordKeeping::close() {
  if (std::exchange(is_closed_, true)) return;
  spool_.stop();
  log_.info("stopped",
            {{"records_kept", spool_.counters().backlog}, {"directory", config_.spool_dir}});
}

store::NoticeSink RecordKeeping::notices() {
  return [this](const store::Notice& notice) {
    const auto level = notice.severity == store::Severity::info      ? ops::LogLevel::info
                       : notice.severity == store::Severity::warning ? ops::LogLevel::warn
                                                                     : ops::LogLevel::error;
    log_.write(level, notice.code, {{"detail", notice.detail}});
  };
}

store::JobWorkerSettings RecordKeeping::worker_settings(const std::string& node) {
  store::JobWorkerSettings settings;
  settings.database = database_;
  settings.owner = node;
  settings.notices = notices();
  return settings;
}

store::ImporterSettings RecordKeeping::importer_settings(const std::string& node) {
  store::ImporterSettings settings;
  settings.database = database_;
  settings.node_name = node;
  settings.version = version;
  settings.notices = notices();
  settings.on_written = [&histogram = metrics_.histogram(ops::Family::db_write_seconds)](
                            core::Duration took) { histogram.observe(in_seconds(took)); };
  settings.on_imported = [this](std::span<const core::Record> records) {
    for (const auto& record : records)
      if (std::holds_alternative<core::CallEnded>(record.body)) analysis_->nudge();
  };
  return settings;
}

store::JobHandler RecordKeeping::analysis(Exchange exchange) {
  const auto limit = std::make_shared<SharedLimit>();
  auto handler = store::analysis_job(
      timed(make_analyse(analysis_settings(config_), std::move(exchange), limit),
            metrics_.histogram(ops::Family::analysis_seconds)),
      [this](const std::string& call_id, const store::AnalysisOutcome& outcome) {
        note_analysis(outcome);
        on_analysed_(call_id, outcome);
        metrics_.counter(ops::Family::analysis_total, {outcome.outcome, word_of(outcome.state)})
            .add();
        // what asking again cannot mend wants an operator; the other jobs go on (G03)
        const bool is_alarm = outcome.state == store::AnalysisOutcome::State::failed;
        log_.write(
            is_alarm ? ops::LogLevel::error : ops::LogLevel::info, "call_analysed",
            {{"call_id", call_id},
             {"state", word_of(outcome.state)},
             {"outcome", outcome.outcome},
             {"reason", outcome.state == store::AnalysisOutcome::State::done ? std::string()
                                                                             : outcome.reason}});
      });
  handler.pause = [limit] { return limit->pause(); };
  return handler;
}

store::JobHandler RecordKeeping::reconciliation(Exchange exchange) {
  return reconciliation_job(
      reconciliation_settings(config_), std::move(exchange),
      [this](const std::string& call_id, const store::ReconciliationRow& row, std::int32_t filled) {
        metrics_.counter(ops::Family::reconciliation_total, {row.result}).add();
        const bool is_alarm = row.result == "filled" && filled > 0;
        if (is_alarm) {
          metrics_.counter(ops::Family::reconciliation_filled_lines_total)
              .add(static_cast<std::uint64_t>(filled));
        }
        log_.write(is_alarm ? ops::LogLevel::error : ops::LogLevel::info,
                   is_alarm ? "history_filled" : "history_compared",
                   {{"call_id", call_id},
                    {"result", row.result},
                    {"matched", row.matched},
                    {"filled", filled},
                    {"late", row.late},
                    {"extra", row.extra},
                    {"reason", row.reason}});
      });
}

/// Only of a technical failure: the reason of a verdict is about what was said.
void RecordKeeping::note_analysis(const store::AnalysisOutcome& outcome) {
  using State = store::AnalysisOutcome::State;
  const bool is_failure = outcome.state == State::retry || outcome.state == State::failed;
  const std::lock_guard lock(mutex_);
  last_analysis_ = is_failure ? outcome.reason : "";
}

std::optional<std::string> RecordKeeping::last_analysis() const {
  const std::lock_guard lock(mutex_);
  return last_analysis_;
}

}  // namespace tandem
