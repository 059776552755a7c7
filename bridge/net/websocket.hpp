// One WebSocket leg (RFC 6455): server side over TCP, or client over TCP or TLS. One frame per
// message out, no compression. Everything here runs on the thread of the io_context given
// at the start.
//
// Life: accept() or connect() -> one owner awaits read() in a loop; send() at any time -> close()
// or abort() -> read() answers `closed` -> join() -> destroy. Errors never throw; they arrive as a
// `closed` message.
//
// Timers. Beast can watch for idleness with a timer per stream. It fires once per half idle
// time-out, so it is cheap for the voice leg (`idle_timeout` 30 s with pings). For the carrier leg
// leave `idle_timeout` at 0 and compare last_activity() on the shard's wheel: a live stream sends a
// frame every 20 ms, and its limit differs by state.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bridge/core/http.hpp"
#include "bridge/core/limits.hpp"
#include "bridge/core/types.hpp"
#include "bridge/net/file_descriptor.hpp"
#include "bridge/net/outbox.hpp"
#include "bridge/net/task.hpp"
#include "bridge/net/tls.hpp"

namespace tandem::net {

/// Something that arrived.
struct Message {
  enum class Kind : std::uint8_t { text, binary, closed };
  Kind kind = Kind::closed;
  std::string_view data;  ///< text (valid UTF-8) or binary; lives until the next read()

  // Of `closed` only. Codes: the peer's own (1005 when it gave none); 1006 the connection broke or
  // timed out; 1009 the peer's message was too big; 1007 it was not UTF-8; 1002 it broke the
  // protocol.
  std::uint16_t close_code = 0;
  std::string reason;  ///< the peer's words, or the system's; no secrets, untrusted text
  bool clean = false;  ///< a close frame of the peer arrived
};

struct WebSocketOptions {
  std::size_t read_message_bytes_max =
      limits::carrier_message_bytes_max;  ///< larger: closed with 1009
  core::Duration handshake_timeout =
      limits::voice_attempt_timeout;  ///< the whole of accept() or connect()
  core::Duration idle_timeout{0};     ///< nothing received for so long: broken (1006); 0 for never
  bool pings = false;                 ///< send a ping when ping_after has passed in silence
  core::Duration ping_after{0};       ///< less than idle_timeout; 0 for half of it
  /// accept() only: named in the answer when the client offers it (RFC 6455, 4.2.2); empty: none.
  std::string subprotocol = {};
  std::size_t outbox_bytes_max = limits::carrier_outbox_bytes_max;

  // Limits of single stages of connect(), within handshake_timeout (docs: faults, E04).
  core::Duration connect_timeout = std::chrono::seconds(2);  ///< name and TCP
  core::Duration tls_timeout = std::chrono::seconds(3);
  core::Duration upgrade_timeout = std::chrono::seconds(3);  ///< until the answer to the upgrade
};

/// A connection whose upgrade request has been read and is still to be answered. Plain data, so
/// that it can travel from the control thread to a shard's.
struct AcceptedSocket {
  FileDescriptor fd;
  core::HttpRequest request;
  std::string leftover;  ///< what the peer sent behind the request
};

class WebSocket;

/// What came of connect().
struct ConnectResult {
  std::unique_ptr<WebSocket> socket;  ///< null when it failed
  int http_status = 0;                ///< the answer to the upgrade, 0 if none: 101, or why not
  std::string stage;  ///< where it failed: "resolve", "connect", "tls", "upgrade"; else empty
  std::string text;   ///< the system's words, no secrets
};

/// Ends a pending connect() from outside. Keep it alive until that connect() has answered.
class ConnectCanceller {
 public:
  ConnectCanceller() = default;
  ConnectCanceller(const ConnectCanceller&) = delete;
  ConnectCanceller& operator=(const ConnectCanceller&) = delete;

  /// The connect() answers soon, with no socket. Before it began: it fails at once. After it ended:
  /// no effect.
  void cancel();
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

 private:
  friend class ConnectAttempt;
  std::function<void()> close_;
  bool cancelled_ = false;
};

class WebSocket {
 public:
  /// Answers the upgrade of `accepted` with 101 and takes the connection over. Null when the
  /// request is no valid upgrade or the connection broke; it is closed then.
  static Task<std::unique_ptr<WebSocket>> accept(asio::io_context& context, AcceptedSocket accepted,
                                                 WebSocketOptions options);
  /// `url` is ws:// or wss:// (http and https are taken as the same). `headers` go into the upgrade
  /// request. `canceller` may be null.
  static Task<ConnectResult> connect(asio::io_context& context, TlsClientContext& tls,
                                     core::Url url, core::HttpHeaders headers,
                                     WebSocketOptions options,
                                     ConnectCanceller* canceller = nullptr);

  /// Asserts that join() has ended.
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// The next message. One reader at a time. After `closed` it answers `closed` again, at once.
  Task<Message> read();

  /// Queues one message (a text is valid UTF-8). `due` comes back in on_written.
  SendStatus send(std::string&& text, core::TimePoint due, MessageKind kind = MessageKind::text);
  /// A recycled string to encode the next message into; empty.
  std::string take_buffer();
  /// Queued or being written.
  [[nodiscard]] std::size_t outbox_bytes() const noexcept;
  /// Drops all queued messages whose writing has not begun; answers how many.
  std::size_t drop_unsent();

  /// Sends what is queued, then a close frame (`reason` is cut to 123 bytes), then waits for the
  /// peer's. Whatever happens, the connection is gone after 3 s. Later calls have no effect.
  void close(std::uint16_t code, std::string_view reason);
  /// Closes the connection at once.
  void abort();
  /// Ends when nothing of this object runs any more. Call after close() or abort(); needs no
  /// reader.
  Task<void> join();

  /// When the last bytes of a message, ping or pong arrived; at first the time of the upgrade.
  [[nodiscard]] core::TimePoint last_activity() const noexcept;
  /// The kernel's smoothed round trip time to the other end (TCP_INFO), a proxy if there is one; 0
  /// when it is not known. A system call: not for every frame.
  [[nodiscard]] core::Duration round_trip() const noexcept;

  /// Called after each message has been handed to the system. May call send(), close() and abort().
  std::function<void(core::TimePoint due, core::TimePoint written)> on_written;

 private:
  class Connection;
  explicit WebSocket(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace tandem::net
