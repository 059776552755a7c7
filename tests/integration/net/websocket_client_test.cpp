// The client role of net/websocket: every stage of connecting can fail or hang, and TLS must refuse
// what it should.
#include "tests/integration/net/certificates.hpp"
#include "tests/integration/net/peer.hpp"
#include "tests/integration/net/socket_server.hpp"
#include "tests/integration/net/tls_relay.hpp"

using namespace tandem;
using namespace tandem::test;
using Kind = net::Message::Kind;

namespace {

/// What a failed connect() said, and how long it took.
struct Failure {
  std::string stage;
  std::string text;
  int http_status = 0;
  long ms = 0;
};

core::Url url_of(const std::string& scheme, const std::string& host, std::uint16_t port) {
  core::Url url;
  REQUIRE(core::parse_url(scheme + "://" + host + ":" + std::to_string(port) + "/chat?a=b", url));
  return url;
}

net::WebSocketOptions short_limits() {
  net::WebSocketOptions options;
  options.connect_timeout = 200ms;
  options.tls_timeout = 200ms;
  options.upgrade_timeout = 200ms;
  return options;
}

net::Task<void> try_to_connect(asio::io_context& context, net::TlsClientContext& tls, core::Url url,
                               net::WebSocketOptions options, net::ConnectCanceller* canceller,
                               Failure& failure) {
  const Stopwatch watch;
  const net::ConnectResult result =
      co_await net::WebSocket::connect(context, tls, url, core::HttpHeaders(), options, canceller);
  CHECK_FALSE(result.socket);
  failure.stage = result.stage;
  failure.text = result.text;
  failure.http_status = result.http_status;
  failure.ms = watch.ms();
}

Failure fails(asio::io_context& context, const core::Url& url,
              net::ConnectCanceller* canceller = nullptr) {
  net::TlsClientContext tls;
  Failure failure;
  run(context, try_to_connect(context, tls, url, short_limits(), canceller, failure));
  return failure;
}

/// Accepts one connection, answers its request with `answer` (nothing when empty), and waits for
/// its end.
net::Task<void> answer_once(RawAcceptor& acceptor, std::string answer, std::string& request) {
  Peer peer(co_await acceptor.async_accept(net::use_task));
  request = co_await peer.read_through("\r\n\r\n");
  if (!answer.empty()) co_await peer.send(answer);
  co_await peer.read_to_end();
}

struct TlsWorld {
  explicit TlsWorld(const Identity& identity)
      : server(
            context, [](net::WebSocket& socket) { return echo(socket); }, large()),
        relay(context, identity, server.http.port()) {}
  static net::WebSocketOptions large() {
    net::WebSocketOptions options;
    options.read_message_bytes_max = 4 * 1024 * 1024;
    options.outbox_bytes_max = 8 * 1024 * 1024;
    return options;
  }
  net::Task<void> stop() {
    co_await relay.stop();
    co_await server.stop();
  }
  asio::io_context context{1};
  SocketServer server;
  TlsRelay relay;
};

/// How connecting to `host` ends when the server shows `identity` and we trust `authority_file`.
Failure refused_certificate(const Identity& identity, const std::string& host,
                            const std::string& authority_file) {
  TlsWorld world(identity);
  net::TlsClientContext tls(authority_file);
  Failure failure;
  auto body = [&]() -> net::Task<void> {
    const core::Url url = url_of("wss", host, world.relay.port());
    co_await try_to_connect(world.context, tls, url, net::WebSocketOptions(), nullptr, failure);
    co_await world.stop();
  };
  run(world.context, body());
  CHECK(world.relay.handshakes() == 0);
  return failure;
}

}  // namespace

