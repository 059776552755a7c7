#include "tests/integration/net/tls_relay.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <set>

#include "tests/integration/net/peer.hpp"

namespace tandem::test {

namespace {

using TlsSocket = asio::ssl::stream<RawSocket>;

struct Pair {
  Pair(asio::io_context& context, RawSocket accepted, asio::ssl::context& tls)
      : outside(std::move(accepted), tls), inside(context) {}
  void close() {
    boost::system::error_code ignored;
    outside.lowest_layer().close(ignored);
    inside.close(ignored);
  }
  TlsSocket outside;
  RawSocket inside;
};

template <class From, class To>
net::Task<void> pump(From& from, To& to, std::shared_ptr<Pair> pair) {
  std::string chunk(64 * 1024, '\0');
  boost::system::error_code error;
  while (!error) {
    const std::size_t bytes = co_await from.async_read_some(
        asio::buffer(chunk), asio::redirect_error(net::use_task, error));
    if (error) break;
    co_await asio::async_write(to, asio::buffer(chunk.data(), bytes),
                               asio::redirect_error(net::use_task, error));
  }
  pair->close();
}

}  // namespace

class TlsRelay::Acceptor {
 public:
  Acceptor(asio::io_context& context, const Identity& identity, std::uint16_t plain_port)
      : context_(context),
        plain_port_(plain_port),
        tls_(asio::ssl::context::tls_server),
        acceptor_(context, loopback(0)),
        group_(context,
               [](const std::exception_ptr& failure) { std::rethrow_exception(failure); }) {
    tls_.use_certificate(asio::buffer(identity.certificate), asio::ssl::context::pem);
    tls_.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
    group_.spawn(accept());
  }

  net::Task<void> accept() {
    for (;;) {
      RawSocket socket(context_);
      boost::system::error_code error;
      co_await acceptor_.async_accept(socket, asio::redirect_error(net::use_task, error));
      if (error) co_return;
      group_.spawn(serve(std::make_shared<Pair>(context_, std::move(socket), tls_)));
    }
  }

  net::Task<void> serve(std::shared_ptr<Pair> pair) {
    pairs.insert(pair);
    boost::system::error_code error;
    pair->outside.lowest_layer().set_option(tcp::no_delay(true), error);
    co_await pair->outside.async_handshake(TlsSocket::server,
                                           asio::redirect_error(net::use_task, error));
    if (!error) {
      ++handshakes;
      if (SSL_session_reused(pair->outside.native_handle()) == 1) ++resumed;
      co_await pair->inside.async_connect(loopback(plain_port_),
                                          asio::redirect_error(net::use_task, error));
    }
    if (!error) pair->inside.set_option(tcp::no_delay(true), error);
    if (!error) {
      group_.spawn(pump(pair->inside, pair->outside, pair));
      co_await pump(pair->outside, pair->inside, pair);
    }
    pairs.erase(pair);
  }

  void cut() {
    for (const auto& pair : pairs) pair->close();
  }
  net::Task<void> stop() {
    acceptor_.close();
    cut();
    co_await group_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  int handshakes = 0;
  int resumed = 0;
  std::set<std::shared_ptr<Pair>> pairs;

 private:
  asio::io_context& context_;
  std::uint16_t plain_port_;
  asio::ssl::context tls_;
  RawAcceptor acceptor_;
  net::TaskGroup group_;
};

TlsRelay::TlsRelay(asio::io_context& context, const Identity& identity, std::uint16_t plain_port)
    : acceptor_(std::make_unique<Acceptor>(context, identity, plain_port)) {}
TlsRelay::~TlsRelay() = default;
std::uint16_t TlsRelay::port() const { return acceptor_->port(); }
int TlsRelay::handshakes() const { return acceptor_->handshakes; }
int TlsRelay::resumed() const { return acceptor_->resumed; }
void TlsRelay::cut() { acceptor_->cut(); }
net::Task<void> TlsRelay::stop() { return acceptor_->stop(); }

}  // namespace tandem::test
