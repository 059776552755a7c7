#include "store/spool_reader.hpp"

namespace tandem::store {

namespace {
bool same_segment(const Segment& left, const Segment& right) noexcept {
  return left.epoch == right.epoch && left.first_lsn == right.first_lsn;
}
}  // namespace

bool SpoolReader::refresh(const Segment& segment) {
  const bool goes_on = scanner_ && same_segment(segment, current_);
  if (!goes_on) bytes_.clear();
  if (!read_range(segment.path, bytes_.size(), segment.bytes, bytes_)) {
    notices_({Severity::alarm, "spool_unreadable", segment.path});
    scanner_.reset();
    return false;
  }
  if (goes_on) {
    scanner_->extend(bytes_);
  } else {
    scanner_.emplace(bytes_, segment.first_lsn);
  }
  current_ = segment;
  return true;
}

bool SpoolReader::advance(SpoolPosition position) {
  for (auto next = table_.holding_next(position); next; next = table_.after(*next)) {
    const bool is_current = scanner_ && same_segment(*next, current_);
    if (!is_current || next->bytes > bytes_.size()) {
      if (refresh(*next)) return true;
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
  } while (out.size() < limits.records_max && !ahead_ && advance(last_));
  return out;
}

}  // namespace tandem::store
