#include "store/latency_settings.hpp"

namespace tandem::store {

namespace {

constexpr std::int64_t settings_lock = 0x7461'6e64'656d'0015;

}  // namespace

std::vector<LatencySettingRow> load_latency_settings(Connection& connection) {
  const Rows rows = connection.run(
      "select name, value_ms, (extract(epoch from changed_at) * 1000000)::bigint, changed_by "
      "from bridge.latency_settings order by name");
  std::vector<LatencySettingRow> settings;
  for (int row = 0; row < rows.size(); ++row) {
    settings.push_back({std::string(rows.text(row, 0)), rows.integer(row, 1), rows.wall(row, 2),
                        std::string(rows.text(row, 3))});
  }
  return settings;
}

std::vector<LatencySettingRow> lock_latency_settings(Connection& connection) {
  connection.run("select pg_advisory_xact_lock($1)", Parameters().add(settings_lock));
  return load_latency_settings(connection);
}

void save_latency_setting(Connection& connection, const std::string& name,
                          std::optional<std::int64_t> value_ms, const std::string& changed_by) {
  if (!value_ms) {
    connection.run("delete from bridge.latency_settings where name = $1", Parameters().add(name));
    return;
  }
  connection.run(
      "insert into bridge.latency_settings (name, value_ms, changed_by) values ($1, $2, $3) "
      "on conflict (name) do update set value_ms = excluded.value_ms, changed_at = now(), "
      "changed_by = excluded.changed_by",
      Parameters().add(name).add(*value_ms).add(changed_by));
}

}  // namespace tandem::store
