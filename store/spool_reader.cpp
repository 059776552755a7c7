#include "store/spool_reader.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

namespace tandem::store {

namespace {
bool same_segment(const Segment& left, const Segment& right) noexcept {
  return left.epoch == right.epoch && left.first_lsn == right.first_lsn;
}

/// Nothing is wrong with the file; it can be opened when others have closed theirs.
bool is_passing(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN;
}
}  // namespace

SpoolReader::Refreshed SpoolReader::refresh(const Segment& segment) {
  const bool goes_on = scanner_ && same_segment(segment, current_);
  if (!goes_on) {
    bytes_.clear();
    damage_told_ = 0;
  }
  const ReadOutcome outcome =
      read_range(calls_, segment.path, bytes_.size(), segment.bytes, bytes_);
  const bool is_new_trouble = outcome.error != 0 && outcome.error != ENOENT &&
                              std::exchange(failed_path_, segment.path) != segment.path;
  if (is_passing(outcome.error) || is_new_trouble) {
    // the scanner may have lost its bytes
    if (!goes_on) scanner_.reset();
    return Refreshed::later;
  }
  current_ = segment;
  if (outcome.error != 0) {
    note_damage("spool_unreadable", system_message(outcome.error));
    scanner_.reset();
    return Refreshed::unreadable;
  }
  if (outcome.unreadable > 0) {
    note_damage("spool_unreadable", fmt::format("{} bytes", outcome.unreadable));
  }
  if (goes_on) {
    scanner_->extend(bytes_);
  } else {
    scanner_.emplace(bytes_, segment.first_lsn);
  }
  return Refreshed::readable;
}

void SpoolReader::note_damage(const char* code, const std::string& detail) {
  if (std::exchange(current_.damaged, true)) return;  // one alarm for each segment
  ++damaged_;
  table_.mark_damaged(current_);
  notices_({Severity::alarm, code, fmt::format("{}: {}", current_.path, detail)});
}

/// Recovery told of the damage that it found, and saved it; this is what went bad since.
void SpoolReader::tell_damage() {
  for (; damage_told_ < scanner_->damage().size(); ++damage_told_) {
    const Damage& damage = scanner_->damage()[damage_told_];
    if (damage_told_ < current_.known_damage) continue;
    note_damage("spool_damage", fmt::format("damaged {}..{}", damage.begin, damage.end));
  }
}

bool SpoolReader::advance(SpoolPosition position) {
  for (auto next = table_.holding_next(position); next; next = table_.after(*next)) {
    const bool is_current = scanner_ && same_segment(*next, current_);
    if (!is_current || next->bytes > bytes_.size()) {
      const Refreshed refreshed = refresh(*next);
      if (refreshed != Refreshed::unreadable) return refreshed == Refreshed::readable;
    } else if (!next->sealed) {
      return false;
    }
    // else: read to its end and sealed, although its last records never came (an abandoned segment)
  }
  return false;
}

void SpoolReader::read_current(SpoolPosition position, const ReadLimits& limits,
                               std::vector<SpooledRecord>& out) {
  std::size_t bytes = 0;
  for (const auto& record : out) bytes += record.payload.size();
  while (out.size() < limits.records_max) {
    if (!ahead_) {
      const auto frame = scanner_->next();
      if (!frame) return;
      const SpoolPosition at{current_.epoch, frame->lsn};
      if (at <= position) continue;
      ahead_ = SpooledRecord{at, static_cast<RecordType>(frame->type), frame->wall, frame->sync,
                             std::string(frame->payload)};
    }
    if (!out.empty() && bytes + ahead_->payload.size() > limits.bytes_max) return;
    bytes += ahead_->payload.size();
    last_ = ahead_->position;
    out.push_back(std::move(*ahead_));
    ahead_.reset();
  }
}

std::vector<SpooledRecord> SpoolReader::read_after(SpoolPosition position,
                                                   const ReadLimits& limits) {
  std::vector<SpooledRecord> out;
  if (position != last_ || !scanner_) {
    scanner_.reset();
    ahead_.reset();
    last_ = position;
    if (!advance(position)) return out;
  }
  do {
    read_current(position, limits, out);
    tell_damage();
  } while (out.size() < limits.records_max && !ahead_ && advance(last_));
  return out;
}

}  // namespace tandem::store
