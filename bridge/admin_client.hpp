// One client of the admin socket: who it is, what it wants to hear of, and what it gets. The rules
// for one that reads too slowly are here: audio is dropped first (2 s of it may wait), then
// changes (256 KiB may wait); once it has caught up it gets a fresh snapshot that says how much was
// dropped; one that does not catch up within 5 s is closed with 1013 (fault A01). Answers and the
// node's status are never dropped. Runs on the control thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "bridge/live_board.hpp"
#include "bridge/live_feed.hpp"
#include "bridge/net/websocket.hpp"
#include "bridge/visitors.hpp"
#include "web/admin_messages.hpp"

namespace tandem {

class AdminClient {
 public:
  static constexpr std::size_t message_bytes_max = 64 * 1024;
  static constexpr std::size_t outbox_bytes_max = 1024 * 1024;
  static constexpr std::size_t changes_bytes_max = 256 * 1024;
  static constexpr std::size_t caught_up_bytes = 32 * 1024;
  static constexpr std::size_t snapshot_piece_bytes = 64 * 1024;
  static constexpr std::chrono::seconds audio_max{2};
  static constexpr std::size_t audio_bytes_max = 128 * 1024;
  static constexpr std::chrono::seconds behind_max{5};
  static constexpr double commands_per_second = 20;
  static constexpr int refused_commands_max = 100;
  static constexpr int malformed_max = 5;
  static constexpr std::size_t named_calls_max = 2000;

  static net::WebSocketOptions options();

  /// `board` and `socket` outlive this; takes over `socket`'s on_written.
  AdminClient(std::uint64_t number, net::WebSocket& socket, const LiveBoard& board,
              ops::Metrics& metrics, core::TimePoint now);
  AdminClient(const AdminClient&) = delete;
  AdminClient& operator=(const AdminClient&) = delete;

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] core::TimePoint connected_at() const noexcept { return connected_at_; }
  /// Nothing until its ticket was accepted.
  [[nodiscard]] const std::optional<Visitor>& visitor() const noexcept { return visitor_; }
  void authenticated(Visitor visitor) { visitor_ = std::move(visitor); }

  /// False when it names more calls than can be remembered.
  bool subscribe(const web::Subscription& wish);
  [[nodiscard]] bool wants(const core::CallId& id) const;

  /// An answer or a status: sent whatever waits.
  void say(const web::ServerMessage& message);
  /// A change of a call that it wants to hear of.
  void tell(const core::CallId& id, const web::ServerMessage& message, core::TimePoint now);
  void hear(const LiveSound& sound, std::uint32_t handle, core::TimePoint now);
  /// All calls that it wants to hear of, as they are now: one message, and further calls as
  /// call_started when they do not fit.
  void send_snapshot(core::WallTime wall, core::TimePoint now);
  /// Closes it when it has been too slow for too long.
  void check(core::TimePoint now);

  // Bounds of what it says. False when it said too much; it is closed when it goes on.
  bool may_command(core::TimePoint now);
  void note_malformed();
  void close(std::uint16_t code, std::string_view reason);
  [[nodiscard]] bool is_closing() const noexcept { return is_closing_; }

 private:
  struct Sound {
    core::TimePoint due;
    std::size_t bytes;
  };

  void note_written(core::TimePoint due);
  bool is_behind(core::TimePoint now);
  void send(const web::ServerMessage& message);
  void send_owed();
  std::vector<const web::LiveCall*> take_first_piece();

  std::uint64_t number_;
  net::WebSocket& socket_;
  const LiveBoard& board_;
  ops::Counter& dropped_messages_;
  ops::Counter& dropped_audio_;
  core::TimePoint connected_at_;
  std::optional<Visitor> visitor_;
  std::uint64_t seq_ = 0;

  bool wants_all_ = false;
  std::set<core::CallId> wanted_;    // beside all
  std::set<core::CallId> unwanted_;  // of all

  std::deque<Sound> sounds_;  // that wait, oldest first
  std::size_t sound_bytes_ = 0;
  std::set<core::CallId> owed_;  // of a snapshot that did not fit into one message
  std::optional<core::TimePoint> behind_since_;
  std::int64_t dropped_ = 0;  // since the last snapshot

  double commands_ = commands_per_second;
  core::TimePoint commands_at_;
  int refused_commands_ = 0;
  int malformed_ = 0;
  bool is_closing_ = false;
};

}  // namespace tandem
