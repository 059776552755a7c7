#include "bridge/net/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cstdio>
#include <cstdlib>

namespace tandem::net {

TaskGroup::TaskGroup(asio::io_context& context, OnFailure on_failure)
    : context_(context),
      on_failure_(std::move(on_failure)),
      became_empty_(context, Timer::time_point::max()) {}

TaskGroup::~TaskGroup() {
  if (running_ == 0) return;
  std::fputs("TaskGroup destroyed while tasks are running\n", stderr);
  std::abort();
}

void TaskGroup::spawn(Task<void> task) {
  ++running_;
  asio::co_spawn(context_, std::move(task), [this](std::exception_ptr failure) {
    if (failure && on_failure_) on_failure_(failure);
    if (--running_ == 0) became_empty_.cancel();
  });
}

Task<void> TaskGroup::join() {
  while (running_ > 0) {
    boost::system::error_code ignored;
    co_await became_empty_.async_wait(asio::redirect_error(use_task, ignored));
  }
}

}  // namespace tandem::net
