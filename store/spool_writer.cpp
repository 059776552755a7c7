#include "store/spool_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tandem::store {

namespace {
constexpr auto retry_delay = std::chrono::seconds(1);
constexpr std::size_t write_bytes_max = 256 * 1024;

bool is_out_of_space(int error) noexcept {
  return error == ENOSPC || error == EDQUOT || error == EROFS;
}
}  // namespace

SpoolWriter::SpoolWriter(SpoolDirectory& directory, SegmentTable& table, SpoolLimits limits,
                         FileCalls calls, NoticeSink notices)
    : directory_(directory),
      table_(table),
      limits_(limits),
      calls_(calls),
      notices_(std::move(notices)),
      epoch_(directory.epoch()) {}

void SpoolWriter::accept(const core::Record& record, DurableCallback on_durable) {
  Pending pending{type_of(record), sync_class_of(record), record.wall, encode_record(record),
                  std::move(on_durable)};
  if (pending.on_durable) pending.sync = SyncClass::durable;
  if (pending.payload.size() > frame_payload_bytes_max) {
    notices_({Severity::alarm, "record_too_large", std::string(to_string(pending.type))});
    give_up(pending, counters_.dropped_too_large);
    return;
  }
  pending_.push_back(std::move(pending));
}

void SpoolWriter::give_up(const Pending& record, std::atomic<std::uint64_t>& counter) {
  ++counter;
  if (record.on_durable) record.on_durable(false);
}

bool SpoolWriter::has_room() {
  // once the reserve is in use, being able to set it aside again is the proof that there is room
  if (reserve_released_) reserve_released_ = !directory_.set_aside_reserve(limits_.reserve_bytes);
  return !reserve_released_ && table_.total_bytes() < limits_.bytes_max;
}

/// What may be written now: everything while there is room; at 100 % class A goes on, class B waits
/// in memory and class C is dropped.
std::deque<SpoolWriter::Pending> SpoolWriter::admit() {
  std::deque<Pending> batch;
  std::deque<Pending> waiting;
  const bool room = has_room();
  std::size_t bytes = 0;
  for (Pending& record : pending_) {
    const bool may_go = room || record.sync == SyncClass::durable;
    if (may_go && bytes < std::min(write_bytes_max, limits_.segment_bytes)) {
      bytes += framed_size(record.payload.size());
      batch.push_back(std::move(record));
    } else if (!may_go && record.sync == SyncClass::best_effort) {
      give_up(record, counters_.dropped_full);
    } else {
      waiting.push_back(std::move(record));
    }
  }
  pending_ = std::move(waiting);
  return batch;
}

void SpoolWriter::write(core::TimePoint now) {
  while (!pending_.empty() && now >= retry_at_) {
    std::deque<Pending> batch = admit();
    if (batch.empty()) {
      retry_at_ = now + retry_delay;
      break;
    }
    if (!write_batch(batch, now)) break;
  }
  trim_pending();
  const bool refusing = !pending_.empty();
  counters_.held = pending_.size();
  if (counters_.disk_full.exchange(refusing) != refusing) {
    notices_({refusing ? Severity::alarm : Severity::info, "spool_full",
              refusing ? "records are kept in memory" : "records are written again"});
  }
}

bool SpoolWriter::write_batch(std::deque<Pending>& batch, core::TimePoint now) {
  if (!file_.is_open() && !open_segment(now)) {
    refused(batch, errno, now);
    return false;
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
  if (error != 0) {
    refused(batch, error, now);
    return false;
  }
  if (unsynced_.empty()) oldest_unsynced_ = now;
  next_lsn_ = lsn;
  file_bytes_ += bytes.size();
  unsynced_bytes_ += bytes.size();
  counters_.written += batch.size();
  for (Pending& record : batch) {
    durable_waits_ = durable_waits_ || record.sync == SyncClass::durable;
    unsynced_.push_back(std::move(record));
  }
  table_.grow(file_bytes_, next_lsn_ - 1);
  if (file_bytes_ >= limits_.segment_bytes) {
    sync_if_due(now, true);
    close_segment();
  }
  return true;
}

void SpoolWriter::refused(std::deque<Pending>& batch, int error, core::TimePoint now) {
  ++counters_.disk_errors;
  retry_at_ = now + retry_delay;
  const bool someone_waits = std::any_of(batch.begin(), batch.end(), [](const Pending& record) {
    return record.sync == SyncClass::durable;
  });
  put_back(batch);
  // what was written of the batch must go, or the file would end in half a record
  const bool half_written =
      file_.is_open() && ::ftruncate(file_.get(), static_cast<off_t>(file_bytes_)) != 0;
  if (half_written || (file_.is_open() && !is_out_of_space(error))) {
    abandon_segment(error, now);
  } else if (is_out_of_space(error) && someone_waits && directory_.release_reserve()) {
    reserve_released_ = true;
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
  for (auto it = pending_.begin(); pending_.size() > limits_.held_max && it != pending_.end();) {
    if (it->sync == SyncClass::durable) {
      ++it;
    } else {
      give_up(*it, counters_.dropped_full);
      it = pending_.erase(it);
    }
  }
}

bool SpoolWriter::open_segment(core::TimePoint now) {
  const std::string path = directory_.segment_path(next_lsn_);
  FileDescriptor file = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
  if (!file.is_open()) return false;
  const core::WallTime wall =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  std::string header;
  append_segment_header(header, {directory_.node(), epoch_, next_lsn_, 0, wall});
  const int error = write_all(calls_, file.get(), header);
  if (error != 0) {
    ::unlink(path.c_str());
    errno = error;
    return false;
  }
  sync_directory(directory_.path());
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
              .sealed = false});
  return true;
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
  if (calls_.sync_data(file_.get()) != 0) {
    abandon_segment(errno, now);
    return;
  }
  synced_bytes_ = file_bytes_;
  for (const Pending& record : unsynced_) {
    if (record.on_durable) record.on_durable(true);
  }
  unsynced_.clear();
  unsynced_bytes_ = 0;
  durable_waits_ = false;
}

void SpoolWriter::abandon_segment(int error, core::TimePoint now) {
  ++counters_.disk_errors;
  ++sync_failures_;
  notices_(
      {Severity::alarm, "spool_disk_error",
       fmt::format("{}; {} records are written again", system_message(error), unsynced_.size())});
  table_.seal(synced_bytes_);
  file_.close();
  if (file_bytes_ == segment_header_bytes) ++next_lsn_;  // the name of the abandoned file is taken
  put_back(unsynced_);
  unsynced_bytes_ = 0;
  durable_waits_ = false;
  if (sync_failures_ >= 2) {
    counters_.failing = true;
    retry_at_ = now + retry_delay;
  }
}

void SpoolWriter::rotate_if_due(core::TimePoint now) {
  if (!file_.is_open() || now < opened_ + limits_.segment_age) return;
  sync_if_due(now, true);
  close_segment();
}

core::TimePoint SpoolWriter::next_deadline() const noexcept {
  core::TimePoint next = core::TimePoint::max();
  if (!pending_.empty()) next = std::min(next, retry_at_);
  if (!unsynced_.empty()) next = std::min(next, oldest_unsynced_ + limits_.sync_delay);
  if (file_.is_open()) next = std::min(next, opened_ + limits_.segment_age);
  return next;
}

}  // namespace tandem::store
