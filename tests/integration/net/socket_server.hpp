// A real HttpServer whose upgraded connections a test plays with.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/net/http_server.hpp"
#include "bridge/net/websocket.hpp"
#include "tests/integration/net/loop.hpp"

namespace tandem::test {

/// A message that outlives the next read.
struct Received {
  explicit Received(const net::Message& message)
      : kind(message.kind),
        data(message.data),
        code(message.close_code),
        reason(message.reason),
        clean(message.clean) {}
  net::Message::Kind kind;
  std::string data;
  std::uint16_t code;
  std::string reason;
  bool clean;
};

class SocketServer {
 public:
  using Behaviour = std::function<net::Task<void>(net::WebSocket&)>;

  SocketServer(asio::io_context& context, Behaviour behaviour, net::WebSocketOptions options = {})
      : context_(context),
        behaviour_(std::move(behaviour)),
        options_(options),
        group_(context, [](const std::exception_ptr& failure) { std::rethrow_exception(failure); }),
        http(context, net::HttpServer::Options(), handlers()) {
    http.start();
  }

  net::Task<void> stop() {
    http.stop();
    co_await http.join();
    co_await group_.join();
  }

 private:
  net::HttpServer::Handlers handlers() {
    net::HttpServer::Handlers made;
    made.on_request = [](const core::HttpRequest&, const net::Respond& respond) {
      core::HttpResponse response;
      response.status = 404;
      respond(response);
    };
    made.on_upgrade =
        [this](const core::HttpRequest&) -> std::variant<core::HttpResponse, net::UpgradeTarget> {
      return net::UpgradeTarget(
          [this](net::AcceptedSocket accepted) { group_.spawn(serve(std::move(accepted))); });
    };
    return made;
  }

  net::Task<void> serve(net::AcceptedSocket accepted) {
    const std::unique_ptr<net::WebSocket> socket =
        co_await net::WebSocket::accept(context_, std::move(accepted), options_);
    if (!socket) {
      ++refused;
      co_return;
    }
    co_await behaviour_(*socket);
    socket->abort();
    co_await socket->join();
  }

  asio::io_context& context_;
  Behaviour behaviour_;
  net::WebSocketOptions options_;
  net::TaskGroup group_;

 public:
  net::HttpServer http;
  int refused = 0;
};

/// Reads one message and keeps it.
inline net::Task<void> read_one(net::WebSocket& socket, std::vector<Received>& into) {
  const net::Message message = co_await socket.read();
  into.emplace_back(message);
}

/// Sends every message back until the connection ends.
inline net::Task<void> echo(net::WebSocket& socket) {
  for (;;) {
    const net::Message message = co_await socket.read();
    if (message.kind == net::Message::Kind::closed) co_return;
    std::string text = socket.take_buffer();
    text.assign(message.data);
    const auto kind = message.kind == net::Message::Kind::binary ? net::MessageKind::binary
                                                                 : net::MessageKind::text;
    socket.send(std::move(text), std::chrono::steady_clock::now(), kind);
  }
}

}  // namespace tandem::test
