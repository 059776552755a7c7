#include "bridge/net/http_server.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <vector>

#include "bridge/net/http_connection.hpp"

namespace tandem::net {

namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

constexpr int backlog = 4096;
constexpr auto accept_pause =
    std::chrono::milliseconds(50);  // without it EMFILE burns a core (measured)
constexpr int refusals_per_pause = 64;

// Never blocks and never waits: the peer gets its 503 if it fits into the send buffer, which it
// does.
void refuse_busy(int fd) {
  static constexpr std::string_view answer =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
      "Connection: close\r\n\r\n";
  char discarded[4096];
  (void)::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd, SHUT_WR);
  while (::recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT) > 0) {
  }
}

FileDescriptor open_spare() { return FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

class HttpServer::Listener {
 public:
  Listener(asio::io_context& context, Options options, Handlers handlers);
  void start() { group_.spawn(accept_loop()); }
  void stop();
  Task<void> join() { return group_.join(); }

  HttpSite site;
  std::uint16_t port = 0;

 private:
  void listen();
  Task<void> accept_loop();
  Task<void> serve(Socket socket);
  Task<void> recover_from(ErrorCode error);
  void refuse_waiting();
  [[nodiscard]] bool is_full() const;

  Acceptor acceptor_;
  Timer pause_;
  FileDescriptor spare_ = open_spare();  ///< given up to answer 503 when no descriptor is left
  TaskGroup group_;
};

HttpServer::Listener::Listener(asio::io_context& context, Options options, Handlers handlers)
    : site{context, std::move(options), std::move(handlers)},
      acceptor_(context),
      pause_(context),
      group_(context, [this](const std::exception_ptr&) { ++site.counters.handler_failures; }) {
  try {
    listen();
  } catch (const boost::system::system_error& error) {
    throw std::system_error(std::error_code(error.code()),
                            site.options.address + ":" + std::to_string(site.options.port));
  }
}

void HttpServer::Listener::listen() {
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(site.options.address),
                                         site.options.port);
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(asio::socket_base::reuse_address(true));
  acceptor_.bind(endpoint);
  acceptor_.listen(backlog);
  port = acceptor_.local_endpoint().port();
}

bool HttpServer::Listener::is_full() const {
  return site.unauthenticated >= site.options.unauthenticated_max ||
         site.connections.size() >= site.options.connections_max;
}

Task<void> HttpServer::Listener::accept_loop() {
  while (!site.is_stopping) {
    Socket socket(site.context);
    ErrorCode error;
    co_await acceptor_.async_accept(socket, asio::redirect_error(use_task, error));
    if (site.is_stopping) break;
    if (error) {
      co_await recover_from(error);
    } else if (is_full()) {
      ++site.counters.refused_full;
      refuse_busy(socket.native_handle());
    } else {
      ++site.counters.accepted;
      group_.spawn(serve(std::move(socket)));
    }
  }
}

Task<void> HttpServer::Listener::serve(Socket socket) {
  HttpConnection connection(site, std::move(socket));
  co_await connection.serve();
}

Task<void> HttpServer::Listener::recover_from(ErrorCode error) {
  ++site.counters.accept_errors;
  if (error.value() == EMFILE || error.value() == ENFILE) refuse_waiting();
  pause_.expires_after(accept_pause);
  co_await pause_.async_wait(asio::redirect_error(use_task, error));
}

// No descriptor is left: the spare one makes room to tell those who wait, one after the other.
void HttpServer::Listener::refuse_waiting() {
  spare_.close();
  for (int i = 0; i < refusals_per_pause; ++i) {
    const FileDescriptor waiting(
        ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!waiting) break;
    ++site.counters.refused_full;
    refuse_busy(waiting.get());
  }
  spare_ = open_spare();
}

void HttpServer::Listener::stop() {
  site.is_stopping = true;
  ErrorCode ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  for (HttpConnection* const connection : site.connections) connection->stop();
}

HttpServer::HttpServer(asio::io_context& context, Options options, Handlers handlers)
    : listener_(std::make_unique<Listener>(context, std::move(options), std::move(handlers))) {}

HttpServer::~HttpServer() = default;

void HttpServer::start() { listener_->start(); }

std::uint16_t HttpServer::port() const noexcept { return listener_->port; }

void HttpServer::stop() { listener_->stop(); }

Task<void> HttpServer::join() { return listener_->join(); }

std::size_t HttpServer::connections() const noexcept { return listener_->site.connections.size(); }

std::size_t HttpServer::unauthenticated() const noexcept { return listener_->site.unauthenticated; }

const HttpServer::Counters& HttpServer::counters() const noexcept {
  return listener_->site.counters;
}

}  // namespace tandem::net
