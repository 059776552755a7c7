// The listener: HTTP/1.1 with keep-alive, and the hand-over of upgraded connections. Runs on one
// io_context (the control thread). Knows no route; TLS towards the world ends at the proxy in
// front.
//
// Bounds (docs: faults T12, T21, R13): header 8 KiB within 5 s, body 64 KiB within 10 s,
// check_request() before anything else, at most 256 connections that have not yet had a request
// accepted, every 4xx closes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "bridge/core/http.hpp"
#include "bridge/core/limits.hpp"
#include "bridge/core/types.hpp"
#include "bridge/net/task.hpp"
#include "bridge/net/websocket.hpp"

namespace tandem::net {

/// Answers one request: copyable, callable from any thread while the server's io_context exists.
/// The first call counts, later ones have no effect. When all copies are gone without a call, the
/// answer is 500. A response with `pull` is streamed: chunked, piece by piece as the client takes
/// them; one that cannot be finished ends with a reset of the connection.
using Respond = std::function<void(core::HttpResponse)>;

/// Takes an upgraded connection over; 101 has not been sent yet (WebSocket::accept does that).
/// Called on the server's thread; it normally posts the connection to a shard.
using UpgradeTarget = std::function<void(AcceptedSocket)>;

class HttpServer {
 public:
  struct Handlers {
    /// A HEAD request arrives as GET (the body of the answer is left out); OPTIONS is answered by
    /// the server.
    std::function<void(core::HttpRequest, Respond)> on_request;
    /// A request that asks to become a WebSocket: either a plain answer, or who takes it.
    std::function<std::variant<core::HttpResponse, UpgradeTarget>(const core::HttpRequest&)>
        on_upgrade;
  };

  struct Options {
    std::string address = "127.0.0.1";  ///< IPv4 or IPv6
    std::uint16_t port = 0;             ///< 0: any free port, see port()
    core::Duration header_timeout = std::chrono::seconds(5);
    core::Duration body_timeout = std::chrono::seconds(10);
    core::Duration idle_timeout = std::chrono::seconds(60);  ///< between two requests
    /// For the handler, then 504; for each piece of a streamed answer, then it breaks off.
    core::Duration answer_timeout = std::chrono::seconds(30);
    /// For the client to take a whole answer, or one piece of a streamed one.
    core::Duration write_timeout = std::chrono::seconds(30);
    /// Connections without a request that was answered below 400. One more is answered 503 and
    /// closed.
    std::size_t unauthenticated_max = limits::unauthenticated_sockets_max;
    std::size_t connections_max = 2048;  ///< of all kinds, upgraded ones not counted
  };

  /// Counted since the start, for metrics.
  struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t refused_full = 0;     ///< 503 because a cap was reached
    std::uint64_t refused_request = 0;  ///< by check_request() or the parser
    std::uint64_t timed_out = 0;
    std::uint64_t accept_errors = 0;  ///< EMFILE and the like, each followed by a pause of 50 ms
    std::uint64_t upgraded = 0;
    std::uint64_t handler_failures = 0;  ///< a handler threw: answered 500
    std::uint64_t broken_off = 0;        ///< streamed answers that did not reach their end
  };

  /// Binds and listens. Throws std::system_error when the address cannot be used.
  HttpServer(asio::io_context& context, Options options, Handlers handlers);
  /// Asserts that join() has ended (or start() was never called).
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Stops listening and closes idle connections; requests in progress are answered with
  /// "Connection: close"; streamed answers break off after the piece in progress, or 2 s.
  void stop();
  /// Ends when no connection is left. Call after stop().
  Task<void> join();

  [[nodiscard]] std::size_t connections() const noexcept;
  [[nodiscard]] std::size_t unauthenticated() const noexcept;
  [[nodiscard]] const Counters& counters() const noexcept;

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace tandem::net
