// The record of what was said, from the spool to the verdict: the spool, the importer, the threads
// that answer queries, and the workers that come after a call. Nothing here runs on a media thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "bridge/analysis.hpp"
#include "bridge/config.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/privacy.hpp"
#include "bridge/reconciliation.hpp"
#include "store/importer.hpp"
#include "store/job_worker.hpp"
#include "store/query_thread.hpp"
#include "store/spool.hpp"

namespace tandem {

class RecordKeeping {
 public:
  /// Opens the spool; throws store::FileError when another process holds it. `config`, `log` and
  /// `metrics` outlive this.
  RecordKeeping(const Config& config, ops::Log& log, ops::Metrics& metrics);
  ~RecordKeeping() { close(); }
  RecordKeeping(const RecordKeeping&) = delete;
  RecordKeeping& operator=(const RecordKeeping&) = delete;

  [[nodiscard]] store::Spool& spool() noexcept { return spool_; }
  [[nodiscard]] const store::Spool& spool() const noexcept { return spool_; }
  [[nodiscard]] store::QueryThread& queries() noexcept { return queries_; }
  /// After start().
  [[nodiscard]] store::ImporterCounters importer() const { return importer_->counters(); }

  // For health; from any thread once start() returned.
  [[nodiscard]] store::ImporterCounters importing() const { return importer_->counters(); }
  /// Why the newest analysis got no verdict, empty when it got one; nothing before the first.
  [[nodiscard]] std::optional<std::string> last_analysis() const;

  /// Begins to import and to work. `exchange` blocks its caller, and works until stop() returned.
  /// `on_analysed` hears, on a worker's thread, what became of every try to judge a call.
  void start(const std::string& node, Exchange exchange, store::OnAnalysed on_analysed);
  /// A comparison with a provider's own history is due. From any thread.
  void nudge_reconciliation() { reconciliation_->nudge(); }
  /// Brings the metrics up to date with the spool and the importer. Control thread, after start().
  void publish();
  /// After the last call ended: work under way is finished, what was written is synced and, while
  /// the database answers, imported.
  void stop();
  /// Ends the spool thread, and says how many records wait on disk for the next start. Idempotent.
  void close();

 private:
  store::NoticeSink notices();
  store::JobWorkerSettings worker_settings(const std::string& node);
  store::ImporterSettings importer_settings(const std::string& node);
  void publish_spool(const store::SpoolCounters& now);
  void publish_importer(const store::ImporterCounters& now);
  store::JobHandler analysis(Exchange exchange);
  store::JobHandler reconciliation(Exchange exchange);
  void note_analysis(const store::AnalysisOutcome& outcome);

  const Config& config_;
  ops::Log& log_;
  ops::Metrics& metrics_;
  store::DatabaseUrl database_;
  store::Spool spool_;
  store::QueryThread queries_;
  std::unique_ptr<store::JobWorker> analysis_;
  std::unique_ptr<store::JobWorker> reconciliation_;
  std::unique_ptr<store::JobWorker> report_days_;
  std::unique_ptr<PrivacyJobs> privacy_;
  std::unique_ptr<store::Importer> importer_;
  mutable std::mutex mutex_;  ///< of the next one
  std::optional<std::string> last_analysis_;
  store::OnAnalysed on_analysed_;
  store::ImporterCounters published_;  ///< what the counters of the metrics hold
  store::SpoolCounters published_spool_;
  bool is_closed_ = false;
};

}  // namespace tandem
