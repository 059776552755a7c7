#include "socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

namespace tandem::standins {

namespace {

// Rung once and never cleared: every poll of the program watches it.
const Wakeup& stop_wakeup() {
  static const Wakeup wakeup;
  return wakeup;
}

timespec time_left(TimePoint until) {
  const auto left = std::max(Clock::duration::zero(), until - Clock::now());
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
  return {nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
}

// Polls until the deadline; throws Stopping. Returns the number of ready entries.
int poll_until(std::span<pollfd> entries, TimePoint until) {
  const timespec left = time_left(until);
  const int ready = ppoll(entries.data(), entries.size(), &left, nullptr);
  if (ready < 0 && errno != EINTR) throw WireError(fmt::format("poll: {}", std::strerror(errno)));
  if (entries.back().revents != 0) throw Stopping();  // every caller puts it last
  return std::max(ready, 0);
}

pollfd stop_entry() { return {stop_wakeup().descriptor(), POLLIN, 0}; }

void set_options(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string tls_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return fmt::format("tls: {}", text.data());
}

int open_socket(const addrinfo& address, TimePoint deadline) {
  const int descriptor = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw WireError("no descriptor");
  int error = connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    std::array<pollfd, 2> entries{pollfd{descriptor, POLLOUT, 0}, stop_entry()};
    socklen_t size = sizeof error;
    if (poll_until(entries, deadline) == 0) {
      error = ETIMEDOUT;
    } else {
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    }
  }
  if (error == 0) return descriptor;
  close(descriptor);
  if (error == ECONNREFUSED) throw WireError("refused");
  if (error == ETIMEDOUT) throw WireError("timed out connecting");
  throw WireError(fmt::format("unreachable: {}", std::strerror(error)));
}

}  // namespace

void stop_program() { stop_wakeup().ring(); }

bool program_stops() {
  pollfd entry = stop_entry();
  return poll(&entry, 1, 0) > 0;
}

void sleep_until(TimePoint until) {
  while (Clock::now() < until) {
    std::array<pollfd, 1> entries{stop_entry()};
    poll_until(entries, until);
  }
}

Wakeup::Wakeup() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (descriptor_ < 0) throw WireError("no eventfd");
}
Wakeup::~Wakeup() { close(descriptor_); }

void Wakeup::ring() const {
  const std::uint64_t one = 1;
  if (write(descriptor_, &one, sizeof one) < 0) return;  // only full when it is rung already
}

void Wakeup::clear() const {
  std::uint64_t count = 0;
  if (read(descriptor_, &count, sizeof count) < 0) return;  // was not rung
}

bool Wakeup::wait(TimePoint until) const {
  std::array<pollfd, 2> entries{pollfd{descriptor_, POLLIN, 0}, stop_entry()};
  poll_until(entries, until);
  if (entries[0].revents == 0) return false;
  clear();
  return true;
}

std::shared_ptr<TlsContext> TlsContext::for_server(const std::string& cert_file,
                                                   const std::string& key_file) {
  auto context = std::make_shared<TlsContext>(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_min_proto_version(context->get(), TLS1_2_VERSION);
  if (SSL_CTX_use_certificate_chain_file(context->get(), cert_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context->get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw WireError(tls_error());
  }
  return context;
}

std::shared_ptr<TlsContext> TlsContext::for_client(const std::string& ca_file) {
  auto context = std::make_shared<TlsContext>(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context->get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, nullptr);
  const int loaded = ca_file.empty()
                         ? SSL_CTX_set_default_verify_paths(context->get())
                         : SSL_CTX_load_verify_locations(context->get(), ca_file.c_str(), nullptr);
  if (loaded != 1) throw WireError(tls_error());
  return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Connection::Connection(int descriptor) : descriptor_(descriptor) { set_options(descriptor); }

Connection Connection::open(const std::string& host, std::uint16_t port, TimePoint deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw WireError("unknown host");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  return Connection(open_socket(*found, deadline));
}

Connection::Connection(Connection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      outgoing_(std::move(other.outgoing_)),
      sent_(std::exchange(other.sent_, 0)) {}

Connection::~Connection() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  if (descriptor_ >= 0) close(descriptor_);
}

void Connection::accept_tls(const TlsContext& context, TimePoint deadline) {
  ssl_ = SSL_new(context.get());
  SSL_set_fd(ssl_, descriptor_);
  SSL_set_accept_state(ssl_);
  handshake(deadline);
}

void Connection::connect_tls(const TlsContext& context, const std::string& host,
                             TimePoint deadline) {
  ssl_ = SSL_new(context.get());
  SSL_set_fd(ssl_, descriptor_);
  // What SSL_set_tlsext_host_name expands to, without its old-style cast.
  SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(host.c_str()));
  SSL_set1_host(ssl_, host.c_str());
  SSL_set_connect_state(ssl_);
  handshake(deadline);
}

void Connection::handshake(TimePoint deadline) {
  SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) return;
    const int why = SSL_get_error(ssl_, result);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) throw WireError(tls_error());
    const short event = why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    std::array<pollfd, 2> entries{pollfd{descriptor_, event, 0}, stop_entry()};
    if (poll_until(entries, deadline) == 0 && Clock::now() >= deadline) {
      throw WireError("tls: handshake timed out");
    }
  }
}

