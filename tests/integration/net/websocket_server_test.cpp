// The server role of net/websocket against a peer that is written by hand.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <fstream>
#include <thread>

#include "tests/integration/net/peer.hpp"
#include "tests/integration/net/socket_server.hpp"

using namespace tandem;
using namespace tandem::test;
using Kind = net::Message::Kind;

namespace {

net::TlsClientContext& tls() {
  static net::TlsClientContext context;
  return context;
}

/// A server that keeps what it reads, up to and including `closed`, and one raw peer that has been
/// upgraded.
struct OneLeg {
  explicit OneLeg(net::WebSocketOptions options = {})
      : server(
            context, [this](net::WebSocket& socket) { return keep_all(socket); }, options),
        peer(context) {}

  net::Task<void> keep_all(net::WebSocket& socket) {
    leg = &socket;
    bool more = true;
    while (more) {
      co_await read_one(socket, messages);
      more = messages.back().kind != Kind::closed;
    }
    leg = nullptr;
  }
  net::Task<void> upgrade() {
    co_await peer.connect(server.http.port());
    co_await peer.send(std::string(upgrade_request));
    const std::string answer = co_await peer.read_through("\r\n\r\n");
    REQUIRE(answer.starts_with("HTTP/1.1 101 "));
    REQUIRE(answer.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos);  // RFC 6455, 1.3
    REQUIRE(answer.find("Sec-WebSocket-Extensions") == std::string::npos);
  }
  /// Upgrades, runs `body`, waits for the leg's end, stops the server.
  template <class Body>
  void play(Body body) {
    auto whole = [&]() -> net::Task<void> {
      co_await upgrade();
      co_await body();
      while (messages.empty() || messages.back().kind != Kind::closed) {
        co_await pause_for(context, 1ms);
      }
      co_await server.stop();
    };
    run(context, whole());
  }
  const Received& last() const { return messages.back(); }

  asio::io_context context{1};
  std::vector<Received> messages;
  net::WebSocket* leg = nullptr;
  SocketServer server;
  Peer peer;
};

long resident_kb() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "VmRSS:") break;
  }
  long kb = 0;
  status >> kb;
  return kb;
}

}  // namespace

TEST_CASE("messages sent right behind the upgrade request are not lost") {
  OneLeg leg;
  auto body = [&]() -> net::Task<void> {
    co_await leg.peer.connect(leg.server.http.port());
    co_await leg.peer.send(std::string(upgrade_request) + frame(1, "connected") +
                           frame(1, "start") + close_frame(1000, "bye"));
    while (leg.messages.size() < 3) co_await pause_for(leg.context, 1ms);
    co_await leg.server.stop();
  };
  run(leg.context, body());
  CHECK(leg.messages[0].data == "connected");
  CHECK(leg.messages[1].data == "start");
  CHECK(leg.last().code == 1000);
  CHECK(leg.last().reason == "bye");
  CHECK(leg.last().clean);
}

