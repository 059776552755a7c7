// Durable work after a call: rows of `jobs`, taken by any node with FOR UPDATE SKIP LOCKED under a
// lease. A worker whose lease ran out is fenced: its answer is not stored, because another worker
// may have given one.
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
  std::int32_t attempts = 0;  ///< this one included
  std::int64_t fence = 0;
  std::chrono::seconds age{0};  ///< since it was created
};

/// Takes one due job of this kind, or one whose lease ran out. Commits by itself.
std::optional<Job> claim_job(Connection& connection, const std::string& kind,
                             const std::string& owner, std::chrono::seconds lease);

// Each of these ends the claim; false when the job was taken by someone else meanwhile: then roll
// back.
bool finish_job(Connection& connection, const Job& job);
bool retry_job(Connection& connection, const Job& job, std::chrono::seconds delay,
               const std::string& error);
/// state: "failed" or "needs_review".
bool give_up_job(Connection& connection, const Job& job, const std::string& state,
                 const std::string& error);

/// Queues the analysis of a call (again); false when the call is unknown or its analysis is running
/// now.
bool request_analysis(Connection& connection, const std::string& call_id);

}  // namespace tandem::store
