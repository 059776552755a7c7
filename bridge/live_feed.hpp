// What calls let the control thread see while they run: copies of their records, and sound while
// somebody listens. From any thread to the control thread; never waits. At most so much is on its
// way; what is more is dropped and counted, so a control thread that is busy costs viewers
// something and calls nothing.
//
// Records are posted; of sound there is too much for that: a post wakes the control thread, and
// with twenty calls listened to that was a sixth of a shard's work. It waits to be fetched.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "bridge/call/call_io.hpp"
#include "bridge/core/record.hpp"
#include "bridge/net/task.hpp"
#include "bridge/ops/metrics.hpp"

namespace tandem {

/// A piece of one track of a call, as call::Listen has it.
struct LiveSound {
  core::CallId call_id;
  call::Track track = call::Track::caller;
  core::MediaOffset offset{0};
  std::string ulaw;
};

class LiveFeed {
 public:
  static constexpr std::size_t records_max = 4096;
  static constexpr std::size_t sounds_max = 2048;  ///< a second of twenty calls

  /// `on_record` is called on `control`'s thread.
  LiveFeed(net::asio::io_context& control, ops::Metrics& metrics,
           std::function<void(const core::Record&)> on_record);

  // From any thread.
  void pass(const core::Record& record);
  void pass(LiveSound sound);

  /// Control thread: what was passed since the last time, in order for each call.
  std::vector<LiveSound> take_sounds();
  /// Control thread: records were dropped since the last question.
  bool take_loss() noexcept { return has_lost_.exchange(false, std::memory_order_relaxed); }

 private:
  net::asio::io_context& control_;
  std::function<void(const core::Record&)> on_record_;
  ops::Counter& dropped_records_;
  ops::Counter& dropped_sounds_;
  std::atomic<std::size_t> records_{0};
  std::atomic<bool> has_lost_{false};
  std::mutex mutex_;  ///< of the next one
  std::vector<LiveSound> sounds_;
};

}  // namespace tandem
