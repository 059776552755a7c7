// What waits for a peer that does not read.
#include "tests/integration/net/peer.hpp"
#include "tests/integration/net/socket_server.hpp"

using namespace tandem;
using namespace tandem::test;

TEST_CASE(
    "T19, E20: what a peer does not read waits in the outbox, where it is counted, not unseen") {
  constexpr std::size_t sent_bytes = 200'000;
  constexpr std::size_t unseen_bytes_max = 24 * 1024;  // the peer's own buffer, the kernel's, ours
  asio::io_context context{1};
  std::size_t counted = 0;
  bool is_over = false;
  net::WebSocketOptions options;
  options.outbox_bytes_max = 256 * 1024;
  SocketServer server(
      context,
      [&](net::WebSocket& socket) -> net::Task<void> {
        for (std::size_t sent = 0; sent < sent_bytes; sent += 1000) {
          socket.send(std::string(1000, 'x'), {});
          co_await pause_for(context, 0ms);
        }
        counted = socket.outbox_bytes();
        is_over = true;
      },
      options);
  auto body = [&]() -> net::Task<void> {
    Peer peer(context);
    peer.socket.open(tcp::v4());
    peer.socket.set_option(asio::socket_base::receive_buffer_size(4096));
    co_await peer.connect(server.http.port());
    co_await peer.send(std::string(upgrade_request));
    while (!is_over) co_await pause_for(context, 1ms);
    co_await server.stop();
  };
  run(context, body());
  CHECK(counted <= sent_bytes);
  CHECK(counted > sent_bytes - unseen_bytes_max);
}