TEST_CASE("a connection and its leftover bytes can be handed to a loop on another thread") {
  asio::io_context control{1};
  asio::io_context shard{1};
  auto shard_work = asio::make_work_guard(shard);
  std::vector<Received> messages;
  net::TaskGroup legs(shard, nullptr);
  std::thread shard_thread([&] { shard.run(); });

  auto serve = [&](net::AcceptedSocket accepted) -> net::Task<void> {
    const std::unique_ptr<net::WebSocket> socket =
        co_await net::WebSocket::accept(shard, std::move(accepted), net::WebSocketOptions());
    REQUIRE(socket);
    for (int i = 0; i < 3; ++i) co_await read_one(*socket, messages);
    socket->send("heard", {});
    socket->close(1000, "done");
    co_await read_one(*socket, messages);
    co_await socket->join();
    shard_work.reset();
  };
  net::HttpServer::Handlers handlers;
  handlers.on_upgrade =
      [&](const core::HttpRequest&) -> std::variant<core::HttpResponse, net::UpgradeTarget> {
    return net::UpgradeTarget([&](net::AcceptedSocket accepted) {
      asio::post(shard, [&, accepted = std::move(accepted)]() mutable {
        legs.spawn(serve(std::move(accepted)));
      });
    });
  };
  net::HttpServer server(control, net::HttpServer::Options(), std::move(handlers));
  server.start();
  Peer peer(control);
  std::string answer;
  auto body = [&]() -> net::Task<void> {
    co_await peer.connect(server.port());
    co_await peer.send(std::string(upgrade_request) + frame(1, "one") + frame(1, "two"));
    co_await peer.send(frame(1, "three"));
    answer = co_await peer.read_through("heard");
    co_await peer.send(close_frame(1000, ""));
    co_await peer.read_to_end();
    server.stop();
    co_await server.join();
  };
  run(control, body());
  shard_thread.join();
  REQUIRE(messages.size() == 4);
  CHECK(messages[0].data == "one");
  CHECK(messages[1].data == "two");
  CHECK(messages[2].data == "three");
  CHECK(messages[3].clean);
  CHECK(answer.starts_with("HTTP/1.1 101 "));
  CHECK(server.counters().upgraded == 1);
}

TEST_CASE("T03: a binary frame is reported as one") {
  OneLeg leg;
  leg.play([&]() -> net::Task<void> {
    co_await leg.peer.send(frame(2, "\x01\x02") + close_frame(1000, ""));
  });
  CHECK(leg.messages.front().kind == Kind::binary);
  CHECK(leg.messages.front().data == "\x01\x02");
}

TEST_CASE("T04: a message over the limit ends the connection with 1009, and memory stays bounded") {
  const std::string too_long = frame(1, std::string(65537, 'x'));
  const std::string fragments = frame(1, std::string(40000, 'x'), false) +
                                frame(0, std::string(25000, 'x'), false) +
                                frame(0, std::string(600, 'x'));
  const std::string top_bit =
      std::string("\x81\xff\x80\0\0\0\0\0\0\x05", 10) + std::string(4, '\0') + "hello";
  const std::string every_bit =
      std::string("\x81\xff", 2) + std::string(8, '\xff') + std::string(4, '\0');
  const std::string bytes = GENERATE_COPY(too_long, fragments, top_bit, every_bit);
  OneLeg leg;
  const long before = resident_kb();
  leg.play([&]() -> net::Task<void> {
    co_await leg.peer.send(bytes);
    co_await leg.peer.flood(std::string(65536, 'x'), 512);  // 32 MiB more
    leg.peer.socket.shutdown(RawSocket::shutdown_send);
    const std::string answer = co_await leg.peer.read_to_end();
    CHECK(answer.substr(0, 4) == std::string("\x88\x02\x03\xf1", 4));  // close, 1009
  });
  CHECK(resident_kb() - before < 16 * 1024);
  CHECK(leg.messages.size() == 1);
  CHECK(leg.last().code == 1009);
  CHECK_FALSE(leg.last().clean);
}

TEST_CASE("a message of exactly the limit arrives whole, also in fragments") {
  OneLeg leg;
  leg.play([&]() -> net::Task<void> {
    co_await leg.peer.send(frame(1, std::string(65536, 'x')));
    co_await leg.peer.send(frame(1, std::string(65000, 'y'), false) + frame(9, "ping") +
                           frame(0, std::string(536, 'y'), false) + frame(0, ""));
    co_await leg.peer.send(close_frame(1000, ""));
  });
  REQUIRE(leg.messages.size() == 3);
  CHECK(leg.messages[0].data == std::string(65536, 'x'));
  CHECK(leg.messages[1].data == std::string(65000, 'y') + std::string(536, 'y'));
}

