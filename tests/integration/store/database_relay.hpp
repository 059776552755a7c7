// A TCP port on loopback that leads to a database's unix socket, and does to the line what networks
// and proxies do: falls silent without closing anything, or cuts the connection at one exact byte
// of the server's answer to COMMIT. One thread; for tests.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::test {

class DatabaseRelay {
 public:
  /// `socket_path`: where the server listens. Listens when the constructor returned.
  explicit DatabaseRelay(std::string socket_path);
  ~DatabaseRelay();
  DatabaseRelay(const DatabaseRelay&) = delete;
  DatabaseRelay& operator=(const DatabaseRelay&) = delete;

  /// The address of a database through this relay.
  [[nodiscard]] core::Secret url(const std::string& database) const;
  /// While silent nothing is read or passed on; the kernel goes on taking what fits its buffers.
  void set_silent(bool is_silent) { is_silent_ = is_silent; }
  /// The next answer to COMMIT is cut after so many bytes, both ends are closed. Once.
  void cut_commit_answer_after(int bytes) { cut_after_ = bytes; }
  [[nodiscard]] bool has_cut() const { return cut_after_ < 0; }
  /// Most connections that were open at a time.
  [[nodiscard]] int connections_max() const { return connections_max_; }

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    int bytes_left = -1;  ///< of the answer to COMMIT; -1: no limit
  };
  void run();
  void accept_one();
  bool pass(Pair& pair, bool is_up);
  static void close_both(Pair& pair);

  const std::string socket_path_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_over_{false};
  std::atomic<bool> is_silent_{false};
  std::atomic<int> cut_after_{-1};
  std::atomic<int> connections_max_{0};
  std::vector<Pair> pairs_;
  std::thread thread_;
};

}  // namespace tandem::test
