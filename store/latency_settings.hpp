// The settings of the latency page as they are stored: names and milliseconds, only those that
// somebody set. What they mean, and their bounds, is web/latency_settings. Blocking; every function
// throws PostgresError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/postgres.hpp"

namespace tandem::store {

struct LatencySettingRow {
  std::string name;
  std::int64_t value_ms = 0;
  core::WallTime changed_at{};
  std::string changed_by;
};

/// By name.
std::vector<LatencySettingRow> load_latency_settings(Connection& connection);
/// The same, and whoever else wants to change them waits until this transaction ends.
std::vector<LatencySettingRow> lock_latency_settings(Connection& connection);
/// Nothing: back to the default.
void save_latency_setting(Connection& connection, const std::string& name,
                          std::optional<std::int64_t> value_ms, const std::string& changed_by);

}  // namespace tandem::store
