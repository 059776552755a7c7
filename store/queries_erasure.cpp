#include "store/queries_erasure.hpp"

namespace tandem::store {

std::optional<ErasureStatus> load_erasure(Connection& connection, const std::string& order_id) {
  const Rows rows = connection.run(
      "select (extract(epoch from ordered_at) * 1000000)::bigint, "
      "(extract(epoch from finished_at) * 1000000)::bigint, coalesce(report::text, '') "
      "from bridge.erasures where id::text = $1",
      Parameters().add(order_id));
  if (rows.empty()) return std::nullopt;
  return ErasureStatus{.ordered_at = rows.wall(0, 0),
                       .finished_at = rows.optional<core::WallTime>(0, 1),
                       .report_json = std::string(rows.text(0, 2))};
}

}  // namespace tandem::store
