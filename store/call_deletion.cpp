#include "store/call_deletion.hpp"

#include <fmt/format.h>

namespace tandem::store {

namespace {

struct Table {
  std::string name;  ///< as SQL
  std::string type;  ///< of call_id: "uuid", "text"
};

// One statement each time: the tables are few, and a migration may add one under a running program.
std::vector<Table> tables_of_calls(Connection& connection) {
  ArrayText kept;
  for (const auto& table : tables_that_outlive_calls()) kept.add(table);
  const Rows rows = connection.run(
      "select quote_ident(c.relname), format_type(a.atttypid, null) from pg_class c "
      "join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid "
      "where n.nspname = 'bridge' and c.relkind in ('r', 'p') and a.attname = 'call_id' "
      "and not a.attisdropped and c.relname <> all ($1::text[]) order by 1",
      Parameters().add(kept.finish()));
  std::vector<Table> tables;
  for (int row = 0; row < rows.size(); ++row) {
    tables.push_back({std::string(rows.text(row, 0)), std::string(rows.text(row, 1))});
  }
  return tables;
}

void count(DeletedRows& deleted, const std::string& table, const Rows& rows) {
  if (rows.affected() > 0) deleted[table] += rows.affected();
}

}  // namespace

const std::vector<std::string>& tables_that_outlive_calls() {
  static const std::vector<std::string> tables = {"dial_decisions", "dnc_numbers", "erased_calls"};
  return tables;
}

void delete_calls(Connection& connection, const std::vector<std::string>& call_ids,
                  DeletedRows& deleted) {
  if (call_ids.empty()) return;
  ArrayText ids;
  for (const auto& id : call_ids) ids.add(id);
  const Parameters parameters = Parameters().add(ids.finish());
  for (const Table& table : tables_of_calls(connection)) {
    count(deleted, table.name,
          connection.run(fmt::format("delete from bridge.{} where call_id = any ($1::{}[])",
                                     table.name, table.type),
                         parameters));
  }
  count(deleted, "jobs",
        connection.run("delete from bridge.jobs where key = any ($1::text[])", parameters));
  count(deleted, "calls",
        connection.run("delete from bridge.calls where id = any ($1::uuid[])", parameters));
}

void delete_remains_of_erased_calls(Connection& connection, DeletedRows& deleted) {
  for (const Table& table : tables_of_calls(connection)) {
    count(deleted, table.name,
          connection.run(fmt::format("delete from bridge.{} t using bridge.erased_calls e "
                                     "where t.call_id = e.call_id::{}",
                                     table.name, table.type)));
  }
  count(deleted, "calls",
        connection.run(
            "delete from bridge.calls c using bridge.erased_calls e where c.id = e.call_id"));
}

}  // namespace tandem::store
