#include "store/number_hashing.hpp"

#include <fmt/format.h>

#include <array>

#include "store/vault.hpp"

namespace tandem::store {

namespace {

constexpr int rows_max = 500;

struct Table {
  const char* name;
  const char* id_type;
  const char* before_all;  ///< below every id
  bool is_unique;
};
constexpr std::array tables = {
    Table{"calls", "uuid", "00000000-0000-0000-0000-000000000000", false},
    Table{"consent", "bigint", "0", false},
    Table{"dnc_numbers", "bigint", "0", true},
    Table{"dial_decisions", "bigint", "0", false},
    Table{"dial_intents", "uuid", "00000000-0000-0000-0000-000000000000", false},
};

std::string select_of(const Table& table) {
  return fmt::format(
      "select id, phone_number from bridge.{} where phone_hash is null and phone_number is not "
      "null "
      "and id > $1::{} order by id limit {}",
      table.name, table.id_type, rows_max);
}

std::string update_of(const Table& table) {
  const std::string free =
      table.is_unique ? fmt::format(
                            " and not exists (select from bridge.{} o where o.phone_hash = "
                            "decode(h.hash, 'hex'))",
                            table.name)
                      : "";
  return fmt::format(
      "update bridge.{} t set phone_hash = decode(h.hash, 'hex') "
      "from unnest($1::{}[], $2::text[]) as h (id, hash) where t.id = h.id and t.phone_hash is "
      "null{}",
      table.name, table.id_type, free);
}

/// Rows after `last`, which moves; false when there are no more.
bool hash_some(Connection& connection, const Table& table, std::string& last,
               std::int64_t& hashed) {
  Transaction transaction(connection);
  const Rows rows = connection.run(select_of(table), Parameters().add(last));
  if (rows.empty()) return false;
  ArrayText ids;
  ArrayText hashes;
  for (int row = 0; row < rows.size(); ++row) {
    ids.add(rows.text(row, 0));
    const core::PhoneNumber number{std::string(rows.text(row, 1))};
    if (const auto hash = connection.vault()->phone_hash(number)) {
      hashes.add(*hash);
    } else {
      hashes.add_null();
    }
  }
  last = rows.text(rows.size() - 1, 0);
  hashed += connection.run(update_of(table), Parameters().add(ids.finish()).add(hashes.finish()))
                .affected();
  transaction.commit();
  return true;
}

}  // namespace

std::int64_t hash_numbers(Connection& connection) {
  if (connection.vault() == nullptr || !connection.vault()->can_hash()) return 0;
  std::int64_t hashed = 0;
  for (const Table& table : tables) {
    std::string last = table.before_all;
    while (hash_some(connection, table, last, hashed)) {
    }
  }
  return hashed;
}

}  // namespace tandem::store
