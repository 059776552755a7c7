// The audit log: who did what. Append-only, and a chain: every row holds the hash of the one before
// (store/schema/0011_people.sql), so that a row that was changed or taken out is noticed.
#pragma once

#include <string>

#include "store/people_queries.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

struct AuditEntry {
  std::string actor;  ///< a user's name, "token:...", "local", "command line", "bridge"
  std::string action;
  std::string subject = {};   ///< what was acted on, by its id; no personal data
  std::string detail = "{}";  ///< a JSON object, no personal data
};
/// Adds to the chain, in the transaction of what it tells of; other writers wait until that ends.
void audit(Connection& connection, const AuditEntry& entry);

}  // namespace tandem::store
