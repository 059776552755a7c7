#include "store/spool.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>

namespace tandem::store {

namespace {

constexpr auto checkpoint_interval = std::chrono::seconds(1);
constexpr auto spooling_after = std::chrono::seconds(5);
constexpr auto age_step = std::chrono::seconds(1);

core::WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

std::string_view to_string(SpoolState state) noexcept {
  switch (state) {
    case SpoolState::ok:
      return "ok";
    case SpoolState::spooling:
      return "spooling";
    case SpoolState::full:
      return "full";
  }
  return "unknown";
}

Spool::Spool(SpoolSettings settings)
    : settings_(std::move(settings)),
      directory_(settings_.directory, settings_.notices),
      writer_(directory_, table_, settings_.limits, settings_.calls, settings_.notices),
      reader_(table_, settings_.notices),
      acknowledged_(directory_.checkpoint()),
      saved_(acknowledged_) {
  for (const Segment& segment : directory_.recovered()) {
    table_.add(segment);
    if (segment.last() > acknowledged_) ages_.push_back({segment.last(), segment.first_wall});
    written_ = segment.last();
  }
  if (settings_.limits.reserve_bytes > 0 &&
      !directory_.set_aside_reserve(settings_.limits.reserve_bytes)) {
    settings_.notices({Severity::alarm, "spool_reserve", "no disk space could be set aside"});
  }
  thread_ = std::thread([this] { run(); });
}

Spool::~Spool() { stop(); }

bool Spool::enqueue(Queued queued) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= settings_.queue_max) {
      ++refused_;
      return false;
    }
    queue_.push_back(std::move(queued));
    ++appended_;
  }
  writer_wakes_.notify_one();
  return true;
}

bool Spool::append(core::Record record) { return enqueue({std::move(record), {}}); }

bool Spool::append(core::Record record, DurableCallback on_durable) {
  return enqueue({std::move(record), std::move(on_durable)});
}

bool Spool::append_durable(core::Record record, std::chrono::milliseconds timeout) {
  struct Waiter {
    std::mutex mutex;
    std::condition_variable told;
    std::optional<bool> durable;
  };
  const auto waiter = std::make_shared<Waiter>();
  const auto tell = [waiter](bool durable) {
    const std::lock_guard lock(waiter->mutex);
    waiter->durable = durable;
    waiter->told.notify_one();
  };
  if (!enqueue({std::move(record), tell})) return false;
  std::unique_lock lock(waiter->mutex);
  waiter->told.wait_for(lock, timeout, [&] { return waiter->durable.has_value(); });
  return waiter->durable.value_or(false);
}

bool Spool::flush(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = ++flush_wanted_;
  writer_wakes_.notify_one();
  return flushed_.wait_for(lock, timeout, [&] { return flush_done_ >= wanted; });
}

std::deque<Spool::Queued> Spool::take_queue(bool& stopping, std::uint64_t& flush_wanted) {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] {
    return !queue_.empty() || stopping_ || flush_wanted_ > flush_done_;
  };
  const core::TimePoint deadline = writer_.next_deadline();
  if (deadline == core::TimePoint::max()) {
    writer_wakes_.wait(lock, has_work);
  } else {
    writer_wakes_.wait_until(lock, deadline, has_work);
  }
  stopping = stopping_;
  flush_wanted = flush_wanted_;
  return std::exchange(queue_, {});
}

void Spool::run() {
  bool stopping = false;
  std::uint64_t flushed = 0;
  while (!stopping) {
    std::uint64_t flush_wanted = 0;
    std::deque<Queued> taken = take_queue(stopping, flush_wanted);
    const core::WallTime wall = taken.empty() ? wall_now() : taken.front().record.wall;
    for (Queued& queued : taken) {
      writer_.accept(queued.record, std::move(queued.on_durable));
    }
    const core::TimePoint now = std::chrono::steady_clock::now();
    const bool force = stopping || flush_wanted > flushed;
    if (force) writer_.retry_now();
    writer_.write(now);
    publish(wall, flushed);
    writer_.sync_if_due(now, force);
    // a failed sync put the records back: the second try goes to a new segment
    writer_.write(std::chrono::steady_clock::now());
    writer_.sync_if_due(std::chrono::steady_clock::now(), force);
    writer_.rotate_if_due(std::chrono::steady_clock::now());
    if (!writer_.has_unsynced() && writer_.counters().held == 0) flushed = flush_wanted;
    publish(wall, flushed);
  }
  if (const std::uint64_t lost = writer_.counters().held; lost > 0) {
    settings_.notices(
        {Severity::alarm, "spool_lost", std::to_string(lost) + " records not written"});
  }
}

