// net/http_server against peers written by hand: what it answers, what it refuses, what it
// survives.
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <thread>

#include "bridge/net/http_server.hpp"
#include "tests/integration/net/loop.hpp"
#include "tests/integration/net/peer.hpp"

using namespace tandem;
using namespace tandem::test;

namespace {

core::HttpResponse echo_of(const core::HttpRequest& request) {
  core::HttpResponse response;
  response.headers.emplace_back("Content-Type", "text/plain");
  response.body = request.method + " " + request.target + " " + request.body;
  return response;
}

net::HttpServer::Handlers echoing() {
  net::HttpServer::Handlers handlers;
  handlers.on_request = [](const core::HttpRequest& request, const net::Respond& respond) {
    respond(echo_of(request));
  };
  handlers.on_upgrade =
      [](const core::HttpRequest&) -> std::variant<core::HttpResponse, net::UpgradeTarget> {
    core::HttpResponse response;
    response.status = 403;
    response.body = "no entry";
    return response;
  };
  return handlers;
}

struct World {
  explicit World(net::HttpServer::Options options = {},
                 net::HttpServer::Handlers handlers = echoing())
      : server(context, std::move(options), std::move(handlers)) {
    server.start();
  }
  /// Runs `body`, then stops the server.
  template <class Body>
  void play(Body body) {
    auto whole = [&]() -> net::Task<void> {
      co_await body();
      server.stop();
      co_await server.join();
    };
    run(context, whole());
  }
  /// Sends `bytes` on a new connection; all that comes back until the server closes.
  net::Task<std::string> ask(std::string bytes) {
    Peer peer(context);
    co_await peer.connect(server.port());
    co_await peer.send(std::move(bytes));
    co_return co_await peer.read_to_end();
  }
  asio::io_context context{1};
  net::HttpServer server;
};

std::string get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: bridge.example\r\n" + more + "\r\n";
}

std::string status_of(const std::string& answer) { return answer.substr(9, 3); }

}  // namespace

TEST_CASE("requests on one connection are answered in order, also when they come all at once") {
  World world;
  std::string all;
  world.play([&]() -> net::Task<void> {
    const std::string post = "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    all = co_await world.ask(get("/a?x=%20") + post + get("/c", "Connection: close\r\n"));
  });
  const auto first = all.find("GET /a?x=%20 ");
  const auto second = all.find("POST /b hello");
  const auto third = all.find("GET /c ");
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third != std::string::npos);
  CHECK(world.server.counters().accepted == 1);
}

