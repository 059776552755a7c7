// The daily job: deletes calls older than RETENTION_DAYS with everything that hangs on them, in
// transactions of 50 calls, and what else has had its time. One node does it, once a day (a job
// under a lease); it never waits for an importer and no call waits for it.
//
// By rules of their own: consent (five years after it was withdrawn), dial decisions (five years:
// 16 CFR 310.5), do-not-call entries and the audit log (never deleted). 0 days: calls are kept for
// ever.
#pragma once

#include <chrono>
#include <functional>

#include "store/call_deletion.hpp"
#include "store/job_worker.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

struct RetentionSettings {
  int days = 90;                          ///< 0: calls are kept for ever
  std::chrono::seconds longest_turn{60};  ///< then the job yields, and goes on a second later
  std::function<void(const DeletedRows&)> on_deleted = [](const DeletedRows&) {};
};

/// Deletes at most 50 calls that are due, in a transaction of its own; false when none was left.
bool delete_expired_calls(Connection& connection, int days, DeletedRows& deleted);

/// Rows of no call that have had their time: dead letters, finished jobs, memories of erased calls
/// and the reports of erasures after `days`; evidence after five years.
void delete_expired_rows(Connection& connection, int days, DeletedRows& deleted);

/// Jobs of kind 'retention': also fills phone hashes that are missing and enforces erasures. Puts
/// its one job into the table itself.
JobHandler retention_job(RetentionSettings settings);

}  // namespace tandem::store
