#include "store/importer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "store/batch_rows.hpp"
#include "store/json_text.hpp"
#include "store/migrate.hpp"

namespace tandem::store {

namespace {

constexpr auto idle_wait = std::chrono::seconds(1);
constexpr auto node_interval = std::chrono::seconds(10);

constexpr std::string_view query_canceled = "57014";  // statement_timeout, or an administrator

/// The call a record belongs to as far as its payload tells, for a dead letter.
std::string call_of(const std::optional<core::Record>& record) {
  return record ? sanitise_text(record->call_id.str()).text : std::string();
}

}  // namespace

std::string_view to_string(ImporterState state) noexcept {
  switch (state) {
    case ImporterState::connecting:
      return "connecting";
    case ImporterState::importing:
      return "importing";
    case ImporterState::schema_mismatch:
      return "schema_mismatch";
    case ImporterState::stopped:
      return "stopped";
  }
  return "unknown";
}

Importer::Importer(Spool& spool, ImporterSettings settings)
    : spool_(spool),
      settings_(std::move(settings)),
      position_(spool.checkpoint()),
      rows_max_(settings_.batch.records_max) {
  thread_ = std::thread([this] { run(); });
}

Importer::~Importer() { stop(std::chrono::milliseconds(0)); }

void Importer::run() {
  bool goes_on = true;
  while (goes_on) {
    try {
      goes_on = step();
      failures_in_a_row_ = 0;
    } catch (const PostgresError& error) {
      failed(error);
      goes_on = !is_stopping() && error.kind() != SqlErrorClass::interrupted;
      if (goes_on) pause(next_backoff());
    } catch (const std::exception& error) {  // the credential file is gone, memory is short
      failed(PostgresError(SqlErrorClass::unavailable, "", error.what()));
      goes_on = !is_stopping();
      if (goes_on) pause(next_backoff());
    }
  }
  spool_.acknowledge(position_);
  connection_.reset();
  set_state(ImporterState::stopped);
  const std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

/// One batch; false when stopping and nothing is left.
bool Importer::step() {
  if (!connection_ || !connection_->usable()) connect();
  fill_batch();
  if (batch_.empty()) {
    if (is_stopping()) return false;
    spool_.acknowledge(position_);
    touch_node();
    return true;
  }
  import_in_time();
  touch_node();
  return true;
}

/// What does not fit into statement_timeout is done in smaller steps: the rest of the batch stays
/// for the next one.
void Importer::import_in_time() {
  const std::size_t rows = std::min(batch_.size(), rows_max_);
  try {
    import({batch_.data(), rows});
  } catch (const PostgresError& error) {
    if (error.sqlstate() == query_canceled) rows_max_ = std::max<std::size_t>(rows / 2, 1);
    throw;
  }
  rows_max_ = std::min(rows_max_ * 2, settings_.batch.records_max);
}

void Importer::connect() {
  connection_.reset();
  connection_.emplace(settings_.database(), &interrupt_);
  const int version = schema_version(*connection_);
  if (version != schema_version_needed()) {
    throw PostgresError(
        SqlErrorClass::schema, "",
        fmt::format("schema version {}, this program needs {}", version, schema_version_needed()));
  }
  const Rows watermark =
      connection_->run("select epoch, lsn from bridge.spool_watermarks where node_id = $1",
                       Parameters().add(spool_.node_text()));
  forget_committed();
  if (!watermark.empty()) {
    const SpoolPosition stored{static_cast<std::uint64_t>(watermark.integer(0, 0)),
                               static_cast<std::uint64_t>(watermark.integer(0, 1))};
    // a COMMIT whose answer was lost may have worked: those records are in
    const auto rest = std::find_if(batch_.begin(), batch_.end(), [&](const Entry& entry) {
      return entry.spooled.position > stored;
    });
    {
      const std::lock_guard lock(mutex_);
      counters_.imported += static_cast<std::uint64_t>(rest - batch_.begin());
    }
    announce({batch_.begin(), rest});
    batch_.erase(batch_.begin(), rest);
    position_ = std::max(position_, stored);
    spool_.acknowledge(position_);
  }
  settings_.notices({Severity::info, "database_connected",
                     fmt::format("{} records wait", spool_.counters().backlog)});
  set_state(ImporterState::importing);
}

/// The batch goes in by halves and smaller steps: what is in must not be counted and told again.
void Importer::forget_committed() {
  std::erase_if(batch_, [this](const Entry& entry) { return entry.spooled.position <= position_; });
}

void Importer::fill_batch() {
  forget_committed();
  if (!batch_.empty()) return;
  if (!is_stopping()) {
    spool_.wait_for_records(position_, idle_wait);
    pause(settings_.linger);
  }
  for (SpooledRecord& spooled : spool_.read_after(position_, settings_.batch)) {
    Entry entry{std::move(spooled), std::nullopt, {}};
    auto decoded = decode_record(entry.spooled.type, entry.spooled.wall, entry.spooled.payload);
    if (decoded.ok() && is_storable(*decoded)) {
      entry.record = std::move(*decoded);
    } else if (decoded.ok()) {
      entry.undecodable = "the event is not a JSON object";
    } else {
      entry.undecodable = to_string(decoded.error());
    }
    batch_.push_back(std::move(entry));
  }
}

void Importer::import(std::span<const Entry> entries) {
  try {
    const auto begun = std::chrono::steady_clock::now();
    write_transaction(entries);
    settings_.on_written(std::chrono::steady_clock::now() - begun);
    return;
  } catch (const PostgresError& error) {
    if (error.kind() != SqlErrorClass::permanent) throw;
    if (entries.size() == 1) {
      Transaction transaction(*connection_);
      write_dead_letter(entries.front(), error.sqlstate(), error.detail());
      write_watermark(entries.front().spooled.position);
      transaction.commit();
      committed(entries, 1);
      return;
    }
  }
  import(entries.first(entries.size() / 2));
  import(entries.subspan(entries.size() / 2));
}

void Importer::write_transaction(std::span<const Entry> entries) {
  std::vector<core::Record> records;
  std::vector<const Entry*> sources;
  std::uint64_t dead_letters = 0;
  Transaction transaction(*connection_);
  for (const Entry& entry : entries) {
    if (entry.record) {
      records.push_back(*entry.record);
      sources.push_back(&entry);
    } else {
      write_dead_letter(entry, "", entry.undecodable);
      ++dead_letters;
    }
  }
  const std::vector<std::size_t> conflicts = write_records(*connection_, records);
  for (const std::size_t index : conflicts) {
    write_dead_letter(*sources[index], "23505", "the key is taken by other content");
  }
  write_watermark(entries.back().spooled.position);
  transaction.commit();
  if (!conflicts.empty()) {
    const std::lock_guard lock(mutex_);
    counters_.conflicts += conflicts.size();
  }
  committed(entries, dead_letters + conflicts.size());
}

void Importer::write_dead_letter(const Entry& entry, std::string_view sqlstate,
                                 std::string_view reason) {
  const SpooledRecord& spooled = entry.spooled;
  connection_->run(
      "insert into bridge.dead_letters (node_id, epoch, lsn, record_type, call_id, payload, "
      "sqlstate, reason, wall) "
      "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
      Parameters()
          .add(spool_.node_text())
          .add(spooled.position.epoch)
          .add(spooled.position.lsn)
          .add(to_string(spooled.type))
          .add(call_of(entry.record))
          .add(sanitise_text(spooled.payload).text)
          .add(sqlstate)
          .add(sanitise_text(reason).text)
          .add(spooled.wall));
}

void Importer::write_watermark(SpoolPosition through) {
  connection_->run(
      "insert into bridge.spool_watermarks as w (node_id, epoch, lsn) values ($1, $2, $3) "
      "on conflict (node_id) do update set epoch = excluded.epoch, lsn = excluded.lsn, updated_at "
      "= now() "
      "where (w.epoch, w.lsn) < (excluded.epoch, excluded.lsn)",
      Parameters().add(spool_.node_text()).add(through.epoch).add(through.lsn));
}

void Importer::committed(std::span<const Entry> entries, std::uint64_t dead_letters) {
  position_ = entries.back().spooled.position;
  if (dead_letters > 0) {
    settings_.notices({Severity::alarm, "dead_letter", fmt::format("{} records", dead_letters)});
  }
  {
    const std::lock_guard lock(mutex_);
    counters_.imported += entries.size() - dead_letters;
    counters_.dead_letters += dead_letters;
    ++counters_.batches;
  }
  announce(entries);
  spool_.acknowledge(position_);
}

void Importer::announce(std::span<const Entry> entries) {
  std::vector<core::Record> records;
  for (const Entry& entry : entries) {
    if (entry.record) records.push_back(*entry.record);
  }
  if (!records.empty()) settings_.on_imported(records);
}

void Importer::touch_node() {
  const core::TimePoint now = std::chrono::steady_clock::now();
  if (node_touched_ != core::TimePoint{} && now < node_touched_ + node_interval) return;
  node_touched_ = now;
  connection_->run(
      "insert into bridge.nodes (id, name, version, state) values ($1, $2, $3, $4) "
      "on conflict (id) do update set name = excluded.name, version = excluded.version, "
      "state = excluded.state, seen_at = now()",
      Parameters()
          .add(spool_.node_text())
          .add(settings_.node_name)
          .add(settings_.version)
          .add(to_string(spool_.counters().state)));
}

void Importer::failed(const PostgresError& error) {
  const bool is_first = failures_in_a_row_++ == 0;
  const bool is_schema = error.kind() == SqlErrorClass::schema;
  set_state(is_schema ? ImporterState::schema_mismatch : ImporterState::connecting);
  // the schema is read again at the next connect
  if (is_schema) connection_.reset();
  {
    const std::lock_guard lock(mutex_);
    ++counters_.failures;
    counters_.last_sqlstate = error.sqlstate();
    counters_.last_failure = error.what();
  }
  // a server that was away and comes back as somebody else is news as well
  const bool is_untrusted = error.kind() == SqlErrorClass::untrusted;
  const bool is_news = is_first || (is_untrusted && !told_untrusted_);
  told_untrusted_ = is_untrusted || (told_untrusted_ && !is_first);
  if (is_news && error.kind() != SqlErrorClass::interrupted) {
    settings_.notices({is_untrusted ? Severity::alarm : Severity::warning,
                       is_schema      ? "schema_mismatch"
                       : is_untrusted ? "database_untrusted"
                                      : "database_unreachable",
                       std::string(error.what())});
  }
}

std::chrono::milliseconds Importer::next_backoff() {
  const int doublings = std::min(failures_in_a_row_ - 1, 16);
  const auto longest = std::min(settings_.backoff_min * (1 << doublings), settings_.backoff_max);
  // half of it fixed, half of it chance: nodes that failed together must not come back together
  std::uniform_int_distribution<std::int64_t> jitter(longest.count() / 2, longest.count());
  return std::chrono::milliseconds(jitter(random_));
}

bool Importer::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopping_; });
}

bool Importer::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Importer::set_state(ImporterState state) {
  const std::lock_guard lock(mutex_);
  counters_.state = state;
}

ImporterCounters Importer::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void Importer::stop(std::chrono::milliseconds grace) {
  {
    std::unique_lock lock(mutex_);
    if (!thread_.joinable()) return;
    stopping_ = true;
    changed_.notify_all();
    spool_.wake_reader();
    if (!changed_.wait_for(lock, grace, [this] { return finished_; })) interrupt_.raise();
  }
  thread_.join();
}

}  // namespace tandem::store
