#include "bridge/net/shard.hpp"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <string>

namespace tandem::net {

Shard::Shard(std::size_t index, CallServices& services)
    : index_(index),
      name_("shard-" + std::to_string(index)),
      services_(services),
      wheel_(std::chrono::steady_clock::now()),
      tasks_(std::make_unique<TaskGroup>(context_, [this](std::exception_ptr failure) {
        try {
          std::rethrow_exception(failure);
        } catch (const std::exception& error) {
          services_.log.error("shard_task_failed", {{"shard", index_}, {"what", error.what()}});
        }
      })) {}

Shard::~Shard() = default;

void Shard::start() {
  work_.emplace(context_.get_executor());
  thread_ = std::thread([this] { run(); });
}

void Shard::run() {
  pthread_setname_np(pthread_self(), name_.c_str());
  context_.run();
}

void Shard::announce(core::CallId id,
                     std::function<std::unique_ptr<call::Call>(core::TimePoint)> make) {
  calls_.fetch_add(1, std::memory_order_relaxed);
  asio::post(context_, [this, id = std::move(id), make = std::move(make)]() mutable {
    const auto now = std::chrono::steady_clock::now();
    wheel_.advance(now);  // an idle wheel stands still; not tick by tick through a whole night
    auto runner =
        std::make_unique<CallRunner>(context_, wheel_, services_, services_.latency.lane(index_),
                                     make(now), [this] { wake_wheel(); });
    CallRunner& started = *runner;
    runners_.emplace(id, std::move(runner));
    started.start();
    tasks_->spawn(reap(std::move(id), started));
    if (is_stopping_) started.command(call::ShutDown{});
  });
}

void Shard::attach(core::CallId id, AcceptedSocket socket, std::string token) {
  // std::function must be copyable, a descriptor is not.
  auto shared = std::make_shared<AcceptedSocket>(std::move(socket));
  asio::post(context_, [this, id = std::move(id), shared, token = std::move(token)] {
    const auto runner = runners_.find(id);
    if (runner != runners_.end()) runner->second->attach(std::move(*shared), token);
  });
}

void Shard::command(core::CallId id, call::Input input) {
  asio::post(context_, [this, id = std::move(id), input = std::move(input)] {
    const auto runner = runners_.find(id);
    if (runner != runners_.end()) runner->second->command(input);
  });
}

void Shard::look(std::function<void(std::vector<CallFacts>)> then) {
  asio::post(context_, [this, then = std::move(then)] {
    std::vector<CallFacts> seen;
    seen.reserve(runners_.size());
    for (const auto& [id, runner] : runners_) {
      if (!runner->call().has_ended()) seen.push_back({id, runner->snapshot()});
    }
    then(std::move(seen));
  });
}

void Shard::stop() {
  asio::post(context_, [this] {
    is_stopping_ = true;
    for (auto& [id, runner] : runners_) runner->command(call::ShutDown{});
    if (runners_.empty()) work_.reset();
  });
}

void Shard::join() {
  if (thread_.joinable()) thread_.join();
}

Task<void> Shard::reap(core::CallId id, CallRunner& runner) {
  co_await runner.join();
  runners_.erase(id);
  calls_.fetch_sub(1, std::memory_order_relaxed);
  if (is_stopping_ && runners_.empty()) work_.reset();
}

void Shard::wake_wheel() {
  if (is_ticking_) return;
  is_ticking_ = true;
  tasks_->spawn(tick());
}

/// Runs while a deadline is armed, so that an idle shard sleeps. How late it wakes is how long the
/// loop was busy with other things (E21).
Task<void> Shard::tick() {
  auto& lane = services_.latency.lane(index_);
  Timer timer(context_);
  auto now = std::chrono::steady_clock::now();
  while (wheel_.armed() > 0) {
    const auto due = std::max(now, wheel_.next_tick());
    timer.expires_at(due);
    co_await timer.async_wait(use_task);
    now = std::chrono::steady_clock::now();
    lane.add(core::Timing::loop_lag, now - due);
    wheel_.advance(now);
  }
  is_ticking_ = false;
}

}  // namespace tandem::net