void Spool::publish(core::WallTime wall, std::uint64_t flushed) {
  const std::lock_guard lock(mutex_);
  const SpoolPosition written = writer_.last_written();
  if (written.lsn > 0 && written > written_) {
    written_ = written;
    if (ages_.empty() || wall - ages_.back().wall > age_step) {
      ages_.push_back({written, wall});
    } else {
      ages_.back().through = written;
    }
    reader_wakes_.notify_one();
  }
  if (flushed > flush_done_) {
    flush_done_ = flushed;
    flushed_.notify_all();
  }
}

std::vector<SpooledRecord> Spool::read_after(SpoolPosition position, const ReadLimits& limits) {
  return reader_.read_after(position, limits);
}

void Spool::wait_for_records(SpoolPosition position, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  reader_wakes_.wait_for(lock, timeout, [&] {
    return written_ > position || stopping_ || std::exchange(reader_woken_, false);
  });
}

void Spool::wake_reader() {
  {
    const std::lock_guard lock(mutex_);
    reader_woken_ = true;
  }
  reader_wakes_.notify_one();
}

void Spool::acknowledge(SpoolPosition through) {
  const core::TimePoint now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    acknowledged_ = std::max(acknowledged_, through);
    through = acknowledged_;
    while (!ages_.empty() && ages_.front().through <= through) ages_.pop_front();
  }
  const bool may_delete = table_.has_removable(through);
  const bool moved = through > saved_ && now >= saved_at_ + checkpoint_interval;
  if (!may_delete && !moved) return;
  // the checkpoint first: a missing segment below it is normal, a missing one above it would be an
  // alarm
  if (through > saved_ && !directory_.save_checkpoint(through)) {
    settings_.notices({Severity::alarm, "spool_checkpoint", "cannot be written"});
    return;
  }
  saved_ = through;
  saved_at_ = now;
  if (may_delete) delete_segments(through);
}

void Spool::delete_segments(SpoolPosition through) {
  for (const Segment& segment : table_.remove_through(through)) ::unlink(segment.path.c_str());
  sync_directory(directory_.path());
}

SpoolPosition Spool::checkpoint() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

SpoolCounters Spool::counters() const {
  const WriterCounters& writer = writer_.counters();
  SpoolCounters counters;
  counters.failing = writer.failing;
  counters.written = writer.written;
  counters.dropped = writer.dropped_full + writer.dropped_too_large;
  counters.held = writer.held;
  counters.disk_errors = writer.disk_errors;
  counters.syncs = writer.syncs;
  counters.bytes = table_.total_bytes();
  counters.bytes_max = settings_.limits.bytes_max;
  const std::lock_guard lock(mutex_);
  counters.appended = appended_;
  counters.refused = refused_;
  counters.backlog = table_.count_after(acknowledged_);
  if (!ages_.empty()) {
    const auto age =
        std::chrono::duration_cast<std::chrono::milliseconds>(wall_now() - ages_.front().wall);
    counters.oldest_age = std::max(age, std::chrono::milliseconds(0));
  }
  const bool nearly_full = counters.bytes >= counters.bytes_max / 100 * 95;
  if (nearly_full || writer.disk_full || writer.failing) {
    counters.state = SpoolState::full;
  } else if (counters.oldest_age > spooling_after) {
    counters.state = SpoolState::spooling;
  }
  return counters;
}

void Spool::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  writer_wakes_.notify_one();
  reader_wakes_.notify_one();
  thread_.join();
  if (acknowledged_ > saved_ && directory_.save_checkpoint(acknowledged_)) saved_ = acknowledged_;
}

}  // namespace tandem::store
