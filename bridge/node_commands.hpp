// Commands to calls of other nodes (fault A13): leaves them in the database for whoever carries the
// call, and takes out and carries out what was left for the calls of this process, once a second.
// By the call and not by the node's name: two processes of one machine have the same. Runs on the
// control thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bridge/net/task.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/switchboard.hpp"
#include "store/node_commands.hpp"
#include "store/query_thread.hpp"
#include "web/api_command.hpp"

namespace tandem {

class NodeCommands {
 public:
  static constexpr std::chrono::seconds period{1};
  /// While no call runs here: only what is void has to go.
  static constexpr int idle_periods = 30;

  struct Parts {
    net::asio::io_context& control;
    ops::Log& log;
    store::QueryThread& queries;
    Switchboard& switchboard;
    std::function<std::vector<std::string>()> running;  ///< the ids of the calls of this process
  };
  explicit NodeCommands(Parts parts);

  void start();
  void stop() noexcept { is_stopping_ = true; }
  net::Task<void> join() { return tasks_.join(); }

  enum class Left { taken_here, left, over, no_such_call, unavailable };
  /// Carries the command out when the call runs here, and leaves it for its node otherwise. `then`
  /// is called on the control thread, perhaps at once.
  void give(web::CallCommand command, std::function<void(Left)> then);

 private:
  net::Task<void> poll_for_ever();
  net::Task<void> poll(std::vector<std::string> running);
  net::Task<void> leave(store::NodeCommand command, std::function<void(Left)> then);
  void carry_out(const store::NodeCommand& command);

  Parts parts_;
  bool is_stopping_ = false;
  net::TaskGroup tasks_;
};

}  // namespace tandem
