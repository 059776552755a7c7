#include "bridge/password_pool.hpp"

#include <pthread.h>
#include <sys/resource.h>

#include <boost/asio/post.hpp>
#include <stdexcept>

#include "bridge/password.hpp"

namespace tandem {

namespace {

constexpr int niceness = 10;

std::string hash_or_nothing(const core::Secret& password) {
  try {
    return hash_password(password.expose());
  } catch (const std::runtime_error&) {
    return {};
  }
}

}  // namespace

PasswordPool::PasswordPool(net::asio::io_context& control) : control_(control) {
  for (std::size_t i = 0; i < at_once_max; ++i) threads_.emplace_back([this] { run(); });
}

PasswordPool::~PasswordPool() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    waiting_.clear();
  }
  wakes_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool PasswordPool::check(std::string hash, core::Secret password, std::function<void(bool)> then) {
  return post([this, hash = std::move(hash), password = std::move(password), then] {
    const bool is_right = is_password(hash, password.expose());
    net::asio::post(control_, [then, is_right] { then(is_right); });
  });
}

bool PasswordPool::hash(core::Secret password, std::function<void(std::string)> then) {
  return post([this, password = std::move(password), then] {
    net::asio::post(control_, [then, made = hash_or_nothing(password)] { then(made); });
  });
}

bool PasswordPool::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_ || waiting_.size() >= waiting_max) return false;
    waiting_.push_back(std::move(work));
  }
  wakes_.notify_one();
  return true;
}

void PasswordPool::run() {
  pthread_setname_np(pthread_self(), "passwords");
  setpriority(PRIO_PROCESS, 0, niceness);  // on Linux: of this thread
  for (;;) {
    std::unique_lock lock(mutex_);
    wakes_.wait(lock, [this] { return is_stopping_ || !waiting_.empty(); });
    if (is_stopping_) return;
    const auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
  }
}

}  // namespace tandem
