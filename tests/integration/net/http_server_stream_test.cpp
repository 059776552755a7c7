// Answers of net/http_server that are made while they are sent: pieces are pulled as the client
// takes them, and half a body is never taken for the whole.
#include <thread>

#include "bridge/net/http_server.hpp"
#include "tests/integration/net/loop.hpp"
#include "tests/integration/net/peer.hpp"

using namespace tandem;
using namespace tandem::test;

namespace {

using Kind = core::HttpPiece::Kind;

/// Gives `pieces` one after the other, then ends the body or fails.
struct Source {
  std::vector<std::string> pieces;
  Kind end = Kind::last;
  std::size_t pulled = 0;
  bool is_gone = false;
};

core::PullPiece pull_of(Source& source) {
  const std::shared_ptr<void> alive(nullptr, [&source](void*) { source.is_gone = true; });
  return [&source, alive](const core::GivePiece& give) {
    const std::size_t at = source.pulled++;
    if (at < source.pieces.size()) return give({Kind::more, source.pieces[at]});
    give({source.end, ""});
  };
}

struct World {
  explicit World(Source& source, net::HttpServer::Options options = {})
      : server(context, std::move(options), handlers(source)) {
    server.start();
  }
  static net::HttpServer::Handlers handlers(Source& source) {
    net::HttpServer::Handlers handlers;
    handlers.on_request = [&source](const core::HttpRequest& request, const net::Respond& respond) {
      core::HttpResponse response;
      if (request.path() == "/stream") {
        response.pull = pull_of(source);
      } else {
        response.body = "plain";
      }
      respond(std::move(response));
    };
    return handlers;
  }
  template <class Body>
  void play(Body body) {
    auto whole = [&]() -> net::Task<void> {
      co_await body();
      server.stop();
      co_await server.join();
    };
    run(context, whole());
  }
  asio::io_context context{1};
  net::HttpServer server;
};

constexpr auto stream = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr auto then_close = "GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// What the server's end of the world looks like to a client that reads to the end.
struct Seen {
  std::string bytes;
  boost::system::error_code end;
};

net::Task<Seen> ask(World& world, std::string bytes) {
  Peer peer(world.context);
  co_await peer.connect(world.server.port());
  co_await peer.send(std::move(bytes));
  Seen seen;
  seen.bytes = co_await peer.read_to_end();
  seen.end = peer.end;
  co_return seen;
}

}  // namespace

TEST_CASE("a streamed answer comes in chunks, and the connection lives on") {
  Source source{.pieces = {"first,", "", "second"}};
  World world(source);
  Seen seen;
  world.play(
      [&]() -> net::Task<void> { seen = co_await ask(world, std::string(stream) + then_close); });
  CHECK(seen.bytes.find("Transfer-Encoding: chunked\r\n\r\n6\r\nfirst,\r\n6\r\nsecond\r\n0\r\n\r\n"
                        "HTTP/1.1 200 OK") != std::string::npos);
  CHECK(seen.bytes.find("Content-Length") == seen.bytes.rfind("Content-Length"));
  CHECK(seen.bytes.ends_with("plain"));
  CHECK(source.is_gone);
  CHECK(world.server.counters().broken_off == 0);
}

