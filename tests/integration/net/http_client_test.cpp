// net/http_client: what it answers decides whether a call may be dialled again, so every way to
// fail has its case.
#include <thread>

#include "bridge/net/http_client.hpp"
#include "bridge/net/http_server.hpp"
#include "tests/integration/net/certificates.hpp"
#include "tests/integration/net/loop.hpp"
#include "tests/integration/net/peer.hpp"
#include "tests/integration/net/tls_relay.hpp"

using namespace tandem;
using namespace tandem::test;
using Failure = core::OutgoingResponse::Failure;

namespace {

core::OutgoingRequest request_to(const std::string& method, const std::string& url,
                                 const std::string& body = "") {
  core::OutgoingRequest request;
  request.method = method;
  request.body = body;
  request.timeout = 2s;
  REQUIRE(core::parse_url(url, request.url));
  return request;
}

std::string local(std::uint16_t port, const std::string& target = "/") {
  return "http://127.0.0.1:" + std::to_string(port) + target;
}

/// A client, and a server that says back what it was asked.
struct World {
  explicit World(const std::string& authority_file = {},
                 net::HttpClient::Options options = net::HttpClient::Options())
      : tls(authority_file), client(context, tls, options), server(context, {}, handlers()) {
    server.start();
  }
  static net::HttpServer::Handlers handlers() {
    net::HttpServer::Handlers made;
    made.on_request = [](const core::HttpRequest& request, const net::Respond& respond) {
      core::HttpResponse response;
      response.status = 201;
      response.headers.emplace_back("X-Agent", std::string(request.header("User-Agent")));
      response.body = request.method + " " + request.target + " " + request.body + " " +
                      std::string(request.header("Host"));
      if (request.target == "/large") response.body = std::string(100'000, 'x');
      respond(response);
    };
    return made;
  }
  template <class Body>
  void play(Body body) {
    auto whole = [&]() -> net::Task<void> {
      co_await body();
      client.stop();
      co_await client.join();
      server.stop();
      co_await server.join();
    };
    run(context, whole());
  }
  asio::io_context context{1};
  net::TlsClientContext tls;
  net::HttpClient client;
  net::HttpServer server;
};

/// A raw server: for each connection in turn, for each request on it, one answer; an empty answer
/// closes instead.
struct Script {
  explicit Script(asio::io_context& context)
      : acceptor(context, loopback(0)),
        group(context, [](const std::exception_ptr& failure) { std::rethrow_exception(failure); }) {
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor.local_endpoint().port(); }

