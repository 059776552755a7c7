#include "store/audit.hpp"

#include <algorithm>

namespace tandem::store {

void audit(Connection& connection, const AuditEntry& entry) {
  connection.run(
      "insert into bridge.audit_log (actor, action, subject, detail) values ($1, $2, $3, "
      "$4::jsonb)",
      Parameters().add(entry.actor).add(entry.action).add(entry.subject).add(entry.detail));
}

AuditPage list_audit(Connection& connection, const AuditFilter& filter) {
  const Rows rows = connection.run(
      "select id, (extract(epoch from at) * 1000000)::bigint, actor, action, subject, detail::text "
      "from bridge.audit_log where ($1::text is null or actor = $1) "
      "and ($2::text is null or action = $2) and ($3::bigint is null or id < $3) "
      "order by id desc limit $4::bigint + 1",
      Parameters().add(filter.actor).add(filter.action).add(filter.before).add(filter.limit));
  AuditPage page;
  for (int row = 0; row < std::min(rows.size(), filter.limit); ++row)
    page.rows.push_back({.id = rows.integer(row, 0),
                         .at = rows.wall(row, 1),
                         .actor = std::string(rows.text(row, 2)),
                         .action = std::string(rows.text(row, 3)),
                         .subject = std::string(rows.text(row, 4)),
                         .detail_json = std::string(rows.text(row, 5))});
  if (rows.size() > filter.limit) page.next = page.rows.back().id;
  return page;
}

AuditCheck check_audit(Connection& connection) {
  const Rows rows = connection.run(
      "select count(*), min(id) filter (where is_wrong) from (select id, "
      "hash is distinct from "
      "bridge.audit_hash(previous_hash, id, at, actor, action, subject, detail) "
      "or previous_hash is distinct from lag(hash) over (order by id) "
      "or id <> coalesce(lag(id) over (order by id), 0) + 1 as is_wrong "
      "from bridge.audit_log) chain");
  return {.entries = rows.integer(0, 0), .first_wrong = rows.optional<std::int64_t>(0, 1)};
}

}  // namespace tandem::store
