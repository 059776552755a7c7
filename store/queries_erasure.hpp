// Reads what became of an order to erase a person (store/erasure.hpp). Blocking, as
// store/queries.hpp.
#pragma once

#include <optional>
#include <string>

#include "bridge/core/types.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

struct ErasureStatus {
  core::WallTime ordered_at{};
  std::optional<core::WallTime> finished_at;  ///< nothing: still to be done
  std::string report_json;                    ///< an object; empty before it is done
};

/// Nothing when there is no such order, or none that has reached the database.
std::optional<ErasureStatus> load_erasure(Connection& connection, const std::string& order_id);

}  // namespace tandem::store
