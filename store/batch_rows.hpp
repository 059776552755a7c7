// One batch of records as few statements: transcript entries and events go in by unnest (60 000
// rows/s at 100 rows per statement, measured), the rarer call rows one by one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bridge/core/record.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

/// False for an event that is no JSON object: PostgreSQL would refuse it, and quote it in its own
/// log (fault P20).
bool is_storable(const core::Record& record);

/// Writes all records inside a transaction of the caller, but for those of erased calls; orders to
/// erase are taken (store/erasure.hpp). Repeating records changes nothing.
/// Answers the indexes of records whose (call_id, seq) is taken by *different* content: those were
/// not written (fault P10).
std::vector<std::size_t> write_records(Connection& connection,
                                       std::span<const core::Record> records);

}  // namespace tandem::store