TEST_CASE("E04: a TCP connect that hangs ends at its limit, in stage connect") {
  asio::io_context context{1};
  RawAcceptor acceptor(context, tcp::v4());
  acceptor.bind(loopback(0));
  acceptor.listen(0);
  const std::uint16_t port = acceptor.local_endpoint().port();
  // A full queue of connections that nobody accepts: the kernel drops further ones in silence.
  std::vector<std::unique_ptr<RawSocket>> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(std::make_unique<RawSocket>(context, tcp::v4()));
    fillers.back()->non_blocking(true);
    boost::system::error_code ignored;
    ::connect(fillers.back()->native_handle(), loopback(port).data(),
              static_cast<socklen_t>(loopback(port).size()));
  }
  const Failure failure = fails(context, url_of("ws", "127.0.0.1", port));
  CHECK(failure.stage == "connect");
  CHECK(failure.text == "timed out");
  CHECK(failure.ms >= 190);
  CHECK(failure.ms < 1000);
}

TEST_CASE("E04: a TLS handshake that hangs ends at its limit, in stage tls") {
  asio::io_context context{1};
  RawAcceptor acceptor(context, loopback(0));
  const Failure failure =
      fails(context, url_of("wss", "127.0.0.1", acceptor.local_endpoint().port()));
  CHECK(failure.stage == "tls");
  CHECK(failure.text == "timed out");
  CHECK(failure.ms >= 190);
  CHECK(failure.ms < 1000);
}

TEST_CASE("E04: an upgrade that is never answered ends at its limit, in stage upgrade") {
  asio::io_context context{1};
  RawAcceptor acceptor(context, loopback(0));
  const Failure failure =
      fails(context, url_of("ws", "127.0.0.1", acceptor.local_endpoint().port()));
  CHECK(failure.stage == "upgrade");
  CHECK(failure.text == "timed out");
  CHECK(failure.http_status == 0);
  CHECK(failure.ms >= 190);
  CHECK(failure.ms < 1000);
}

TEST_CASE("E04: all stages together end at the limit of the whole") {
  asio::io_context context{1};
  RawAcceptor acceptor(context, loopback(0));
  net::WebSocketOptions options;
  options.handshake_timeout = 150ms;
  net::TlsClientContext tls;
  Failure failure;
  const core::Url url = url_of("wss", "127.0.0.1", acceptor.local_endpoint().port());
  run(context, try_to_connect(context, tls, url, options, nullptr, failure));
  CHECK(failure.stage == "tls");
  CHECK(failure.ms < 1000);
}

TEST_CASE("a closed port is refused at once, in stage connect") {
  asio::io_context context{1};
  std::uint16_t port = 0;
  {
    const RawAcceptor acceptor(context, loopback(0));
    port = acceptor.local_endpoint().port();
  }
  const Failure failure = fails(context, url_of("ws", "127.0.0.1", port));
  CHECK(failure.stage == "connect");
  CHECK(failure.text == "Connection refused");
  CHECK(failure.ms < 1000);
}

TEST_CASE("E05: a name that does not resolve ends in stage resolve, within its limit") {
  asio::io_context context{1};
  const Failure failure = fails(context, url_of("wss", "no-such-host.invalid", 443));
  CHECK(failure.stage == "resolve");
  CHECK_FALSE(failure.text.empty());
  CHECK(failure.ms < 1000);
}

TEST_CASE("an upgrade that is refused reports the HTTP status") {
  asio::io_context context{1};
  RawAcceptor acceptor(context, loopback(0));
  Failure failure;
  std::string request;
  net::TlsClientContext tls;
  auto body = [&]() -> net::Task<void> {
    net::TaskGroup group(context, nullptr);
    group.spawn(answer_once(acceptor, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nnope",
                            request));
    const core::Url url = url_of("ws", "127.0.0.1", acceptor.local_endpoint().port());
    co_await try_to_connect(context, tls, url, short_limits(), nullptr, failure);
    co_await group.join();
  };
  run(context, body());
  CHECK(failure.stage == "upgrade");
  CHECK(failure.http_status == 401);
  CHECK(failure.ms < 1000);
}

