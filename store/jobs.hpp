// Durable work: rows of `jobs`, taken by any node with FOR UPDATE SKIP LOCKED under a lease. A
// worker whose lease ran out is fenced: its answer is not stored, because another worker may have
// given one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "store/postgres.hpp"

namespace tandem::store {

struct Job {
  std::int64_t id = 0;
  std::string key;            ///< what it is about, for 'analyse' the call id
  std::string payload;        ///< a JSON object
  std::int32_t attempts = 0;  ///< this one included
  std::int64_t fence = 0;
  std::chrono::seconds age{0};  ///< since it was created
};

/// Takes one due job of this kind, or one whose lease ran out. Commits by itself.
std::optional<Job> claim_job(Connection& connection, const std::string& kind,
                             const std::string& owner, std::chrono::seconds lease);

/// How a claim ends.
struct ClaimEnd {
  std::string state;              ///< "done", "failed", "needs_review"; "queued": it runs again
  std::chrono::seconds delay{0};  ///< queued: from now
  std::string note = {};          ///< for last_error; empty: none
  std::optional<std::string> payload = std::nullopt;  ///< in place of the job's, JSON
  bool counts_anew = false;                           ///< attempts and age begin again
  bool uncounted = false;                             ///< this attempt does not count
};

/// False when the job was taken by someone else meanwhile: then roll back.
bool end_claim(Connection& connection, const Job& job, const ClaimEnd& end);

/// Queues the analysis of a call (again); false when the call is unknown or its analysis is running
/// now. Three statements: inside a transaction of the caller.
bool request_analysis(Connection& connection, const std::string& call_id);

}  // namespace tandem::store