  net::Task<void> play(std::vector<std::vector<std::string>> connections) {
    for (const auto& answers : connections) {
      Peer peer(co_await acceptor.async_accept(net::use_task));
      for (const std::string& answer : answers) {
        requests.push_back(co_await peer.read_through("\r\n\r\n"));
        if (!answer.empty()) co_await peer.send(answer);
      }
      if (!answers.empty() && !answers.back().empty() && stays_open) co_await peer.read_to_end();
    }
  }
  RawAcceptor acceptor;
  net::TaskGroup group;
  std::vector<std::string> requests;
  bool stays_open = false;
};

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE("requests are answered, and one connection serves them all") {
  World world;
  core::OutgoingResponse get;
  core::OutgoingResponse post;
  world.play([&]() -> net::Task<void> {
    get = co_await world.client.send(request_to("GET", local(world.server.port(), "/a?b=c")));
    post = co_await world.client.send(request_to("POST", local(world.server.port()), "text"));
  });
  const std::string host = "127.0.0.1:" + std::to_string(world.server.port());
  CHECK(get.failure == Failure::none);
  CHECK(get.status == 201);
  CHECK(get.body == "GET /a?b=c  " + host);
  CHECK(core::find_header(get.headers, "x-agent") == "tandem");
  CHECK(post.body == "POST / text " + host);
  CHECK(world.server.counters().accepted == 1);
}

TEST_CASE("a request may be sent from any thread and is answered on the client's") {
  World world;
  std::string body;
  std::thread::id answered_on;
  std::thread sender;
  world.play([&]() -> net::Task<void> {
    sender = std::thread([&] {
      world.client.send(request_to("POST", local(world.server.port()), "from a thread"),
                        [&](const core::OutgoingResponse& response) {
                          body = response.body;
                          answered_on = std::this_thread::get_id();
                        });
    });
    while (body.empty()) co_await pause_for(world.context, 1ms);
  });
  sender.join();
  CHECK(body.starts_with("POST / from a thread"));
  CHECK(answered_on == std::this_thread::get_id());
}

TEST_CASE("what provably never left is not_sent: name, connect, TLS") {
  World world;
  RawAcceptor mute(world.context, loopback(0));
  std::vector<core::OutgoingResponse> responses;
  world.play([&]() -> net::Task<void> {
    const std::string plain = std::to_string(world.server.port());
    const std::string silent = std::to_string(mute.local_endpoint().port());
    for (const std::string& url :
         {std::string("http://no-such-host.invalid/"), std::string("http://127.0.0.1:1/"),
          "https://127.0.0.1:" + plain + "/", "https://127.0.0.1:" + silent + "/"}) {
      core::OutgoingRequest request = request_to("POST", url, "dial");
      request.timeout = 300ms;
      responses.push_back(co_await world.client.send(std::move(request)));
    }
  });
  for (const auto& response : responses) CHECK(response.failure == Failure::not_sent);
  CHECK(responses[0].failure_text.starts_with("resolve: "));
  CHECK(responses[1].failure_text == "connect: Connection refused");
  CHECK(responses[2].failure_text.starts_with("tls: "));
  CHECK(responses[3].failure_text == "tls: timed out");
}

TEST_CASE("what was written but not answered is unknown: closed, cut short, timed out, broken") {
  struct Row {
    std::string answer;
    bool stays_open;
    std::string text;
  };
  const auto row = GENERATE(values<Row>({
      {"", false, "request: "},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", false, "request: "},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true, "request: timed out"},
      {"this is not HTTP\r\n\r\n", false, "request: "},
  }));
  World world;
  Script script(world.context);
  script.stays_open = row.stays_open;
  core::OutgoingResponse response;
  world.play([&]() -> net::Task<void> {
    script.group.spawn(script.play({{row.answer}}));
    core::OutgoingRequest request = request_to("POST", local(script.port()), "dial");
    request.timeout = 300ms;
    response = co_await world.client.send(std::move(request));
    co_await script.group.join();
  });
  CHECK(response.failure == Failure::unknown);
  CHECK(response.failure_text.starts_with(row.text));
  CHECK(script.requests.size() == 1);
}

TEST_CASE("a kept connection that closed in the meantime is not used again") {
  World world;
  Script script(world.context);
  std::vector<core::OutgoingResponse> responses;
  world.play([&]() -> net::Task<void> {
    script.group.spawn(script.play({{ok}, {ok}}));
    for (int i = 0; i < 2; ++i) {
      responses.push_back(
          co_await world.client.send(request_to("POST", local(script.port()), "dial")));
      co_await pause_for(world.context, 20ms);
    }
    co_await script.group.join();
  });
  for (const auto& response : responses) CHECK(response.status == 200);
  CHECK(script.requests.size() == 2);
}

TEST_CASE("a kept connection that dies under a request: unknown for POST, repeated once for GET") {
  const std::string method = GENERATE("POST", "GET");
  World world;
  Script script(world.context);
  core::OutgoingResponse second;
  world.play([&]() -> net::Task<void> {
    script.group.spawn(script.play({{ok, ""}, {ok}}));
    co_await world.client.send(request_to(method, local(script.port())));
    second = co_await world.client.send(request_to(method, local(script.port())));
    if (method == "POST") co_await world.client.send(request_to(method, local(script.port())));
    co_await script.group.join();
  });
  CHECK(second.failure == (method == "POST" ? Failure::unknown : Failure::none));
  CHECK(script.requests.size() == 3);
}

TEST_CASE("an answer over the limit is not taken, and the request may have been acted on") {
  net::HttpClient::Options options;
  options.answer_bytes_max = 50'000;
  World world({}, options);
  core::OutgoingResponse response;
  world.play([&]() -> net::Task<void> {
    response = co_await world.client.send(request_to("GET", local(world.server.port(), "/large")));
  });
  CHECK(response.failure == Failure::unknown);
  CHECK(response.failure_text.find("body limit") != std::string::npos);
}

TEST_CASE("chunked answers, interim answers and answers that end with the connection are read") {
  struct Row {
    std::string method;
    std::string answer;
    std::string body;
  };
  const auto row = GENERATE(values<Row>({
      {"GET",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
       "abcde"},
      {"GET", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok, "ok"},
      {"GET", "HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end"},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", ""},
      {"DELETE", "HTTP/1.1 204 No Content\r\n\r\n", ""},
  }));
  World world;
  Script script(world.context);
  core::OutgoingResponse response;
  world.play([&]() -> net::Task<void> {
    script.group.spawn(script.play({{row.answer}}));
    response = co_await world.client.send(request_to(row.method, local(script.port())));
    co_await script.group.join();
  });
  CHECK(response.failure == Failure::none);
  CHECK(response.body == row.body);
}

TEST_CASE("stopping ends what is in progress, and later requests are not sent") {
  World world;
  RawAcceptor mute(world.context, loopback(0));
  std::vector<core::OutgoingResponse> responses;
  const Stopwatch watch;
  world.play([&]() -> net::Task<void> {
    const auto keep = [&](const core::OutgoingResponse& response) {
      responses.push_back(response);
    };
    const std::string url = local(mute.local_endpoint().port());
    world.client.send(request_to("POST", url), keep);
    co_await pause_for(world.context, 50ms);
    world.client.stop();
    world.client.send(request_to("POST", url), keep);
    while (responses.size() < 2) co_await pause_for(world.context, 1ms);
  });
  CHECK(responses[0].failure == Failure::unknown);
  CHECK(responses[0].failure_text == "request: cancelled");
  CHECK(responses[1].failure == Failure::not_sent);
  CHECK(watch.ms() < 1000);
}

TEST_CASE("over TLS the certificate is checked, connections are kept and sessions resumed") {
  const Authority authority;
  World world(authority.file());
  const Identity identity = authority.issue("DNS:localhost");
  TlsRelay relay(world.context, identity, world.server.port());
  std::vector<core::OutgoingResponse> responses;
  core::OutgoingResponse wrong_host;
  world.play([&]() -> net::Task<void> {
    const std::string port = std::to_string(relay.port());
    for (int i = 0; i < 3; ++i) {
      responses.push_back(co_await world.client.send(
          request_to("POST", "https://localhost:" + port + "/", std::string(60'000, 'x'))));
      if (i == 1) relay.cut();
      co_await pause_for(world.context, 20ms);
    }
    wrong_host =
        co_await world.client.send(request_to("POST", "https://127.0.0.1:" + port + "/", "dial"));
    co_await relay.stop();
  });
  for (const auto& response : responses) {
    CHECK(response.status == 201);
    CHECK(response.body.size() > 60'000);
  }
  CHECK(relay.handshakes() == 2);
  CHECK(relay.resumed() == 1);
  CHECK(wrong_host.failure == Failure::not_sent);
  CHECK(wrong_host.failure_text == "tls: IP address mismatch");
}
