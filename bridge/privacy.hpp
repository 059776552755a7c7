// What the program does for privacy beside calls: the keys outside the database, the daily job that
// deletes what is old, and the orders to erase a person. docs/privacy.md has the whole of it.
#pragma once

#include "bridge/config.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "store/erasure.hpp"
#include "store/job_worker.hpp"

namespace tandem {

/// The database with the keys that its rows need. `config` outlives the answer.
store::DatabaseUrl database_of(const Config& config);

/// An order for now. Nothing without PHONE_HASH_KEY.
std::optional<store::ErasureOrder> erasure_order(const Config& config,
                                                 const core::PhoneNumber& number,
                                                 std::string ordered_by);

/// Two workers: retention and erasure. Logs and counts rows, never numbers.
class PrivacyJobs {
 public:
  /// `log` and `metrics` outlive this.
  PrivacyJobs(const Config& config, const store::JobWorkerSettings& settings, ops::Log& log,
              ops::Metrics& metrics);
  /// An order was imported. From any thread.
  void nudge() { erasure_.nudge(); }
  void stop(std::chrono::milliseconds grace);

 private:
  store::JobWorker retention_;
  store::JobWorker erasure_;
};

}  // namespace tandem
