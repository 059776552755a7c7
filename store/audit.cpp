#include "store/audit.hpp"

namespace tandem::store {

void audit(Connection& connection, const AuditEntry& entry) {
  connection.run(
      "insert into bridge.audit_log (actor, action, subject, detail) values ($1, $2, $3, "
      "$4::jsonb)",
      Parameters().add(entry.actor).add(entry.action).add(entry.subject).add(entry.detail));
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
