#include "store/spool_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace tandem::store {

namespace {
constexpr auto retry_delay = std::chrono::seconds(1);
constexpr auto measure_interval = std::chrono::seconds(1);
constexpr std::size_t write_bytes_max = 256 * 1024;

bool is_out_of_space(int error) noexcept {
  return error == ENOSPC || error == EDQUOT || error == EROFS;
}
}  // namespace

SpoolWriter::SpoolWriter(SpoolDirectory& directory, SegmentTable& table, SpoolLimits limits,
                         NoticeSink notices)
    : directory_(directory),
      table_(table),
      limits_(limits),
      calls_(directory.calls()),
      notices_(std::move(notices)),
      epoch_(directory.epoch()) {}

void SpoolWriter::accept(const core::Record& record, DurableCallback on_durable) {
  const SyncClass sync = on_durable ? SyncClass::durable : sync_class_of(record);
  accept_as(sync, record, std::move(on_durable));
}

void SpoolWriter::accept_as(SyncClass sync, const core::Record& record,
                            DurableCallback on_durable) {
  Pending pending{type_of(record),      sync, record.wall, record.call_id, encode_record(record),
                  std::move(on_durable)};
  if (pending.payload.size() > frame_payload_bytes_max) {
    notices_({Severity::alarm, "record_too_large", std::string(to_string(pending.type))});
    give_up(pending, counters_.dropped_too_large);
    note_lost(pending.call, pending.wall);
    return;
  }
  // a class A record never waits for the pause that others take
  if (sync == SyncClass::durable) retry_now();
  pending_.push_back(std::move(pending));
}

void SpoolWriter::note_lost(const core::CallId& call, core::WallTime wall) {
  if (const auto event = incomplete_.lost(call, wall)) accept_as(SyncClass::durable, *event, {});
}

void SpoolWriter::flag_held(const std::deque<Pending>& records) {
  std::vector<core::Record> events;
  for (const Pending& record : records) {
    if (record.sync != SyncClass::soon) continue;
    if (auto event = incomplete_.held(record.call, record.wall)) events.push_back(*event);
  }
  for (const core::Record& event : events) accept_as(SyncClass::durable, event, {});
}

void SpoolWriter::flag_restored() {
  for (const core::Record& event : incomplete_.restored(last_wall_)) {
    accept_as(SyncClass::soon, event, {});
  }
}

void SpoolWriter::give_up(const Pending& record, std::atomic<std::uint64_t>& counter) {
  ++counter;
  if (record.on_durable) record.on_durable(false);
}

/// How full the disk is changes without us too, but asking it for every record would be dear.
void SpoolWriter::measure(core::TimePoint now) {
  if (now >= measured_ + measure_interval || measured_ == core::TimePoint{}) {
    measured_ = now;
    // once the reserve is in use, being able to set it aside again is the proof that there is room
    if (directory_.is_reserve_out()) directory_.set_aside_reserve(limits_.reserve_bytes);
    free_bytes_ = directory_.free_bytes();
  }
  if (const auto notice = fill_.update(table_.total_bytes(), limits_.bytes_max, free_bytes_)) {
    notices_(*notice);
  }
}

/// What may be written now: everything while there is room; at 100 % class A goes on, class B waits
/// in memory and class C is dropped.
std::deque<SpoolWriter::Pending> SpoolWriter::admit() {
  std::deque<Pending> batch;
  std::deque<Pending> waiting;
  const bool room = !directory_.is_reserve_out() && table_.total_bytes() < limits_.bytes_max;
  std::size_t bytes = 0;
  for (Pending& record : pending_) {
    const bool may_go = room || record.sync == SyncClass::durable;
    const bool is_tight = !room || is_out_of_space_;
    if (is_tight && record.sync == SyncClass::best_effort) {
      give_up(record, counters_.dropped_full);
    } else if (may_go && bytes < std::min(write_bytes_max, limits_.segment_bytes)) {
      bytes += framed_size(record.payload.size());
      batch.push_back(std::move(record));
    } else {
      waiting.push_back(std::move(record));
    }
  }
  pending_ = std::move(waiting);
  if (!room) flag_held(std::as_const(pending_));
  return batch;
}

bool SpoolWriter::someone_waits(const std::deque<Pending>& records) {
  return std::any_of(records.begin(), records.end(),
                     [](const Pending& record) { return record.sync == SyncClass::durable; });
}