TEST_CASE("the upgrade request carries our headers, the Host of the URL and its target") {
  asio::io_context context{1};
  RawAcceptor acceptor(context, loopback(0));
  std::string request;
  net::TlsClientContext tls;
  const std::uint16_t port = acceptor.local_endpoint().port();
  auto body = [&]() -> net::Task<void> {
    net::TaskGroup group(context, nullptr);
    group.spawn(answer_once(acceptor, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", request));
    core::HttpHeaders headers;
    headers.emplace_back("X-Api-Key", "obviously-invented");
    const net::ConnectResult result = co_await net::WebSocket::connect(
        context, tls, url_of("ws", "127.0.0.1", port), headers, short_limits());
    CHECK_FALSE(result.socket);
    co_await group.join();
  };
  run(context, body());
  CHECK(request.starts_with("GET /chat?a=b HTTP/1.1\r\n"));
  CHECK(request.find("Host: 127.0.0.1:" + std::to_string(port) + "\r\n") != std::string::npos);
  CHECK(request.find("X-Api-Key: obviously-invented\r\n") != std::string::npos);
  CHECK(request.find("Sec-WebSocket-Extensions") == std::string::npos);
}

TEST_CASE("a pending connect can be cancelled from outside, in every stage") {
  const std::string scheme = GENERATE("ws", "wss");
  asio::io_context context{1};
  RawAcceptor acceptor(context, loopback(0));
  net::TlsClientContext tls;
  net::ConnectCanceller canceller;
  Failure failure;
  auto body = [&]() -> net::Task<void> {
    net::TaskGroup group(context, nullptr);
    const core::Url url = url_of(scheme, "127.0.0.1", acceptor.local_endpoint().port());
    group.spawn(try_to_connect(context, tls, url, net::WebSocketOptions(), &canceller, failure));
    co_await pause_for(context, 50ms);
    canceller.cancel();
    co_await group.join();
  };
  run(context, body());
  CHECK(failure.text == "cancelled");
  CHECK(failure.stage == (scheme == "ws" ? "upgrade" : "tls"));
  CHECK(failure.ms < 1000);
}

TEST_CASE("a connect that was cancelled before it began does not begin") {
  asio::io_context context{1};
  net::ConnectCanceller canceller;
  canceller.cancel();
  const Failure failure = fails(context, url_of("ws", "127.0.0.1", 9), &canceller);
  CHECK(failure.text == "cancelled");
}

TEST_CASE("E06: a certificate for another host is refused") {
  const Authority authority;
  const Failure failure =
      refused_certificate(authority.issue("DNS:other.example"), "localhost", authority.file());
  CHECK(failure.stage == "tls");
  CHECK(failure.text == "hostname mismatch");
}

TEST_CASE("E06: a certificate for another address is refused") {
  const Authority authority;
  const Failure failure = refused_certificate(authority.issue("IP:192.0.2.1,DNS:127.0.0.1"),
                                              "127.0.0.1", authority.file());
  CHECK(failure.stage == "tls");
  CHECK(failure.text == "IP address mismatch");
}

TEST_CASE("E06: an expired certificate is refused") {
  const Authority authority;
  const Failure failure =
      refused_certificate(authority.issue("DNS:localhost", true), "localhost", authority.file());
  CHECK(failure.stage == "tls");
  CHECK(failure.text == "certificate has expired");
}

TEST_CASE("E06: a certificate of an unknown authority is refused") {
  const Authority authority;
  const Authority other;
  const Failure failure =
      refused_certificate(authority.issue("DNS:localhost"), "localhost", other.file());
  CHECK(failure.stage == "tls");
  CHECK(failure.text == "unable to get local issuer certificate");
}

TEST_CASE("over TLS messages of every size come back, and the second connection resumes") {
  const Authority authority;
  const std::string host = GENERATE("localhost", "127.0.0.1");
  TlsWorld world(authority.issue("DNS:localhost,IP:127.0.0.1"));
  net::TlsClientContext tls(authority.file());
  auto body = [&]() -> net::Task<void> {
    for (int round = 0; round < 2; ++round) {
      net::ConnectResult result = co_await net::WebSocket::connect(
          world.context, tls, url_of("wss", host, world.relay.port()), core::HttpHeaders(),
          TlsWorld::large());
      INFO(result.stage << ": " << result.text);
      REQUIRE(result.socket);
      for (const std::size_t size : {1U, 470U, 16384U, 26000U, 2000000U}) {
        std::string text(size, static_cast<char>('a' + round));
        REQUIRE(result.socket->send(std::move(text), {}) == net::SendStatus::queued);
        const net::Message message = co_await result.socket->read();
        REQUIRE(message.data.size() == size);
        REQUIRE(message.data.find_first_not_of(static_cast<char>('a' + round)) ==
                std::string_view::npos);
      }
      result.socket->close(1000, "done");
      const net::Message end = co_await result.socket->read();
      CHECK(end.clean);
      co_await result.socket->join();
    }
    co_await world.stop();
  };
  run(world.context, body());
  CHECK(world.relay.handshakes() == 2);
  CHECK(world.relay.resumed() == 1);
}

TEST_CASE("over TLS both directions work at once while the other side is slow") {
  const Authority authority;
  TlsWorld world(authority.issue("DNS:localhost"));
  net::TlsClientContext tls(authority.file());
  constexpr int count = 200;
  auto body = [&]() -> net::Task<void> {
    net::ConnectResult result = co_await net::WebSocket::connect(
        world.context, tls, url_of("wss", "localhost", world.relay.port()), core::HttpHeaders(),
        TlsWorld::large());
    REQUIRE(result.socket);
    for (int i = 0; i < count; ++i) {  // 6 MB: far more than the sockets hold, so writing must wait
      std::string text = std::to_string(i) + std::string(30'000, 'x');
      REQUIRE(result.socket->send(std::move(text), {}) == net::SendStatus::queued);
    }
    for (int i = 0; i < count; ++i) {
      const net::Message message = co_await result.socket->read();
      REQUIRE(message.data.starts_with(std::to_string(i) + "x"));
    }
    result.socket->abort();
    co_await result.socket->join();
    co_await world.stop();
  };
  run(world.context, body());
}

TEST_CASE("a TLS connection that is cut without goodbye is a broken one") {
  const Authority authority;
  TlsWorld world(authority.issue("DNS:localhost"));
  net::TlsClientContext tls(authority.file());
  std::vector<Received> messages;
  auto body = [&]() -> net::Task<void> {
    net::ConnectResult result = co_await net::WebSocket::connect(
        world.context, tls, url_of("wss", "localhost", world.relay.port()), core::HttpHeaders(),
        TlsWorld::large());
    REQUIRE(result.socket);
    world.relay.cut();
    co_await read_one(*result.socket, messages);
    co_await result.socket->join();
    co_await world.stop();
  };
  run(world.context, body());
  CHECK(messages.front().code == 1006);
  CHECK_FALSE(messages.front().clean);
}

TEST_CASE("a server that does not speak TLS is refused in stage tls") {
  asio::io_context context{1};
  RawAcceptor acceptor(context, loopback(0));
  Failure failure;
  net::TlsClientContext tls;
  auto body = [&]() -> net::Task<void> {
    net::TaskGroup group(context, nullptr);
    auto talk = [](RawAcceptor& from) -> net::Task<void> {
      Peer peer(co_await from.async_accept(net::use_task));
      co_await peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
      co_await peer.read_to_end();
    };
    group.spawn(talk(acceptor));
    const core::Url url = url_of("wss", "127.0.0.1", acceptor.local_endpoint().port());
    co_await try_to_connect(context, tls, url, short_limits(), nullptr, failure);
    co_await group.join();
  };
  run(context, body());
  CHECK(failure.stage == "tls");
  CHECK(failure.text == "wrong version number");
}

TEST_CASE("an authority file that cannot be read is an error at the start") {
  CHECK_THROWS_AS(net::TlsClientContext("/no/such/file.pem"), std::runtime_error);
}
