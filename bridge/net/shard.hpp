// One thread that carries calls: its own io_context, its own timer wheel, no locks. A call lives
// and dies here.
//
// Other threads reach a shard by the functions marked so; each posts to the shard's thread and
// returns at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bridge/net/call_runner.hpp"

namespace tandem::net {

/// What may be seen of one running call.
struct CallFacts {
  core::CallId id;
  call::Snapshot snapshot;
};

class Shard {
 public:
  Shard(std::size_t index, CallServices& services);
  /// stop() and join() must have been called.
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void start();

  // From any thread.
  /// Makes a call and lets it dial its voice leg. `make` runs on the shard's thread.
  void announce(core::CallId id, std::function<std::unique_ptr<call::Call>(core::TimePoint)> make);
  /// Hands the carrier's socket to its call; closes it when that call is gone.
  void attach(core::CallId id, AcceptedSocket socket, std::string token);
  /// Feeds an input without views into the call; nothing happens when it is gone.
  void command(core::CallId id, call::Input input);
  /// `then` runs on the shard's thread with all its running calls, in no order; it may not block.
  /// Once join() has returned it never runs.
  void look(std::function<void(std::vector<CallFacts>)> then);
  /// Ends every call as `shutdown`; join() then waits for them.
  void stop();

  void join();
  /// Calls that have not ended; counted from announce() on, so that admission never overshoots.
  [[nodiscard]] std::size_t calls() const noexcept {
    return calls_.load(std::memory_order_relaxed);
  }

 private:
  void run();
  Task<void> tick();
  Task<void> reap(core::CallId id, CallRunner& runner);
  void wake_wheel();

  std::size_t index_;
  std::string name_;  ///< of the thread
  CallServices& services_;
  asio::io_context context_{1};
  TimerWheel wheel_;
  bool is_ticking_ = false;
  bool is_stopping_ = false;
  std::atomic<std::size_t> calls_{0};
  std::unordered_map<core::CallId, std::unique_ptr<CallRunner>> runners_;
  std::optional<asio::executor_work_guard<Executor>> work_;
  std::unique_ptr<TaskGroup> tasks_;
  std::thread thread_;
};

}  // namespace tandem::net
