// The database schema: migrations embedded in the binary (store/schema/*.sql), applied once each,
// in order, safe when many nodes do it at the same time. Migrations only add for one release, so
// that the release before can go on reading.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres.hpp"

namespace tandem::store {

struct Migration {
  int version;
  std::string_view name;  ///< "0001_calls"
  std::string_view sql;
};

/// All migrations of this binary, ascending.
std::span<const Migration> migrations() noexcept;

/// The version this binary needs.
int schema_version_needed() noexcept;

struct MigrationReport {
  int version = 0;           ///< of the database now
  std::vector<int> applied;  ///< by this call; empty when there was nothing to do
};

/// Brings the database to this binary's version in one transaction under a transaction-level
/// advisory lock; an index of a large record takes minutes, so a statement may take an hour. Throws
/// PostgresError; SchemaError when a migration that was applied differs from ours.
MigrationReport migrate(Connection& connection);

/// The version the database has; 0 when it has no schema of ours.
int schema_version(Connection& connection);

class SchemaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace tandem::store
