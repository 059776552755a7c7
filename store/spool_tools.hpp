// What an operator does with a spool directory by hand: `tandem spool verify | dump | drain DIR`.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "store/postgres.hpp"

namespace tandem::store {

/// Reads every segment without changing anything and prints one line each; true when no byte is
/// damaged. Works on a directory in use: the newest segment may then end in a record that is being
/// written.
bool spool_verify(const std::string& directory, std::ostream& out);

/// One JSON line per record. Without `with_payload` only position, time, type, class and size:
/// payloads are personal data.
bool spool_dump(const std::string& directory, bool with_payload, std::ostream& out);

/// Imports everything into the database, for example from a dead node's disk, and prints the
/// counts; true when nothing is left. Gives up when nothing moved for `patience`.
bool spool_drain(const std::string& directory, const DatabaseUrl& database,
                 std::chrono::milliseconds patience, std::ostream& out);

}  // namespace tandem::store
