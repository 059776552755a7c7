#include "tests/bench/wire/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace tandem::bench {

namespace {

constexpr timeval set_up_patience{5, 0};
constexpr std::size_t first_room = 4096;
constexpr std::size_t head_bytes_max = 16 * 1024;

[[noreturn]] void fail(std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void limit_waiting(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &set_up_patience, sizeof(set_up_patience));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &set_up_patience, sizeof(set_up_patience));
}

int new_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  return fd;
}

bool is_not_ready() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

void set_modes(SSL_CTX* context) {
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
}

}  // namespace

TlsContext server_tls(const std::string& certificate, const std::string& key) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  set_modes(context.get());
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("the certificate or its key cannot be read: " + certificate);
  }
  return context;
}

TlsContext client_tls() {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  set_modes(context.get());
  SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256");
  return context;
}

Connection::Connection(int fd) : fd_(fd), buffer_(first_room) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  limit_waiting(fd);
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      ssl_(std::move(other.ssl_)),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      end_(other.end_),
      unsent_(std::move(other.unsent_)) {}

Connection::~Connection() {
  ssl_.reset();
  if (fd_ >= 0) close(fd_);
}

Connection Connection::to_loopback(std::uint16_t port) {
  Connection connection(new_socket());
  const auto address = loopback(port);
  if (connect(connection.fd_, generic(address), sizeof(address)) != 0) {
    fail(fmt::format("nobody answers on port {}", port));
  }
  return connection;
}

void Connection::start_tls(SSL_CTX& context, int (*handshake)(SSL*)) {
  ssl_.reset(SSL_new(&context));
  SSL_set_fd(ssl_.get(), fd_);
  if (handshake(ssl_.get()) == 1) return;
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  throw std::runtime_error(fmt::format("TLS handshake: {}", reason ? reason : "connection lost"));
}

void Connection::accept_tls(SSL_CTX& context) { start_tls(context, SSL_accept); }
void Connection::connect_tls(SSL_CTX& context) { start_tls(context, SSL_connect); }

void Connection::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = write_some(bytes);
    if (written <= 0) fail("the peer does not take what it is sent");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Connection::require_more() {
  make_room();
  const auto received = read_some(std::span(buffer_).subspan(end_));
  if (received <= 0) fail("the peer closed, or said nothing for 5 s");
  end_ += static_cast<std::size_t>(received);
}

std::string Connection::read_head() {
  for (;;) {
    const auto bytes = inbox();
    const std::string_view text(bytes.data(), bytes.size());
    const auto end = text.find("\r\n\r\n");
    if (end != std::string_view::npos) return read_body(end + 4);
    if (text.size() > head_bytes_max) throw std::runtime_error("an endless HTTP head");
    require_more();
  }
}

std::string Connection::read_body(std::size_t size) {
  while (end_ - begin_ < size) require_more();
  std::string body(buffer_.data() + begin_, size);
  begin_ += size;
  return body;
}

void Connection::stop_blocking() { fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK); }

void Connection::make_room() {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
}

bool Connection::receive() {
  for (;;) {
    make_room();
    const auto received = read_some(std::span(buffer_).subspan(end_));
    if (received < 0) return false;
    end_ += static_cast<std::size_t>(received);
    // The socket is asked once per event; what TLS still holds would raise no other event.
    if (received == 0 || !ssl_ || SSL_has_pending(ssl_.get()) == 0) return true;
  }
}

std::span<char> Connection::inbox() noexcept {
  return std::span(buffer_).subspan(begin_, end_ - begin_);
}

bool Connection::send(std::string_view bytes) {
  if (!unsent_.empty()) {
    unsent_ += bytes;
    return true;
  }
  while (!bytes.empty()) {
    const auto written = write_some(bytes);
    if (written < 0) return false;
    if (written == 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  unsent_ = bytes;
  return true;
}

bool Connection::flush() {
  const std::string bytes = std::exchange(unsent_, {});
  return send(bytes);
}

std::ptrdiff_t Connection::read_some(std::span<char> into) {
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size()));
    if (result > 0) return result;
    return SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ ? 0 : -1;
  }
  const auto result = recv(fd_, into.data(), into.size(), 0);
  if (result > 0) return result;
  return result < 0 && is_not_ready() ? 0 : -1;
}

std::ptrdiff_t Connection::write_some(std::string_view bytes) {
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (result > 0) return result;
    return SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_WRITE ? 0 : -1;
  }
  const auto result = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (result >= 0) return result;
  return is_not_ready() ? 0 : -1;
}

Listener::Listener(std::uint16_t port) : fd_(new_socket()) {
  const int on = 1;
  setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  limit_waiting(fd_);
  const auto address = loopback(port);
  if (bind(fd_, generic(address), sizeof(address)) != 0 || listen(fd_, 1024) != 0) {
    fail(fmt::format("port {} cannot be listened on", port));
  }
}

Listener::~Listener() { close(fd_); }

Connection Listener::accept() const {
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) fail("nobody connected");
  return Connection(fd);
}

}  // namespace tandem::bench
