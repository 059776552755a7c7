// What the admin socket asks of net/websocket beside what calls do: binary messages, a subprotocol,
// pings sooner than at half time.
#include "tests/integration/net/peer.hpp"
#include "tests/integration/net/socket_server.hpp"

using namespace tandem;
using namespace tandem::test;

namespace {

net::WebSocketOptions admin_v1() {
  net::WebSocketOptions options;
  options.subprotocol = "admin.v1";
  return options;
}

/// The answer to an upgrade that carries `header`.
std::string answer_to(std::string header) {
  asio::io_context context{1};
  SocketServer server(
      context, [](net::WebSocket& socket) { return echo(socket); }, admin_v1());
  std::string answer;
  auto body = [&]() -> net::Task<void> {
    Peer peer(context);
    co_await peer.connect(server.http.port());
    std::string request(upgrade_request);
    request.insert(request.size() - 2, header);
    co_await peer.send(request);
    answer = co_await peer.read_through("\r\n\r\n");
    peer.reset();
    co_await server.stop();
  };
  run(context, body());
  return answer;
}

}  // namespace

TEST_CASE("binary and text messages travel as what they are, in their order") {
  asio::io_context context{1};
  SocketServer server(context, [](net::WebSocket& socket) { return echo(socket); });
  std::string echoed;
  const std::string sound("\x01\x00\xff\xfe", 4);
  auto body = [&]() -> net::Task<void> {
    Peer peer(context);
    co_await peer.connect(server.http.port());
    co_await peer.send(std::string(upgrade_request) + frame(2, sound) + frame(1, "words") +
                       frame(2, ""));
    co_await peer.read_through("\r\n\r\n");
    echoed = co_await peer.read_bytes(2 + sound.size() + 2 + 5 + 2);
    peer.reset();
    co_await server.stop();
  };
  run(context, body());
  CHECK(echoed ==
        frame(2, sound, true, false) + frame(1, "words", true, false) + frame(2, "", true, false));
}

TEST_CASE("the subprotocol is named in the answer when the client offers it, and only then") {
  const std::string named = "Sec-WebSocket-Protocol: admin.v1\r\n";
  CHECK(answer_to(named).find(named) != std::string::npos);
  CHECK(answer_to("Sec-WebSocket-Protocol: chat,\t admin.v1 , x\r\n").find(named) !=
        std::string::npos);
  CHECK(answer_to("sec-websocket-protocol: chat\r\n" + named).find(named) != std::string::npos);
  for (const auto* offer : {"", "Sec-WebSocket-Protocol: admin.v2, Admin.v1, ,\r\n"}) {
    const auto answer = answer_to(offer);
    CHECK(answer.starts_with("HTTP/1.1 101 "));
    CHECK(answer.find("Sec-WebSocket-Protocol") == std::string::npos);
  }
}

TEST_CASE("a ping goes out after the silence that was asked for, and an answer keeps the peer") {
  asio::io_context context{1};
  net::WebSocketOptions options;
  options.idle_timeout = 10s;
  options.ping_after = 50ms;
  options.pings = true;
  SocketServer server(
      context, [](net::WebSocket& socket) { return echo(socket); }, options);
  std::string pings;
  auto body = [&]() -> net::Task<void> {
    Peer peer(context);
    co_await peer.connect(server.http.port());
    co_await peer.send(std::string(upgrade_request));
    co_await peer.read_through("\r\n\r\n");
    pings = co_await peer.read_bytes(2);
    co_await peer.send(frame(10, ""));
    pings += co_await peer.read_bytes(2);
    peer.reset();
    co_await server.stop();
  };
  run(context, body());
  CHECK(pings == frame(9, "", true, false) + frame(9, "", true, false));
}
