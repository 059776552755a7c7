#include "store/jobs.hpp"

#include "store/json_text.hpp"

namespace tandem::store {

std::optional<Job> claim_job(Connection& connection, const std::string& kind,
                             const std::string& owner, std::chrono::seconds lease) {
  const Rows rows = connection.run(
      "update bridge.jobs set state = 'running', attempts = attempts + 1, fence = fence + 1, "
      "lease_owner = $2, lease_until = now() + make_interval(secs => $3::bigint) "
      "where id = (select id from bridge.jobs where kind = $1 and "
      "((state = 'queued' and run_at <= now()) or (state = 'running' and lease_until < now())) "
      "order by run_at limit 1 for update skip locked) "
      "returning id, key, payload, attempts, fence, "
      "floor(extract(epoch from now() - created_at))::bigint",
      Parameters().add(kind).add(owner).add(std::int64_t{lease.count()}));
  if (rows.empty()) return std::nullopt;
  return Job{.id = rows.integer(0, 0),
             .key = std::string(rows.text(0, 1)),
             .payload = std::string(rows.text(0, 2)),
             .attempts = static_cast<std::int32_t>(rows.integer(0, 3)),
             .fence = rows.integer(0, 4),
             .age = std::chrono::seconds(rows.integer(0, 5))};
}

bool end_claim(Connection& connection, const Job& job, const ClaimEnd& end) {
  const Rows rows = connection.run(
      "update bridge.jobs set state = $3, lease_owner = null, lease_until = null, "
      "run_at = now() + make_interval(secs => $4::bigint), last_error = nullif($5, ''), "
      "finished_at = case when $3 = 'queued' then null else now() end, "
      "payload = coalesce($6::jsonb, payload), "
      "attempts = case when $7 then 0 when $8 then greatest(attempts - 1, 0) else attempts end, "
      "created_at = case when $7 then now() else created_at end "
      "where id = $1 and fence = $2 and state = 'running'",
      Parameters()
          .add(job.id)
          .add(job.fence)
          .add(end.state)
          .add(std::int64_t{end.delay.count()})
          .add(sanitise_text(end.note).text)
          .add(end.payload)
          .add(end.counts_anew)
          .add(end.uncounted));
  return rows.affected() == 1;
}

bool request_analysis(Connection& connection, const std::string& call_id) {
  const Rows job = connection.run(
      "insert into bridge.jobs as j (kind, key) select 'analyse', id::text from bridge.calls where "
      "id = $1 "
      "on conflict (kind, key) do update set state = 'queued', run_at = now(), attempts = 0, "
      "created_at = now(), finished_at = null where j.state <> 'running'",
      Parameters().add(call_id));
  if (job.affected() == 0) return false;
  connection.run(
      "insert into bridge.booking_analysis (call_id) values ($1) "
      "on conflict (call_id) do update set state = 'queued', queued_at = now(), outcome = null, "
      "booking_detected = null, confidence_score = null, appointment = null",
      Parameters().add(call_id));
  connection.run("update bridge.analytics set booking_status = 'pending' where call_id = $1::uuid",
                 Parameters().add(call_id));
  return true;
}

}  // namespace tandem::store
