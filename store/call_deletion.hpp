// Deletes calls with everything that hangs on them: every table of the schema that has a column
// `call_id`, read from the catalog, so that a table that comes later is not forgotten. What is kept
// for reasons of its own (do-not-call entries, dial decisions) is named in the source.
//
// Not here: which calls (store/retention, store/erasure).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "store/postgres.hpp"

namespace tandem::store {

/// Rows deleted, by table.
using DeletedRows = std::map<std::string, std::int64_t>;

/// Tables that have a call_id and outlive their call.
const std::vector<std::string>& tables_that_outlive_calls();

/// Inside a transaction of the caller, which should hold few calls: it locks their rows. Adds to
/// `deleted`. Unknown ids are fine.
void delete_calls(Connection& connection, const std::vector<std::string>& call_ids,
                  DeletedRows& deleted);

/// What has reached a table of calls after its call was erased (a worker that was just busy with
/// it). In a transaction of the caller.
void delete_remains_of_erased_calls(Connection& connection, DeletedRows& deleted);

}  // namespace tandem::store