TEST_CASE("HEAD is GET without the body, OPTIONS names the methods") {
  World world;
  std::string head;
  std::string options;
  world.play([&]() -> net::Task<void> {
    head = co_await world.ask("HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    options = co_await world.ask("OPTIONS /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  });
  CHECK(head.find("Content-Length: 7\r\n") != std::string::npos);
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(status_of(options) == "204");
  CHECK(options.find("Allow: GET, HEAD") != std::string::npos);
}

TEST_CASE("HTTP/1.0 closes after the answer") {
  World world;
  std::string answer;
  world.play([&]() -> net::Task<void> {
    answer = co_await world.ask("GET /old HTTP/1.0\r\nHost: a\r\n\r\n");
  });
  CHECK(status_of(answer) == "200");
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("a client that waits for 100 before its body gets it") {
  World world;
  std::string answer;
  world.play([&]() -> net::Task<void> {
    Peer peer(world.context);
    co_await peer.connect(world.server.port());
    co_await peer.send(
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
        "Expect: 100-continue\r\nConnection: close\r\n\r\n");
    const std::string interim = co_await peer.read_through("\r\n\r\n");
    CHECK(interim == "HTTP/1.1 100 Continue\r\n\r\n");
    co_await peer.send("body");
    answer = co_await peer.read_to_end();
  });
  CHECK(answer.ends_with("POST /x body"));
}

TEST_CASE(
    "the hostile HTTP table over the wire: refused, and closed so that nothing behind it is read") {
  struct Row {
    std::string bytes;
    std::string status;
  };
  const std::string start = "POST /x HTTP/1.1\r\nHost: a\r\n";
  const auto row = GENERATE_COPY(values<Row>({
      {start + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {start + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", "400"},
      {start + "Transfer-Encoding: gzip\r\n\r\n", "400"},
      {start + "Transfer-Encoding: chunked, identity\r\n\r\n", "400"},
      {start + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(200'000, 'x') + "\r\n", "400"},
      {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(9 * 1024, 'x') + "\r\n\r\n", "431"},
      {"GET /" + std::string(9 * 1024, 'x'), "431"},
      {start + "Content-Length: 2097152\r\n\r\n" + std::string(100'000, 'x'), "413"},
      {start + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", "400"},
      {"GET / HTTP/1.1\nHost: a\n\n", "400"},
      {std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 34), "400"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"\x16\x03\x01\x02\x00\x01\r\n\r\n", "400"},
      {"nonsense\r\n\r\n", "400"},
  }));
  World world;
  std::string answer;
  world.play(
      [&]() -> net::Task<void> { answer = co_await world.ask(row.bytes + get("/smuggled")); });
  CAPTURE(row.bytes.substr(0, 100));
  CHECK(status_of(answer) == row.status);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(answer.find("smuggled") == std::string::npos);
  CHECK(world.server.counters().refused_request == 1);
}

TEST_CASE("T12: a header or body that trickles is cut at its limit, others are served meanwhile") {
  const std::string start =
      GENERATE("GET / HTTP/1.1\r\nHost: a\r\nX: ",
               "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n", "");
  net::HttpServer::Options options;
  options.header_timeout = 300ms;
  options.body_timeout = 300ms;
  World world(options);
  long cut_after_ms = 0;
  world.play([&]() -> net::Task<void> {
    Peer slow(world.context);
    co_await slow.connect(world.server.port());
    const Stopwatch watch;
    co_await slow.send(start);
    for (int i = 0; i < 15; ++i) {
      co_await pause_for(world.context, 20ms);
      if (!start.empty()) co_await slow.send("x");
    }
    const std::string other = co_await world.ask(get("/other", "Connection: close\r\n"));
    CHECK(status_of(other) == "200");
    co_await slow.read_to_end();
    cut_after_ms = watch.ms();
  });
  CHECK(cut_after_ms >= 290);
  CHECK(cut_after_ms < 1500);
  CHECK(world.server.counters().timed_out == 1);
}

TEST_CASE("T12, T21: of the connections that nobody vouched for, the 257th is answered 503") {
  World world;
  std::string refused;
  std::string later;
  world.play([&]() -> net::Task<void> {
    Peer trusted(world.context);  // has had a request accepted: does not count
    co_await trusted.connect(world.server.port());
    co_await trusted.send(get("/"));
    co_await trusted.read_through("GET / ");
    std::vector<std::unique_ptr<Peer>> idle;
    for (int i = 0; i < 256; ++i) {
      idle.push_back(std::make_unique<Peer>(world.context));
      co_await idle.back()->connect(world.server.port());
    }
    refused = co_await world.ask(get("/"));
    CHECK(world.server.unauthenticated() == 256);
    CHECK(world.server.connections() == 257);
    idle.clear();
    while (world.server.unauthenticated() > 0) co_await pause_for(world.context, 1ms);
    later = co_await world.ask(get("/", "Connection: close\r\n"));
  });
  CHECK(status_of(refused) == "503");
  CHECK(status_of(later) == "200");
  CHECK(world.server.counters().refused_full == 1);
}

TEST_CASE("R13: with no descriptor left the listener pauses, answers 503 and recovers") {
  World world;
  std::vector<std::string> answers;
  double cpu_s = 0;
  world.play([&]() -> net::Task<void> {
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 8; ++i) {
      peers.push_back(std::make_unique<Peer>(world.context));
      peers.back()->socket.open(tcp::v4());
    }
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const int next = ::dup(0);  // the lowest free number: from here on nothing can be opened
    ::close(next);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &tight);
    const std::clock_t started = std::clock();
    for (const auto& peer : peers) co_await peer->connect(world.server.port());
    co_await pause_for(world.context, 500ms);
    cpu_s = static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC;
    ::setrlimit(RLIMIT_NOFILE, &before);
    for (const auto& peer : peers) answers.push_back(co_await peer->read_to_end());
    answers.push_back(co_await world.ask(get("/", "Connection: close\r\n")));
  });
  for (std::size_t i = 0; i < 8; ++i) CHECK(status_of(answers[i]) == "503");
  CHECK(status_of(answers[8]) == "200");
  CHECK(world.server.counters().accept_errors >= 1);
  CHECK(world.server.counters().accept_errors <= 20);
  CHECK(cpu_s < 0.25);
}

TEST_CASE("an answer may come from another thread, and only the first one counts") {
  std::vector<std::thread> threads;
  net::HttpServer::Handlers handlers = echoing();
  handlers.on_request = [&](const core::HttpRequest& request, const net::Respond& respond) {
    threads.emplace_back([request, respond] {
      respond(echo_of(request));
      core::HttpResponse second;
      second.body = "second";
      respond(second);
    });
  };
  World world(net::HttpServer::Options(), std::move(handlers));
  std::string answer;
  world.play([&]() -> net::Task<void> {
    answer = co_await world.ask(get("/1") + get("/2") + get("/3", "Connection: close\r\n"));
  });
  for (std::thread& thread : threads) thread.join();
  CHECK(answer.find("GET /1 ") != std::string::npos);
  CHECK(answer.find("GET /3 ") != std::string::npos);
  CHECK(answer.find("second") == std::string::npos);
}

TEST_CASE("a handler that forgets to answer, throws or takes too long does not hang the client") {
  net::HttpServer::Options options;
  options.answer_timeout = 100ms;
  net::Respond kept;
  net::HttpServer::Handlers handlers;
  handlers.on_request = [&](const core::HttpRequest& request, const net::Respond& respond) {
    if (request.target == "/throws") throw std::runtime_error("a bug");
    if (request.target == "/never") kept = respond;
  };
  handlers.on_upgrade =
      [](const core::HttpRequest&) -> std::variant<core::HttpResponse, net::UpgradeTarget> {
    throw std::runtime_error("a bug");
  };
  World world(options, std::move(handlers));
  std::vector<std::string> statuses;
  world.play([&]() -> net::Task<void> {
    for (const char* target : {"/forgets", "/throws", "/never"}) {
      statuses.push_back(status_of(co_await world.ask(get(target))));
    }
    statuses.push_back(status_of(co_await world.ask(std::string(upgrade_request))));
    kept(core::HttpResponse());  // too late: must be harmless
  });
  CHECK(statuses == std::vector<std::string>{"500", "500", "504", "500"});
  CHECK(world.server.counters().handler_failures == 2);
}

TEST_CASE("an upgrade that is refused gets a plain answer") {
  World world;
  std::string answer;
  world.play(
      [&]() -> net::Task<void> { answer = co_await world.ask(std::string(upgrade_request)); });
  CHECK(status_of(answer) == "403");
  CHECK(answer.ends_with("no entry"));
}

TEST_CASE("stopping lets the request in progress finish and closes what is idle") {
  net::Respond pending;
  net::HttpServer::Handlers handlers = echoing();
  handlers.on_request = [&](const core::HttpRequest& request, const net::Respond& respond) {
    if (request.target == "/slow") {
      pending = respond;
    } else {
      respond(echo_of(request));
    }
  };
  World world(net::HttpServer::Options(), std::move(handlers));
  std::string slow_answer;
  const Stopwatch watch;
  world.play([&]() -> net::Task<void> {
    Peer idle(world.context);
    Peer fresh(world.context);
    Peer slow(world.context);
    co_await fresh.connect(world.server.port());
    co_await idle.connect(world.server.port());
    co_await idle.send(get("/"));
    co_await idle.read_through("GET / ");
    co_await slow.connect(world.server.port());
    co_await slow.send(get("/slow"));
    while (!pending) co_await pause_for(world.context, 1ms);
    world.server.stop();
    co_await idle.read_to_end();
    co_await fresh.read_to_end();
    core::HttpResponse response;
    response.body = "finished";
    pending(response);
    slow_answer = co_await slow.read_to_end();
  });
  CHECK(slow_answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(slow_answer.ends_with("finished"));
  CHECK(watch.ms() < 2000);
}

TEST_CASE("the server knows who its peer is, on IPv4 and IPv6") {
  const std::string address = GENERATE("127.0.0.1", "::1");
  asio::io_context context{1};
  net::HttpServer::Options options;
  options.address = address;
  std::string seen;
  net::HttpServer::Handlers handlers = echoing();
  handlers.on_request = [&](const core::HttpRequest& request, const net::Respond& respond) {
    seen = request.peer;
    respond(echo_of(request));
  };
  net::HttpServer server(context, options, std::move(handlers));
  server.start();
  auto body = [&]() -> net::Task<void> {
    Peer peer(context);
    const tcp::endpoint endpoint(asio::ip::make_address(address), server.port());
    co_await peer.socket.async_connect(endpoint, net::use_task);
    co_await peer.send(get("/", "Connection: close\r\n"));
    co_await peer.read_to_end();
    peer.socket.close();
    server.stop();
    co_await server.join();
  };
  run(context, body());
  CHECK(seen == address);
}

TEST_CASE("an address that is taken or not ours is an error at the start") {
  World world;
  net::HttpServer::Options taken;
  taken.port = world.server.port();
  CHECK_THROWS_AS(net::HttpServer(world.context, taken, echoing()), std::system_error);
  net::HttpServer::Options foreign;
  foreign.address = "192.0.2.1";
  CHECK_THROWS_AS(net::HttpServer(world.context, foreign, echoing()), std::system_error);
  world.play([&]() -> net::Task<void> { co_return; });
}
