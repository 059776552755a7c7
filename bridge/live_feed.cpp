#include "bridge/live_feed.hpp"

#include <boost/asio/post.hpp>

namespace tandem {

LiveFeed::LiveFeed(net::asio::io_context& control, ops::Metrics& metrics, Ears ears)
    : control_(control),
      ears_(std::move(ears)),
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
    ears_.record(record);
  });
}

void LiveFeed::pass(LiveSound sound) {
  if (sounds_.fetch_add(1, std::memory_order_relaxed) >= sounds_max) {
    sounds_.fetch_sub(1, std::memory_order_relaxed);
    return dropped_sounds_.add();
  }
  net::asio::post(control_, [this, sound = std::move(sound)] {
    sounds_.fetch_sub(1, std::memory_order_relaxed);
    ears_.sound(sound);
  });
}

}  // namespace tandem
