// The statements that keep one row of `calls` true. Every one can be repeated and may come in any
// order: times only move to the earliest word, the status only moves up, ids of the newest session
// win.
#pragma once

#include "bridge/core/record.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

/// Writes what a record says about its call as a whole; transcript entries and plain events say
/// nothing here. CallEnded also fills `analytics` and queues the analysis, unless they exist.
/// Inside a transaction of the caller.
void write_call_row(Connection& connection, const core::Record& record);

}  // namespace tandem::store
