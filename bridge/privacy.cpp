#include "bridge/privacy.hpp"

#include "bridge/clock.hpp"
#include "bridge/random_id.hpp"
#include "store/retention.hpp"
#include "store/vault.hpp"

namespace tandem {

namespace {

void count(ops::Metrics& metrics, std::string_view why, const store::DeletedRows& deleted) {
  for (const auto& [table, rows] : deleted) {
    metrics.counter(ops::Family::records_deleted_total, {why, table})
        .add(static_cast<std::uint64_t>(rows));
  }
}

std::int64_t sum(const store::DeletedRows& rows) {
  std::int64_t all = 0;
  for (const auto& [table, deleted] : rows) all += deleted;
  return all;
}

std::int64_t calls_of(const store::DeletedRows& rows) {
  const auto calls = rows.find("calls");
  return calls == rows.end() ? 0 : calls->second;
}

store::JobHandler retention(const Config& config, ops::Log& log, ops::Metrics& metrics) {
  store::RetentionSettings settings;
  settings.days = config.retention_days;
  settings.on_deleted = [&log, &metrics](const store::DeletedRows& deleted) {
    count(metrics, "retention", deleted);
    log.info("retention_done", {{"calls", calls_of(deleted)}, {"rows", sum(deleted)}});
  };
  return store::retention_job(std::move(settings));
}

store::JobHandler erasure(ops::Log& log, ops::Metrics& metrics) {
  return store::erasure_job(
      [&log, &metrics](const std::string& order_id, const store::ErasureReport& report) {
        count(metrics, "erasure", report.deleted);
        log.info("person_erased", {{"order_id", order_id},
                                   {"calls", calls_of(report.deleted)},
                                   {"rows", sum(report.deleted)},
                                   {"kept", sum(report.kept)}});
      });
}

}  // namespace

store::DatabaseUrl database_of(const Config& config) {
  const auto vault =
      std::make_shared<const store::Vault>(config.phone_hash_key, config.transcript_key);
  const auto address = store::database_address(config.database_url, config.database_url_file);
  return [address, vault] { return store::DatabaseAddress(address().url, vault); };
}

std::optional<store::ErasureOrder> erasure_order(const Config& config,
                                                 const core::PhoneNumber& number,
                                                 std::string ordered_by) {
  const auto hash = store::Vault(config.phone_hash_key, {}).phone_hash(number);
  if (!hash) return std::nullopt;
  const auto now = wall_now();
  return store::ErasureOrder{.id = random_call_id().str(),
                             .phone_hash = *hash,
                             .ordered_by = std::move(ordered_by),
                             .ordered_at = now};
}

PrivacyJobs::PrivacyJobs(const Config& config, const store::JobWorkerSettings& settings,
                         ops::Log& log, ops::Metrics& metrics)
    : retention_(settings, retention(config, log, metrics)),
      erasure_(settings, erasure(log, metrics)) {}

void PrivacyJobs::stop(std::chrono::milliseconds grace) {
  retention_.stop(grace);
  erasure_.stop(grace);
}

}  // namespace tandem