TEST_CASE(
    "violations of the protocol end the connection with 1002, text that is not UTF-8 with 1007") {
  struct Row {
    std::string bytes;
    int code;
  };
  const auto row = GENERATE(values<Row>({
      {frame(1, "\xff\xfe"), 1007},
      {frame(1, "\xed\xa0\x80"), 1007},
      {frame(1, "not masked", true, false), 1002},
      {frame(0, "continues nothing"), 1002},
      {frame(3, "reserved opcode"), 1002},
      {std::string("\xc1\x80\0\0\0\0", 6), 1002},
      {frame(9, std::string(126, 'x')), 1002},
      {frame(9, "fragmented ping", false), 1002},
      {frame(8, "\x03"), 1002},
      {close_frame(1005, ""), 1002},
      {close_frame(999, ""), 1002},
      {close_frame(1000, "\xff"), 1002},
  }));
  OneLeg leg;
  leg.play([&]() -> net::Task<void> {
    co_await leg.peer.send(row.bytes);
    leg.peer.socket.shutdown(RawSocket::shutdown_send);
    co_await leg.peer.read_to_end();
  });
  CAPTURE(row.bytes);
  CHECK(leg.last().code == row.code);
  CHECK_FALSE(leg.last().clean);
}

TEST_CASE("T17: RST in the middle of a frame is a broken connection") {
  OneLeg leg;
  leg.play([&]() -> net::Task<void> {
    co_await leg.peer.send(frame(1, "whole") + frame(1, std::string(100, 'x')).substr(0, 50));
    while (leg.messages.empty()) co_await pause_for(leg.context, 1ms);
    leg.peer.reset();
  });
  REQUIRE(leg.messages.size() == 2);
  CHECK(leg.messages[0].data == "whole");
  CHECK(leg.last().code == 1006);
  CHECK_FALSE(leg.last().clean);
  CHECK_FALSE(leg.last().reason.empty());
}

TEST_CASE("T17: a peer that only stops sending has broken the connection") {
  OneLeg leg;
  leg.play([&]() -> net::Task<void> {
    leg.peer.socket.shutdown(RawSocket::shutdown_send);
    co_await leg.peer.read_to_end();
  });
  CHECK(leg.last().code == 1006);
  CHECK_FALSE(leg.last().clean);
}

TEST_CASE("the peer's close is answered and its words are reported") {
  OneLeg leg;
  leg.play([&]() -> net::Task<void> {
    co_await leg.peer.send(close_frame(4001, "agent went home"));
    const std::string answer = co_await leg.peer.read_to_end();
    CHECK(answer.substr(0, 4) == std::string("\x88\x02\x0f\xa1", 4));
  });
  CHECK(leg.last().clean);
  CHECK(leg.last().code == 4001);
  CHECK(leg.last().reason == "agent went home");
}

TEST_CASE("a peer that closes and is gone at once is still heard, even when we were writing") {
  OneLeg leg;
  leg.play([&]() -> net::Task<void> {
    co_await leg.peer.send(close_frame(4002, "over and out"));
    leg.peer.reset();
    for (int i = 0; i < 3; ++i) leg.leg->send("on its way", {});
    co_await pause_for(leg.context, 1ms);
  });
  CHECK(leg.last().clean);
  CHECK(leg.last().code == 4002);
  CHECK(leg.last().reason == "over and out");
}

TEST_CASE("a close frame without a code is 1005") {
  OneLeg leg;
  leg.play([&]() -> net::Task<void> {
    co_await leg.peer.send(frame(8, ""));
    co_await leg.peer.read_to_end();
  });
  CHECK(leg.last().clean);
  CHECK(leg.last().code == 1005);
}

TEST_CASE("reading after the end answers the end again") {
  asio::io_context context{1};
  std::vector<Received> messages;
  SocketServer server(context, [&](net::WebSocket& socket) -> net::Task<void> {
    for (int i = 0; i < 3; ++i) co_await read_one(socket, messages);
    CHECK(socket.send("too late", {}) == net::SendStatus::closed);
  });
  auto body = [&]() -> net::Task<void> {
    Peer peer(context);
    co_await peer.connect(server.http.port());
    co_await peer.send(std::string(upgrade_request) + close_frame(1001, "away"));
    co_await peer.read_to_end();
    while (messages.size() < 3) co_await pause_for(context, 1ms);
    co_await server.stop();
  };
  run(context, body());
  for (const Received& message : messages) CHECK(message.code == 1001);
}

