// Threads for passwords: a hash takes some 30 ms of a core and 19 MiB (bridge/password.hpp), so two
// at once are made at most, a few wait, and who comes then is turned away (fault A07). The threads
// yield to those that carry calls.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bridge/core/types.hpp"
#include "bridge/net/task.hpp"

namespace tandem {

class PasswordPool {
 public:
  static constexpr std::size_t at_once_max = 2;
  static constexpr std::size_t waiting_max = 16;  ///< about a quarter of a second

  explicit PasswordPool(net::asio::io_context& control);
  /// Waits for what runs; what waits is dropped.
  ~PasswordPool();
  PasswordPool(const PasswordPool&) = delete;
  PasswordPool& operator=(const PasswordPool&) = delete;

  /// `then` is called on the control thread. False, and nothing happens, when too many wait.
  bool check(std::string hash, core::Secret password, std::function<void(bool is_right)> then);
  /// The hash is empty when memory was short.
  bool hash(core::Secret password, std::function<void(std::string hash)> then);

 private:
  bool post(std::function<void()> work);
  void run();

  net::asio::io_context& control_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::deque<std::function<void()>> waiting_;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tandem
