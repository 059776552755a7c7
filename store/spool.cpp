#include "store/spool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "bridge/clock.hpp"

namespace tandem::store {

namespace {

constexpr auto checkpoint_interval = std::chrono::seconds(1);
constexpr auto spooling_after = std::chrono::seconds(5);
constexpr auto age_step = std::chrono::seconds(1);
constexpr auto stall = std::chrono::seconds(1);
constexpr std::size_t refusals_max = 1024;  ///< remembered between two turns of the spool thread

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
      directory_(settings_.directory, settings_.notices, *settings_.calls),
      writer_(directory_, table_, settings_.limits, settings_.notices),
      reader_(directory_.calls(), table_, settings_.notices),
      acknowledged_(directory_.checkpoint()),
      saved_(acknowledged_) {
  for (const Segment& segment : directory_.recovered()) {
    table_.add(segment);
    if (segment.last() > acknowledged_) ages_.push_back({segment.last(), segment.first_wall});
    written_ = segment.last();
  }
  const std::size_t wanted = settings_.limits.reserve_bytes;
  const std::size_t reserve = wanted > 0 ? directory_.set_aside_reserve(wanted) : 0;
  if (reserve < wanted) {
    settings_.notices({Severity::warning, "spool_reserve",
                       fmt::format("{} bytes are set aside instead of {}", reserve, wanted)});
  }
  thread_ = std::thread([this] { run(); });
}

Spool::~Spool() { stop(); }

bool Spool::enqueue(Queued queued) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= settings_.queue_max) {
      ++refused_;
      if (refusals_.size() < refusals_max) {
        refusals_.push_back({queued.record.call_id, queued.record.wall});
      }
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

Spool::Taken Spool::take_queue() {
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
  return {std::exchange(queue_, {}), std::exchange(refusals_, {}), stopping_, flush_wanted_};
}

void Spool::run() {
  std::uint64_t flushed = 0;
  for (bool stopping = false; !stopping;) {
    Taken taken = take_queue();
    stopping = taken.stopping;
    const core::TimePoint began = std::chrono::steady_clock::now();
    busy_since_ = began;
    work(taken, flushed);
    busy_since_ = core::TimePoint{};
    const auto took = std::chrono::steady_clock::now() - began;
    if (took > stall) {
      settings_.notices(
          {Severity::warning, "spool_stalled",
           fmt::format("the disk took {} ms",
                       std::chrono::duration_cast<std::chrono::milliseconds>(took).count())});
    }
  }
  finish();
}

void Spool::work(Taken& taken, std::uint64_t& flushed) {
  const core::WallTime wall =
      taken.records.empty() ? wall_now() : taken.records.front().record.wall;
  for (Queued& queued : taken.records) {
    writer_.accept(queued.record, std::move(queued.on_durable));
  }
  for (const Refusal& refusal : taken.refusals) writer_.note_lost(refusal.call, refusal.wall);
  const bool force = taken.stopping || taken.flush_wanted > flushed;
  if (force) writer_.retry_now();
  writer_.write(std::chrono::steady_clock::now());
  publish(wall, flushed);
  writer_.settle(std::chrono::steady_clock::now(), force);
  if (writer_.is_settled()) flushed = taken.flush_wanted;
  publish(wall, flushed);
}

void Spool::finish() {
  const std::uint64_t lost = writer_.counters().held;
  writer_.give_up_rest();
  if (lost > 0) {
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
  if (may_delete) directory_.trim(table_, through);
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
  counters.damaged = directory_.damaged() + reader_.damaged();
  counters.fill_percent = writer_.fill().percent();
  if (const core::TimePoint since = busy_since_; since != core::TimePoint{}) {
    counters.lag = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - since);
  }
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
  if (!has_room()) {
    counters.state = SpoolState::full;
  } else if (counters.oldest_age > spooling_after) {
    counters.state = SpoolState::spooling;
  }
  return counters;
}

bool Spool::has_room() const noexcept {
  const WriterCounters& writer = writer_.counters();
  return writer_.fill().level() != FillLevel::nearly_full && !writer.disk_full && !writer.failing &&
         !directory_.is_reserve_out();
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