TEST_CASE("closing sends what is queued, then the close frame, then takes the peer's answer") {
  OneLeg leg;
  std::string sent;
  leg.play([&]() -> net::Task<void> {
    for (const char* text : {"one", "two", "three"}) {
      CHECK(leg.leg->send(text, {}) == net::SendStatus::queued);
    }
    leg.leg->close(1008, "no_start");
    CHECK(leg.leg->send("late", {}) == net::SendStatus::closed);
    sent = co_await leg.peer.read_through("no_start");
    co_await leg.peer.send(frame(1, "media on its way") + close_frame(1008, ""));
    co_await leg.peer.read_to_end();
  });
  CHECK(sent == frame(1, "one", true, false) + frame(1, "two", true, false) +
                    frame(1, "three", true, false) + "\x88\x0a\x03\xf0no_start");
  CHECK(leg.last().clean);
}

TEST_CASE("a close reason is cut to what fits, between characters") {
  OneLeg leg;
  std::string sent;
  leg.play([&]() -> net::Task<void> {
    std::string reason(122, 'x');
    leg.leg->close(1000, reason + "\xc3\xa4" + "more");
    sent = co_await leg.peer.read_bytes(126);
    co_await leg.peer.send(close_frame(1000, ""));
    co_await leg.peer.read_to_end();
  });
  CHECK(sent == "\x88\x7c\x03\xe8" + std::string(122, 'x'));
}

TEST_CASE("a peer that does not answer the close is cut off after three seconds") {
  OneLeg leg;
  const Stopwatch watch;
  leg.play([&]() -> net::Task<void> {
    leg.leg->close(1000, "");
    co_await leg.peer.read_to_end();
  });
  CHECK(watch.ms() >= 2900);
  CHECK(watch.ms() < 5000);
  CHECK(leg.last().code == 1006);
  CHECK_FALSE(leg.last().clean);
}

TEST_CASE("T19: a peer that does not read fills the outbox, and what is unsent can be dropped") {
  net::WebSocketOptions options;
  options.outbox_bytes_max = 16 * 1024;
  OneLeg leg(options);
  std::size_t taken = 0;
  std::size_t dropped = 0;
  leg.play([&]() -> net::Task<void> {
    for (int i = 0; i < 100'000; ++i) {
      const net::SendStatus status = leg.leg->send(std::string(1000, 'x'), {});
      if (status == net::SendStatus::full) break;
      ++taken;
      if (i % 8 == 0) co_await pause_for(leg.context, 0ms);
    }
    const std::size_t queued = leg.leg->outbox_bytes();
    CHECK(queued <= 16 * 1024);
    CHECK(queued > 15 * 1024);
    dropped = leg.leg->drop_unsent();
    CHECK(leg.leg->outbox_bytes() == 1000);  // the one that is being written
    CHECK(leg.leg->send("clear", {}) == net::SendStatus::queued);
    // reading again: everything but what was dropped arrives, in order, and then "clear"
    const std::string all = co_await leg.peer.read_through("clear");
    CHECK(all.size() == (taken - dropped) * 1004 + 2 + 5);
    leg.leg->abort();
  });
  CHECK(dropped == 15);
  CHECK(leg.last().code == 1006);
}

TEST_CASE("a ping is answered with its own words and counts as activity") {
  OneLeg leg;
  leg.play([&]() -> net::Task<void> {
    const auto before = leg.leg->last_activity();
    co_await pause_for(leg.context, 20ms);
    co_await leg.peer.send(frame(9, "are you there"));
    const std::string pong = co_await leg.peer.read_bytes(15);
    CHECK(pong == frame(10, "are you there", true, false));
    CHECK(leg.leg->last_activity() - before >= 20ms);
    leg.leg->abort();
  });
}

