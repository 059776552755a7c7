// A listening party: accepts, reads requests, answers; one thread per connection. Stops with the
// program (stop_program).
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "http.hpp"

namespace tandem::standins {

class Server {
 public:
  // nullopt: the connection is reset without an answer.
  using Handler = std::function<std::optional<HttpResponse>(const HttpRequest&)>;
  // Takes over a connection that asks for a WebSocket; returns when it is over.
  using Upgrade = std::function<void(Connection, const HttpRequest&, std::string leftover)>;

  Server(const std::string& address, std::uint16_t port, std::shared_ptr<TlsContext> tls,
         Handler handler, Upgrade upgrade = {});
  ~Server();  // the program must be stopping
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return listener_.port(); }

 private:
  struct Worker {
    std::thread thread;
    std::atomic<bool> done = false;
  };
  void accept_all();
  void serve(Connection connection);
  void reap(bool all);

  Listener listener_;
  std::shared_ptr<TlsContext> tls_;
  Handler handler_;
  Upgrade upgrade_;
  std::list<Worker> workers_;  // only the acceptor's thread
  std::thread acceptor_;
};

}  // namespace tandem::standins