void SpoolWriter::write(core::TimePoint now) {
  measure(now);
  while (!pending_.empty() && now >= retry_at_) {
    std::deque<Pending> batch = admit();
    if (!batch.empty()) {
      write_batch(batch, now);
    } else if (!someone_waits(pending_)) {
      retry_at_ = now + retry_delay;
    }
  }
  trim_pending();
  const bool refusing = !pending_.empty();
  counters_.held = pending_.size();
  if (counters_.disk_full.exchange(refusing) != refusing) {
    notices_({refusing ? Severity::alarm : Severity::info, "spool_full",
              refusing ? "records are kept in memory" : "records are written again"});
    if (!refusing) flag_restored();
  }
}

void SpoolWriter::write_batch(std::deque<Pending>& batch, core::TimePoint now) {
  if (!file_.is_open() && !open_segment(batch.front().wall, now)) {
    return refused(batch, errno, now);
  }
  std::string bytes;
  std::uint64_t lsn = next_lsn_;
  for (const Pending& record : batch) {
    append_frame(bytes, {.lsn = lsn++,
                         .wall = record.wall,
                         .type = static_cast<std::uint16_t>(record.type),
                         .sync = record.sync,
                         .flags = 0,
                         .payload = record.payload});
  }
  const int error = write_all(calls_, file_.get(), bytes);
  if (error != 0) return refused(batch, error, now);
  is_out_of_space_ = false;
  if (unsynced_.empty()) oldest_unsynced_ = now;
  next_lsn_ = lsn;
  written_lsn_ = lsn - 1;
  last_wall_ = batch.back().wall;
  file_bytes_ += bytes.size();
  unsynced_bytes_ += bytes.size();
  counters_.written += batch.size();
  durable_waits_ = durable_waits_ || someone_waits(batch);
  for (Pending& record : batch) unsynced_.push_back(std::move(record));
  table_.grow(file_bytes_, written_lsn_);
  if (file_bytes_ >= limits_.segment_bytes) {
    sync_if_due(now, true);
    close_segment();
  }
}

void SpoolWriter::refused(std::deque<Pending>& batch, int error, core::TimePoint now) {
  ++counters_.disk_errors;
  retry_at_ = now + retry_delay;
  const bool is_urgent = someone_waits(batch);
  put_back(batch);
  // what was written of the batch must go, or the file would end in half a record
  const bool half_written =
      file_.is_open() && calls_.truncate(file_.get(), static_cast<off_t>(file_bytes_)) != 0;
  if (half_written || (file_.is_open() && !is_out_of_space(error))) {
    abandon_segment(error, now);
  } else if (is_out_of_space(error)) {
    make_way(is_urgent, now);
  } else if (error == EIO) {
    count_failure(now);
  }
}

/// The disk is full: class A gets the reserve, and so do the events that flag the calls of the
/// others.
void SpoolWriter::make_way(bool is_urgent, core::TimePoint now) {
  is_out_of_space_ = true;
  flag_held(std::as_const(pending_));
  retry_at_ = now + retry_delay;
  if ((is_urgent || someone_waits(pending_)) && directory_.release_reserve()) {
    retry_at_ = now;
    notices_({Severity::alarm, "spool_reserve", "the disk is full: the reserve is in use"});
  }
}

void SpoolWriter::put_back(std::deque<Pending>& records) {
  pending_.insert(pending_.begin(), std::make_move_iterator(records.begin()),
                  std::make_move_iterator(records.end()));
  records.clear();
}

void SpoolWriter::trim_pending() {
  std::vector<std::pair<core::CallId, core::WallTime>> lost;
  for (auto it = pending_.begin(); pending_.size() > limits_.held_max && it != pending_.end();) {
    if (it->sync == SyncClass::durable) {
      ++it;
    } else {
      give_up(*it, counters_.dropped_full);
      lost.emplace_back(it->call, it->wall);
      it = pending_.erase(it);
    }
  }
  for (const auto& [call, wall] : lost) note_lost(call, wall);
}

void SpoolWriter::give_up_rest() {
  for (auto* records : {&pending_, &unsynced_}) {
    for (const Pending& record : *records) {
      if (record.on_durable) record.on_durable(false);
    }
    records->clear();
  }
}