TEST_CASE("E13: silence is broken by a ping at half time and ends the connection at the limit") {
  net::WebSocketOptions options;
  options.idle_timeout = 400ms;
  options.pings = true;
  OneLeg leg(options);
  const Stopwatch watch;
  leg.play([&]() -> net::Task<void> {
    const std::string first = co_await leg.peer.read_bytes(2);
    CHECK(first == frame(9, "", true, false));
    CHECK(watch.ms() >= 190);
    co_await leg.peer.send(frame(10, ""));  // alive: the count starts again
    const std::string second = co_await leg.peer.read_bytes(2);
    CHECK(second == frame(9, "", true, false));
    CHECK(watch.ms() >= 380);
    co_await leg.peer.read_to_end();
  });
  CHECK(watch.ms() >= 580);
  CHECK(watch.ms() < 1500);
  CHECK(leg.last().code == 1006);
  CHECK(leg.last().reason == "nothing received for too long");
}

TEST_CASE("each written message reports when it was due and when it left") {
  OneLeg leg;
  std::vector<std::pair<core::TimePoint, core::TimePoint>> written;
  const auto base = std::chrono::steady_clock::now();
  leg.play([&]() -> net::Task<void> {
    leg.leg->on_written = [&](core::TimePoint due, core::TimePoint at) {
      written.emplace_back(due, at);
      if (written.size() == 1) leg.leg->send("from the callback", base + 3s);
    };
    leg.leg->send("one", base + 1s);
    leg.leg->send("two", base + 2s);
    co_await leg.peer.read_through("from the callback");
    leg.leg->abort();
  });
  REQUIRE(written.size() == 3);
  for (std::size_t i = 0; i < written.size(); ++i) {
    CHECK(written[i].first == base + std::chrono::seconds(i + 1));
    CHECK(written[i].second >= base);
  }
}

TEST_CASE("a request that is no valid upgrade is refused by accept") {
  asio::io_context context{1};
  SocketServer server(context, [](net::WebSocket& socket) { return echo(socket); });
  std::string answer;
  auto body = [&]() -> net::Task<void> {
    Peer peer(context);
    co_await peer.connect(server.http.port());
    co_await peer.send(
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    answer = co_await peer.read_to_end();
    co_await server.stop();
  };
  run(context, body());
  CHECK(answer.starts_with("HTTP/1.1 426 "));
  CHECK(server.refused == 1);
}

TEST_CASE("client and server understand each other for every size class, both ways") {
  asio::io_context context{1};
  net::WebSocketOptions options;
  options.read_message_bytes_max = 4 * 1024 * 1024;
  options.outbox_bytes_max = 8 * 1024 * 1024;
  SocketServer server(
      context, [](net::WebSocket& socket) { return echo(socket); }, options);
  auto body = [&]() -> net::Task<void> {
    core::Url url;
    REQUIRE(core::parse_url("ws://127.0.0.1:" + std::to_string(server.http.port()) + "/a", url));
    net::ConnectResult result =
        co_await net::WebSocket::connect(context, tls(), url, core::HttpHeaders(), options);
    REQUIRE(result.socket);
    CHECK(result.http_status == 101);
    CHECK(result.stage.empty());
    std::size_t sum = 0;
    for (const std::size_t size :
         {0U, 1U, 125U, 126U, 1535U, 1536U, 4096U, 65535U, 65536U, 1000000U}) {
      std::string text(size, 'x');
      for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
      std::string copy = text;
      REQUIRE(result.socket->send(std::move(copy), {}) == net::SendStatus::queued);
      const net::Message message = co_await result.socket->read();
      REQUIRE(message.kind == Kind::text);
      REQUIRE(message.data == text);
      sum += size;
    }
    CHECK(sum > 1'000'000);
    result.socket->close(1000, "done");
    const net::Message end = co_await result.socket->read();
    CHECK(end.clean);
    CHECK(end.close_code == 1000);
    co_await result.socket->join();
    co_await server.stop();
  };
  run(context, body());
}
