#include "server.hpp"

#include "json.hpp"

namespace tandem::standins {

namespace {

constexpr std::chrono::seconds idle_limit{75};

std::string error_body(std::string_view text) {
  return json::serialize(json::object{{"error", text}});
}

}  // namespace

Server::Server(const std::string& address, std::uint16_t port, std::shared_ptr<TlsContext> tls,
               Handler handler, Upgrade upgrade)
    : listener_(address, port),
      tls_(std::move(tls)),
      handler_(std::move(handler)),
      upgrade_(std::move(upgrade)),
      acceptor_([this] { accept_all(); }) {}

Server::~Server() { acceptor_.join(); }

void Server::accept_all() {
  while (auto connection = listener_.accept()) {
    reap(false);
    Worker& worker = workers_.emplace_back();
    worker.thread = std::thread([this, &worker, accepted = std::move(*connection)]() mutable {
      try {
        serve(std::move(accepted));
      } catch (const std::exception&) {
        // A peer that vanished or a program that stops: either way this connection is over.
      }
      worker.done = true;
    });
  }
  reap(true);
}

void Server::reap(bool all) {
  for (auto worker = workers_.begin(); worker != workers_.end();) {
    if (!all && !worker->done) {
      ++worker;
      continue;
    }
    worker->thread.join();
    worker = workers_.erase(worker);
  }
}

void Server::serve(Connection connection) {
  if (tls_) connection.accept_tls(*tls_, Clock::now() + std::chrono::seconds(10));
  std::string buffer;
  while (true) {
    const auto request = read_request(connection, buffer, Clock::now() + idle_limit);
    if (!request) return;
    if (upgrade_ && !request->headers.get("Upgrade").empty()) {
      return upgrade_(std::move(connection), *request, std::move(buffer));
    }
    const bool keep_alive = !request->headers.contains_token("Connection", "close");
    std::optional<HttpResponse> response;
    try {
      response = handler_(*request);
    } catch (const BadInput& error) {
      response = json_response(400, error_body(error.what()));
    }
    if (!response) return connection.reset();
    send_response(connection, *response, keep_alive);
    connection.flush(Clock::now() + std::chrono::seconds(30));
    if (!keep_alive) return connection.shut();
  }
}

}  // namespace tandem::standins
