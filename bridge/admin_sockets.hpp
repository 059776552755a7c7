// The admin sockets (docs/admin-socket.md): lets clients in, tells them what calls do, carries
// their commands out. Of a call it asks two things only: a look once a second while anybody
// watches, and to pass on sound while somebody listens; nothing here can make a call wait. Runs on
// the control thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "bridge/admin_client.hpp"
#include "bridge/admin_tickets.hpp"
#include "bridge/config.hpp"
#include "bridge/live_board.hpp"
#include "bridge/live_feed.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/net/shard.hpp"
#include "bridge/node_commands.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/switchboard.hpp"
#include "bridge/visitors.hpp"
#include "web/admin_messages.hpp"

namespace tandem {

class AdminSockets {
 public:
  static constexpr std::string_view path = "/admin/v1/ws";
  static constexpr std::size_t clients_max = 64;
  static constexpr std::size_t strangers_max = 64;      ///< sockets without a ticket so far
  static constexpr std::size_t listened_calls_max = 8;  ///< by one client
  static constexpr std::chrono::milliseconds sound_period{20};
  static constexpr std::chrono::seconds authentication_max{5};
  static constexpr int status_every_s = 5;
  static constexpr int recheck_every_s = 3;
  /// What a socket is closed with when its session, token or role is no longer what it was.
  static constexpr std::uint16_t no_longer_allowed = 4401;

  struct Parts {
    net::asio::io_context& control;
    const Config& config;
    ops::Log& log;
    ops::Metrics& metrics;
    std::vector<std::unique_ptr<net::Shard>>& shards;
    Switchboard& switchboard;
    Visitors& visitors;
    AdminTickets& tickets;
    NodeCommands& node_commands;
    LiveBoard& board;
    std::function<web::NodeStatus()> status;  ///< what does not depend on the client
  };
  explicit AdminSockets(Parts parts);

  void start() { tasks_.spawn(tick_for_ever()); }
  /// Closes all sockets with 1001; then join() ends.
  void stop();
  net::Task<void> join() { return tasks_.join(); }

  /// The answer to an upgrade of `path`: 403 for a page of another site (fault A05), 503 when there
  /// are too many, or who takes it.
  std::variant<core::HttpResponse, net::UpgradeTarget> upgrade(const core::HttpRequest& request);

  /// What calls pass on; from any thread.
  [[nodiscard]] LiveFeed& feed() noexcept { return feed_; }
  void note_verdict(const core::CallId& id, web::CallAnalysed verdict);

 private:
  struct Open {
    std::unique_ptr<net::WebSocket> socket;
    std::unique_ptr<AdminClient> client;
  };

  net::Task<void> serve(net::AcceptedSocket accepted);
  net::Task<void> read(AdminClient& client, net::WebSocket& socket);
  void leave(AdminClient& client);

  // What a client says.
  void handle(AdminClient& client, std::string_view text);
  void let_in(AdminClient& client, const web::Authentication& wish);
  void answer(AdminClient& client, const std::string& id, const web::Subscription& wish);
  void answer(AdminClient& client, const std::string& id, const web::Listening& wish);
  void answer(AdminClient& client, const std::string& id, web::CallCommand wish);
  void answer(AdminClient& client, const std::string& id, const web::Authentication& wish);
  void answer_given(std::uint64_t client, const std::string& id, NodeCommands::Left left);
  bool listen(AdminClient& client, const core::CallId& call, bool on);
  [[nodiscard]] std::size_t listened_by(const AdminClient& client) const;
  void refuse(AdminClient& client, const std::string& id, std::string_view code,
              std::string_view why);

  // What clients are told.
  void tell(const LiveBoard::Changes& changes);
  void note(const core::Record& record);
  void note(const LiveSound& sound);
  net::Task<void> pass_sound_on();
  void say_status(AdminClient& client, web::NodeStatus status);

  // Every second.
  net::Task<void> tick_for_ever();
  void tick();
  void look();
  void note_look(const std::vector<net::CallFacts>& facts);
  void recheck(const AdminClient& client);
  AdminClient* find(std::uint64_t number);

  Parts parts_;
  LiveFeed feed_;
  ops::Gauge& clients_gauge_;
  std::map<std::uint64_t, Open> open_;  // by the client's number
  std::uint64_t next_number_ = 1;
  std::size_t upgrading_ = 0;
  std::unordered_map<core::CallId, std::vector<AdminClient*>> listeners_;
  bool is_passing_sound_ = false;
  std::size_t looks_awaited_ = 0;  // of shards
  bool is_fresh_due_ = false;      // something was lost: everybody gets a snapshot after the look
  std::uint64_t seconds_ = 0;
  bool is_stopping_ = false;
  net::TaskGroup tasks_;
};

}  // namespace tandem
