#include "bridge/net/byte_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <cstring>

namespace tandem::net {

namespace {

// OpenSSL's own socket BIO uses write(2), which raises SIGPIPE when the peer is gone. This one uses
// send(2).
int fd_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = ::send(fd_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto received = ::recv(fd_of(bio), data, static_cast<std::size_t>(size), 0);
  if (received < 0 && would_block()) BIO_set_retry_read(bio);
  if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(received);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* bio_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

void attach(SSL* ssl, int fd) {
  BIO* const bio = BIO_new(bio_method());
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
}

// The verdict on the certificate when there is one, else OpenSSL's reason; never more than a
// sentence.
std::string failure_words(SSL* ssl, const ErrorCode& error) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) return X509_verify_cert_error_string(verdict);
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : error.message();
}

}  // namespace

ByteStream::ByteStream(Socket socket, std::string leftover)
    : socket_(std::move(socket)), leftover_(std::move(leftover)) {
  ErrorCode ignored;
  socket_.non_blocking(true, ignored);
}

Task<ErrorCode> ByteStream::handshake(SslPointer ssl, std::string& why) {
  ssl_ = std::move(ssl);
  attach(ssl_.get(), socket_.native_handle());
  for (;;) {
    ERR_clear_error();
    ErrorCode error;
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) co_return error;
    const Progress progress = progress_of(result, error);
    if (progress == Progress::done) {
      why = failure_words(ssl_.get(), error);
      co_return error;
    }
    co_await socket_.async_wait(readiness(progress), asio::redirect_error(use_task, error));
    if (!socket_.is_open()) error = asio::error::operation_aborted;
    if (error) co_return error;
  }
}

ByteStream::Progress ByteStream::progress_of(int result, ErrorCode& error) const {
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Progress::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Progress::wants_write;
    case SSL_ERROR_ZERO_RETURN:
      error = asio::error::eof;
      break;
    case SSL_ERROR_SYSCALL:
      error = ErrorCode(system_error != 0 ? system_error : ECONNRESET,
                        boost::system::system_category());
      break;
    default:  // a TLS violation, or the end of the connection without close_notify
      error = asio::error::connection_reset;
  }
  return Progress::done;
}

ByteStream::Progress ByteStream::try_read(asio::mutable_buffer into, ErrorCode& error,
                                          std::size_t& bytes) {
  if (!leftover_.empty()) {
    bytes = std::min(into.size(), leftover_.size() - leftover_used_);
    std::memcpy(into.data(), leftover_.data() + leftover_used_, bytes);
    leftover_used_ += bytes;
    if (leftover_used_ == leftover_.size()) leftover_ = std::string();
    return Progress::done;
  }
  if (!socket_.is_open()) {
    error = asio::error::operation_aborted;
    return Progress::done;
  }
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
  return result == 1 ? Progress::done : progress_of(result, error);
}

ByteStream::Progress ByteStream::try_write(asio::const_buffer from, ErrorCode& error,
                                           std::size_t& bytes) {
  if (from.size() == 0) return Progress::done;
  if (!socket_.is_open()) {
    error = asio::error::operation_aborted;
    return Progress::done;
  }
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), from.data(), from.size(), &bytes);
  return result == 1 ? Progress::done : progress_of(result, error);
}

// Shared by all connections of a thread: it is filled and handed to OpenSSL within one call.
asio::mutable_buffer ByteStream::gather_buffer() noexcept {
  static thread_local std::array<char, gather_bytes_max> scratch;
  return asio::buffer(scratch);
}

void ByteStream::shutdown() noexcept {
  if (!socket_.is_open()) return;
  if (ssl_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void ByteStream::close() noexcept {
  ErrorCode ignored;
  socket_.close(ignored);
}

bool ByteStream::is_quiet() noexcept {
  char byte = 0;
  if (!socket_.is_open() || (ssl_ && SSL_pending(ssl_.get()) > 0)) return false;
  const auto received = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return received < 0 && would_block();
}

}  // namespace tandem::net
