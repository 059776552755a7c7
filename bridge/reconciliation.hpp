// After a call that EVI carried: reads what Hume itself wrote down of it, lays that beside our own
// record and fills what we lack. The work of `reconcile` jobs (store/job_worker); blocking, never
// on a media thread.
//
// Hume writes its history with a delay of its own: it is read 10 s, one minute and ten minutes
// after the end, until two readings agree. What only the history has is then filled in, and that is
// an alarm: something on our own path lost it. Once more a minute later it is read again, so that a
// record that arrived in the same moment cannot leave a line twice.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "bridge/analysis.hpp"
#include "hume/history.hpp"
#include "store/job_worker.hpp"
#include "store/reconciliation.hpp"

namespace tandem {

struct ReconciliationSettings {
  hume::HistoryAccess access;            ///< without a key every call is "unavailable"
  std::chrono::seconds second_read{50};  ///< after the first
  std::chrono::seconds third_read{540};  ///< after the second
  std::chrono::seconds after_fill{60};
};

/// A comparison was stored. `newly_filled` lines were not in the record before.
using OnReconciled = std::function<void(const std::string& call_id, const store::ReconciliationRow&,
                                        std::int32_t newly_filled)>;

/// The handler of the kind "reconcile". `exchange` blocks. `on_reconciled` runs on the worker's
/// thread after the commit.
store::JobHandler reconciliation_job(ReconciliationSettings settings, Exchange exchange,
                                     OnReconciled on_reconciled);

/// What the history of all EVI sessions of a call says.
struct CallHistory {
  std::vector<hume::HistoryLine> lines;  ///< in the order in which they were said
  int chats = 0;                         ///< that were read
  /// Of a session that cannot be read: then nothing can be said about lines that the history lacks.
  std::optional<hume::HistoryError> unavailable;
  /// A reading that failed, or came too early, in a way that another one may not.
  std::optional<hume::HistoryError> passing;
  bool is_active = false;  ///< a session still runs, as Hume sees it
};

/// Reads every page of every EVI session of the call: those that it wrote down, and those that are
/// in their groups and belong to no other call.
CallHistory read_history(const ReconciliationSettings& settings, const Exchange& exchange,
                         store::Connection& connection, const std::string& call_id,
                         const store::ReconciliationCase& facts);

}  // namespace tandem
