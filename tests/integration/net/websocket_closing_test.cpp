// Both ends of a WebSocket closing at the same time.
#include "tests/integration/net/peer.hpp"
#include "tests/integration/net/socket_server.hpp"

using namespace tandem;
using namespace tandem::test;
using Kind = net::Message::Kind;

// Boost.Beast 345 (Boost 1.81) parks its read and its close behind each other for ever when a
// control callback is set: seen as calls that had ended but never left their shard.
TEST_CASE(
    "our close and a close frame that was read together with the message before it both end") {
  asio::io_context context{1};
  std::vector<Received> messages;
  SocketServer server(context, [&](net::WebSocket& socket) -> net::Task<void> {
    co_await read_one(socket, messages);
    socket.close(1000, "done");
    co_await read_one(socket, messages);
  });
  auto body = [&]() -> net::Task<void> {
    Peer peer(context);
    co_await peer.connect(server.http.port());
    co_await peer.send(std::string(upgrade_request));
    co_await peer.read_through("\r\n\r\n");
    co_await peer.send(frame(1, "stop") + close_frame(1000, "bye"));
    co_await peer.read_to_end();
    while (messages.size() < 2) co_await pause_for(context, 1ms);
    co_await server.stop();
  };
  run(context, body());
  REQUIRE(messages.size() == 2);
  CHECK(messages.back().kind == Kind::closed);
  CHECK(messages.back().clean);
}
