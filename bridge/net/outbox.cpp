#include "bridge/net/outbox.hpp"

#include "bridge/core/result.hpp"

namespace tandem::net {

namespace {

// A few frames are on their way at a time; a rare large message must not keep its memory for the
// whole call.
constexpr std::size_t spares_max = 8;
constexpr std::size_t spare_capacity_max = 16 * 1024;

}  // namespace

std::string Outbox::take_buffer() {
  if (spares_.empty()) return {};
  std::string buffer = std::move(spares_.back());
  spares_.pop_back();
  return buffer;
}

SendStatus Outbox::push(std::string&& text, core::TimePoint due, MessageKind kind) {
  if (closed_) return SendStatus::closed;
  if (bytes_ + text.size() > bytes_max_) return SendStatus::full;
  if (count_ == ring_.size()) grow();
  bytes_ += text.size();
  Entry& entry = at(count_++);
  entry.text = std::move(text);
  entry.due = due;
  entry.kind = kind;
  return SendStatus::queued;
}

const Outbox::Entry* Outbox::begin() {
  BRIDGE_ASSERT(!writing_);
  if (count_ == 0) return nullptr;
  std::swap(current_, ring_[first_]);
  first_ = (first_ + 1) % ring_.size();
  --count_;
  writing_ = true;
  return &current_;
}

void Outbox::finish() {
  BRIDGE_ASSERT(writing_);
  writing_ = false;
  bytes_ -= current_.text.size();
  recycle(std::move(current_.text));
}

std::size_t Outbox::drop_unsent() {
  const std::size_t dropped = count_;
  for (; count_ > 0; --count_) {
    Entry& entry = at(count_ - 1);
    bytes_ -= entry.text.size();
    recycle(std::move(entry.text));
  }
  return dropped;
}

void Outbox::grow() {
  std::vector<Entry> larger(ring_.empty() ? 8 : ring_.size() * 2);
  for (std::size_t i = 0; i < count_; ++i) larger[i] = std::move(at(i));
  ring_ = std::move(larger);
  first_ = 0;
  spares_.reserve(spares_max);
}

void Outbox::recycle(std::string&& text) {
  if (spares_.size() >= spares_max || text.capacity() > spare_capacity_max) {
    text = std::string();
    return;
  }
  text.clear();
  spares_.push_back(std::move(text));
}

}  // namespace tandem::net
