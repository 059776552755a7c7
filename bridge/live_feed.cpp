#include "bridge/live_feed.hpp"

#include <boost/asio/post.hpp>

namespace tandem {

LiveFeed::LiveFeed(net::asio::io_context& control, ops::Metrics& metrics,
                   std::function<void(const core::Record&)> on_record)
    : control_(control),
      on_record_(std::move(on_record)),
      dropped_records_(metrics.counter(ops::Family::admin_dropped_total, {"record"})),
      dropped_sounds_(metrics.counter(ops::Family::admin_dropped_total, {"sound"})) {}

void LiveFeed::pass(const core::Record& record) {
  if (records_.fetch_add(1, std::memory_order_relaxed) >= records_max) {
    records_.fetch_sub(1, std::memory_order_relaxed);
    has_lost_.store(true, std::memory_order_relaxed);
    return dropped_records_.add();
  }
  net::asio::post(control_, [this, record] {
    records_.fetch_sub(1, std::memory_order_relaxed);
    on_record_(record);
  });
}

void LiveFeed::pass(LiveSound sound) {
  const std::lock_guard lock(mutex_);
  if (sounds_.size() >= sounds_max) return dropped_sounds_.add();
  sounds_.push_back(std::move(sound));
}

std::vector<LiveSound> LiveFeed::take_sounds() {
  std::vector<LiveSound> taken;
  taken.reserve(64);  // outside of the lock
  const std::lock_guard lock(mutex_);
  taken.swap(sounds_);
  return taken;
}

}  // namespace tandem