TEST_CASE("HEAD of a streamed answer pulls nothing") {
  Source source{.pieces = {"first"}};
  World world(source);
  Seen seen;
  world.play([&]() -> net::Task<void> {
    seen = co_await ask(world, "HEAD /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  });
  CHECK(seen.bytes.ends_with("chunked\r\n\r\n"));
  CHECK(source.pulled == 0);
  CHECK(source.is_gone);
}

TEST_CASE("an HTTP/1.0 client gets the bytes as they are, to the end of the connection") {
  Source source{.pieces = {"first,", "second"}};
  World world(source);
  Seen seen;
  world.play([&]() -> net::Task<void> {
    seen = co_await ask(world, "GET /stream HTTP/1.0\r\nHost: a\r\n\r\n");
  });
  CHECK(seen.bytes.find("chunked") == std::string::npos);
  CHECK(seen.bytes.ends_with("\r\n\r\nfirst,second"));
  CHECK(seen.end == asio::error::eof);
}

TEST_CASE("a body that fails half-way breaks the connection off: nobody takes it for the whole") {
  const std::string version = GENERATE("1.1", "1.0");
  Source source{.pieces = {"first,"}, .end = Kind::failed};
  World world(source);
  Seen seen;
  world.play([&]() -> net::Task<void> {
    seen = co_await ask(world, "GET /stream HTTP/" + version + "\r\nHost: a\r\n\r\n");
  });
  CHECK(seen.bytes.find("\r\n0\r\n") == std::string::npos);
  CHECK(seen.end == asio::error::connection_reset);
  CHECK(source.is_gone);
  CHECK(world.server.counters().broken_off == 1);
}

TEST_CASE("a source that throws, forgets to give or takes too long breaks the answer off") {
  const int way = GENERATE(0, 1, 2);
  Source source;
  net::HttpServer::Options options;
  options.answer_timeout = 100ms;
  World world(source, options);
  core::GivePiece kept;
  net::HttpServer::Handlers handlers;
  handlers.on_request = [&](const core::HttpRequest&, const net::Respond& respond) {
    core::HttpResponse response;
    response.pull = [&](const core::GivePiece& give) {
      if (way == 0) throw std::runtime_error("a bug");
      if (way == 2) kept = give;
    };
    respond(std::move(response));
  };
  net::HttpServer server(world.context, options, std::move(handlers));
  server.start();
  Seen seen;
  world.play([&]() -> net::Task<void> {
    Peer peer(world.context);
    co_await peer.connect(server.port());
    co_await peer.send(stream);
    seen.bytes = co_await peer.read_to_end();
    seen.end = peer.end;
    if (kept) kept({Kind::last, "too late: must be harmless"});
    server.stop();
    co_await server.join();
  });
  CHECK(seen.bytes.ends_with("chunked\r\n\r\n"));
  CHECK(seen.end == asio::error::connection_reset);
  CHECK(server.counters().broken_off == 1);
}

TEST_CASE("pieces may come from another thread") {
  Source source;
  std::vector<std::thread> threads;
  World world(source);
  net::HttpServer::Handlers handlers;
  handlers.on_request = [&](const core::HttpRequest&, const net::Respond& respond) {
    core::HttpResponse response;
    response.pull = [&](const core::GivePiece& give) {
      const bool is_last = threads.size() == 99;
      threads.emplace_back([give, is_last] { give({is_last ? Kind::last : Kind::more, "x"}); });
    };
    respond(std::move(response));
  };
  net::HttpServer server(world.context, net::HttpServer::Options(), std::move(handlers));
  server.start();
  std::string bytes;
  world.play([&]() -> net::Task<void> {
    Peer peer(world.context);
    co_await peer.connect(server.port());
    co_await peer.send(stream);
    bytes = co_await peer.read_through("0\r\n\r\n");
    server.stop();
    co_await server.join();
  });
  for (std::thread& thread : threads) thread.join();
  CHECK(std::count(bytes.begin(), bytes.end(), 'x') == 100);
}

TEST_CASE("a slow reader holds one piece in memory, not the file, and gets every byte") {
  constexpr std::size_t piece_bytes = 64 * 1024;
  constexpr std::size_t pieces = 1000;  // 64 MB
  Source source{.pieces = std::vector<std::string>(pieces, std::string(piece_bytes, 'x'))};
  World world(source);
  std::size_t pulled_unread = 0;
  std::size_t received = 0;
  world.play([&]() -> net::Task<void> {
    Peer slow(world.context);
    slow.socket.open(tcp::v4());
    slow.socket.set_option(asio::socket_base::receive_buffer_size(16 * 1024));
    co_await slow.connect(world.server.port());
    co_await slow.send(std::string(stream) + then_close);
    std::size_t before = 1;
    while (source.pulled != before) {  // until the socket buffers are full
      before = source.pulled;
      co_await pause_for(world.context, 100ms);
    }
    pulled_unread = source.pulled;
    const std::string all = co_await slow.read_to_end();
    received = static_cast<std::size_t>(std::count(all.begin(), all.end(), 'x'));
  });
  CHECK(pulled_unread * piece_bytes < 8 * 1024 * 1024);  // what a Linux send buffer may grow to
  CHECK(received == pieces * piece_bytes);
  CHECK(source.pulled == pieces + 1);
}

TEST_CASE("a client that reads nothing, or is gone, ends the source") {
  const bool is_gone = GENERATE(true, false);
  Source source{.pieces = std::vector<std::string>(1000, std::string(64 * 1024, 'x'))};
  net::HttpServer::Options options;
  options.write_timeout = 200ms;
  World world(source, options);
  world.play([&]() -> net::Task<void> {
    Peer peer(world.context);
    co_await peer.connect(world.server.port());
    co_await peer.send(stream);
    co_await peer.read_through("chunked");
    if (is_gone) peer.reset();
    while (!source.is_gone) co_await pause_for(world.context, 10ms);
  });
  CHECK(source.pulled < 1000);
  CHECK(world.server.counters().broken_off == 1);
}

TEST_CASE("stopping the server breaks a stream off that nobody reads") {
  Source source{.pieces = std::vector<std::string>(1000, std::string(64 * 1024, 'x'))};
  World world(source);
  const Stopwatch watch;
  world.play([&]() -> net::Task<void> {
    Peer peer(world.context);
    co_await peer.connect(world.server.port());
    co_await peer.send(stream);
    co_await peer.read_through("chunked");
    world.server.stop();
    co_await world.server.join();
  });
  CHECK(source.is_gone);
  CHECK(watch.ms() < 10'000);
}