bool SpoolWriter::open_segment(core::WallTime wall, core::TimePoint now) {
  const std::string path = directory_.segment_path(next_lsn_);
  FileDescriptor file = open_file(calls_, path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
  if (!file.is_open() && errno != EEXIST) return false;
  const std::uint64_t repeated = next_lsn_ - 1 - synced_lsn_;
  const int error = file.is_open() ? begin_segment(file.get(), repeated, wall) : EEXIST;
  if (error != 0) {
    if (file.is_open()) calls_.unlink(path.c_str());
    ++next_lsn_;  // whatever became of the file, its name is not used again
    errno = error;
    return false;
  }
  file_ = std::move(file);
  file_bytes_ = segment_header_bytes;
  synced_bytes_ = segment_header_bytes;
  opened_ = now;
  table_.add({.path = path,
              .epoch = epoch_,
              .first_lsn = next_lsn_,
              .last_lsn = next_lsn_ - 1,
              .bytes = file_bytes_,
              .first_wall = wall,
              .repeated = repeated});
  return true;
}

/// Nothing in a file is durable before its name is; 0 or the errno.
int SpoolWriter::begin_segment(int fd, std::uint64_t repeated, core::WallTime wall) {
  std::string header;
  append_segment_header(header, {.node = directory_.node(),
                                 .epoch = epoch_,
                                 .first_lsn = next_lsn_,
                                 .created = wall,
                                 .repeated = static_cast<std::uint32_t>(repeated)});
  if (const int error = write_all(calls_, fd, header); error != 0) return error;
  return sync_directory(calls_, directory_.path()) ? 0 : errno;
}

void SpoolWriter::close_segment() {
  if (!file_.is_open()) return;
  table_.seal(file_bytes_);
  file_.close();
}

void SpoolWriter::sync_if_due(core::TimePoint now, bool force) {
  if (unsynced_.empty() || !file_.is_open()) return;
  const bool due = force || durable_waits_ || unsynced_bytes_ >= limits_.sync_bytes ||
                   now >= oldest_unsynced_ + limits_.sync_delay;
  if (!due) return;
  ++counters_.syncs;
  if (const int error = sync_data(calls_, file_.get()); error != 0) {
    abandon_segment(error, now);
    return;
  }
  synced_bytes_ = file_bytes_;
  synced_lsn_ = written_lsn_;
  for (const Pending& record : unsynced_) {
    if (record.on_durable) record.on_durable(true);
  }
  unsynced_.clear();
  unsynced_bytes_ = 0;
  durable_waits_ = false;
}

void SpoolWriter::abandon_segment(int error, core::TimePoint now) {
  ++counters_.disk_errors;
  notices_(
      {Severity::alarm, "spool_disk_error",
       fmt::format("{}; {} records are written again", system_message(error), unsynced_.size())});
  table_.seal(synced_bytes_);
  file_.close();
  if (file_bytes_ == segment_header_bytes) ++next_lsn_;  // the name of the abandoned file is taken
  put_back(unsynced_);
  unsynced_bytes_ = 0;
  durable_waits_ = false;
  count_failure(now);
}

/// The first failure may have been one bad file: a new one is tried at once.
void SpoolWriter::count_failure(core::TimePoint now) {
  ++failures_;
  retry_at_ = failures_ < 2 ? now : now + retry_delay;
  if (failures_ >= 2 && !counters_.failing.exchange(true)) {
    notices_({Severity::alarm, "spool_failing", "the disk failed twice: this node should drain"});
  }
}

void SpoolWriter::rotate_if_due(core::TimePoint now) {
  if (!file_.is_open() || now < opened_ + limits_.segment_age) return;
  sync_if_due(now, true);
  close_segment();
}

void SpoolWriter::settle(core::TimePoint now, bool force) {
  sync_if_due(now, force);
  write(now);
  sync_if_due(now, force);
  rotate_if_due(now);
}

core::TimePoint SpoolWriter::next_deadline() const noexcept {
  core::TimePoint next = core::TimePoint::max();
  if (!pending_.empty()) next = std::min(next, retry_at_);
  if (!unsynced_.empty()) next = std::min(next, oldest_unsynced_ + limits_.sync_delay);
  if (file_.is_open()) next = std::min(next, opened_ + limits_.segment_age);
  // room comes back without us: records are imported, somebody tidies the disk
  const bool is_short = fill_.level() != FillLevel::normal || directory_.is_reserve_out();
  if (is_short) next = std::min(next, measured_ + measure_interval);
  return next;
}

}  // namespace tandem::store
