// One TCP connection over loopback, with or without TLS: blocking while a call is being set up,
// non-blocking while it talks. For the benchmark's programs only; it links nothing of the product.
//
// Not a general client: whatever goes wrong during set-up throws std::runtime_error and ends the
// run.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::bench {

struct FreeTls {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls>;

/// For the side that shows a certificate. Paths of PEM files.
TlsContext server_tls(const std::string& certificate, const std::string& key);
/// For the side that dials. The certificate is not verified: the peer is a program of the same run.
TlsContext client_tls();

class Connection {
 public:
  /// Owns `fd`, a connected socket.
  explicit Connection(int fd);
  Connection(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  static Connection to_loopback(std::uint16_t port);

  [[nodiscard]] int fd() const noexcept { return fd_; }

  // Set-up. Each of these waits at most 5 s.
  void accept_tls(SSL_CTX& context);
  void connect_tls(SSL_CTX& context);
  void write_all(std::string_view bytes);
  /// Everything through the empty line that ends an HTTP head. What follows stays in the inbox.
  std::string read_head();
  /// Exactly `size` bytes.
  std::string read_body(std::size_t size);

  // The run.
  void stop_blocking();
  /// Takes what has arrived into the inbox. False when the peer has gone.
  bool receive();
  /// Received and not yet consumed; valid until the next receive() or consume().
  [[nodiscard]] std::span<char> inbox() noexcept;
  void consume(std::size_t bytes) noexcept { begin_ += bytes; }
  /// Sends now; what the socket does not take is kept and sent by flush(). False when the peer has
  /// gone.
  bool send(std::string_view bytes);
  bool flush();
  [[nodiscard]] bool has_unsent() const noexcept { return !unsent_.empty(); }

 private:
  /// Bytes moved, 0 when the socket is not ready, -1 when the connection is broken.
  std::ptrdiff_t read_some(std::span<char> into);
  std::ptrdiff_t write_some(std::string_view bytes);
  void start_tls(SSL_CTX& context, int (*handshake)(SSL*));
  void require_more();
  void make_room();

  int fd_;
  std::unique_ptr<SSL, FreeTls> ssl_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string unsent_;
};

/// A listening socket on 127.0.0.1; 0 takes any free port.
class Listener {
 public:
  explicit Listener(std::uint16_t port);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Waits at most 5 s.
  [[nodiscard]] Connection accept() const;

 private:
  int fd_;
};

}  // namespace tandem::bench
