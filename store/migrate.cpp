#include "store/migrate.hpp"

#include <fmt/format.h>

#include <map>

#include "store/crc32c.hpp"

namespace tandem::store {

namespace {

// any constant of our own; two programs that migrate this schema must agree on it
constexpr std::int64_t migration_lock = 0x7461'6e64'656d'0001;

// An index is built anew in some minutes where there are a million calls.
constexpr auto statement_max = std::chrono::minutes(60);

std::string checksum(const Migration& migration) {
  return fmt::format("{:08x}", crc32c(migration.sql));
}

std::map<int, std::string> applied_versions(Connection& connection) {
  const Rows rows = connection.run("select version, checksum from bridge.schema_migrations");
  std::map<int, std::string> applied;
  for (int row = 0; row < rows.size(); ++row) {
    applied[static_cast<int>(rows.integer(row, 0))] = rows.text(row, 1);
  }
  return applied;
}

void apply(Connection& connection, const Migration& migration) {
  connection.script(std::string(migration.sql));
  connection.run(
      "insert into bridge.schema_migrations (version, name, checksum) values ($1, $2, $3)",
      Parameters()
          .add(std::int64_t{migration.version})
          .add(migration.name)
          .add(checksum(migration)));
}

}  // namespace

int schema_version_needed() noexcept { return migrations().back().version; }

MigrationReport migrate(Connection& connection) {
  // Other nodes may be migrating: wait for them, not for ever.
  Transaction transaction(
      connection, {.statement_timeout = statement_max, .lock_timeout = std::chrono::seconds(60)});
  connection.run("select pg_advisory_xact_lock($1)", Parameters().add(migration_lock));
  connection.script(
      "create schema if not exists bridge;"
      "create table if not exists bridge.schema_migrations (version integer primary key,"
      " name text not null, checksum text not null, applied_at timestamptz not null default now());"
      "alter table bridge.schema_migrations enable row level security");
  const auto applied = applied_versions(connection);
  MigrationReport report;
  for (const Migration& migration : migrations()) {
    const auto before = applied.find(migration.version);
    if (before == applied.end()) {
      apply(connection, migration);
      report.applied.push_back(migration.version);
    } else if (before->second != checksum(migration)) {
      throw SchemaError(
          fmt::format("migration {} was changed after it was applied", migration.name));
    }
  }
  transaction.commit();
  report.version = schema_version(connection);
  return report;
}

int schema_version(Connection& connection) {
  const Rows table = connection.run("select to_regclass('bridge.schema_migrations') is not null");
  if (!table.fact(0, 0)) return 0;
  const Rows version =
      connection.run("select coalesce(max(version), 0) from bridge.schema_migrations");
  return static_cast<int>(version.integer(0, 0));
}

}  // namespace tandem::store
