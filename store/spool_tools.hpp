// What an operator does with a spool directory by hand: `tandem spool verify | dump | drain DIR`.
// None of them takes a directory for a spool that is none, or makes one.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "store/postgres.hpp"

namespace tandem::store {

/// Reads everything without changing anything and prints a line for each segment and for whatever
/// is damaged or missing; true when there is nothing of the kind. Works on a directory in use.
bool spool_verify(const std::string& directory, std::ostream& out);

/// One JSON line per intact record: position, time, type, class, size, and with `with_payload` the
/// payload, which is personal data. False when some bytes hold no record.
bool spool_dump(const std::string& directory, bool with_payload, std::ostream& out);

/// Imports everything into the database, for example from a dead node's disk, prints what went
/// wrong and the counts; true when nothing is left. Gives up when nothing moved for `patience`.
/// Throws FileError when a process uses the directory.
bool spool_drain(const std::string& directory, const DatabaseUrl& database,
                 std::chrono::milliseconds patience, std::ostream& out);

}  // namespace tandem::store