void Connection::send(std::string_view bytes) {
  outgoing_.append(bytes);
  push_out();
}

void Connection::push_out() {
  while (sent_ < outgoing_.size()) {
    const std::size_t left = outgoing_.size() - sent_;
    ssize_t written = 0;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      written = SSL_write(ssl_, outgoing_.data() + sent_,
                          static_cast<int>(std::min(left, std::size_t{1} << 30)));
      if (written <= 0) {
        const int why = SSL_get_error(ssl_, static_cast<int>(written));
        if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ) return;
        throw WireError("tls: the peer is gone");
      }
    } else {
      written = ::send(descriptor_, outgoing_.data() + sent_, left, MSG_NOSIGNAL);
      if (written < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (written < 0) throw WireError(fmt::format("reset: {}", std::strerror(errno)));
    }
    sent_ += static_cast<std::size_t>(written);
  }
  outgoing_.clear();
  sent_ = 0;
}

void Connection::flush(TimePoint deadline) {
  while (unsent() > 0) {
    std::array<pollfd, 2> entries{pollfd{descriptor_, POLLOUT, 0}, stop_entry()};
    if (poll_until(entries, deadline) > 0) push_out();
    if (unsent() > 0 && Clock::now() >= deadline) throw WireError("timed out writing");
  }
}

Connection::Ready Connection::wait(TimePoint until, const Wakeup* wakeup, bool want_read) {
  if (want_read && ssl_ != nullptr && SSL_pending(ssl_) > 0) return Ready::readable;
  std::array<pollfd, 3> entries{pollfd{descriptor_, 0, 0}, pollfd{-1, POLLIN, 0}, stop_entry()};
  while (true) {
    const int reading = want_read ? POLLIN | POLLRDHUP : 0;
    entries[0].events = static_cast<short>(reading | (unsent() > 0 ? POLLOUT : 0));
    // Neither direction wanted: a hung-up peer must not turn the wait into a loop.
    entries[0].fd = entries[0].events == 0 ? -1 : descriptor_;
    if (wakeup != nullptr) entries[1].fd = wakeup->descriptor();
    if (poll_until(entries, until) == 0) {
      if (Clock::now() >= until) return Ready::timed_out;
      continue;
    }
    if ((entries[0].revents & POLLOUT) != 0) push_out();
    if (entries[1].revents != 0) {
      wakeup->clear();
      return Ready::woken;
    }
    if (want_read && (entries[0].revents & (POLLIN | POLLHUP | POLLERR | POLLRDHUP)) != 0) {
      return Ready::readable;
    }
    if ((entries[0].revents & POLLERR) != 0) throw WireError("reset");
  }
}

bool Connection::read_into(std::string& buffer) {
  std::array<char, 65536> chunk;
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int count = SSL_read(ssl_, chunk.data(), static_cast<int>(chunk.size()));
    if (count > 0) {
      buffer.append(chunk.data(), static_cast<std::size_t>(count));
      return true;
    }
    const int why = SSL_get_error(ssl_, count);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return true;
    if (why == SSL_ERROR_ZERO_RETURN) return false;
    throw WireError("reset: tls stream cut off");
  }
  const ssize_t count = recv(descriptor_, chunk.data(), chunk.size(), 0);
  if (count > 0) buffer.append(chunk.data(), static_cast<std::size_t>(count));
  if (count < 0 && errno != EAGAIN && errno != EINTR) {
    throw WireError(fmt::format("reset: {}", std::strerror(errno)));
  }
  return count != 0;
}

void Connection::shut() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_);
  ::shutdown(descriptor_, SHUT_WR);
}

void Connection::reset() {
  const linger at_once{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(std::exchange(descriptor_, -1));
}

Listener::Listener(const std::string& address, std::uint16_t port)
    : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), port_(port) {
  const int on = 1;
  setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(port);
  socklen_t size = sizeof local;
  auto* generic = reinterpret_cast<sockaddr*>(&local);
  if (inet_pton(AF_INET, address.c_str(), &local.sin_addr) != 1 ||
      bind(descriptor_, generic, size) != 0 || listen(descriptor_, 1024) != 0) {
    close(descriptor_);
    throw WireError(fmt::format("cannot listen on {}:{}: {}", address, port, std::strerror(errno)));
  }
  getsockname(descriptor_, generic, &size);
  port_ = ntohs(local.sin_port);
}

Listener::~Listener() { close(descriptor_); }

std::optional<Connection> Listener::accept() {
  try {
    while (true) {
      std::array<pollfd, 2> entries{pollfd{descriptor_, POLLIN, 0}, stop_entry()};
      poll_until(entries, Clock::now() + std::chrono::hours(1));
      const int accepted = accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) return Connection(accepted);
      // No descriptors left: a pause, or this loop takes a whole core.
      if (errno == EMFILE || errno == ENFILE) sleep_until(Clock::now() + Milliseconds(50));
    }
  } catch (const Stopping&) {
    return std::nullopt;
  }
}

}  // namespace tandem::standins
