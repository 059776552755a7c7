// A TCP connection, or TLS over one, as a stream of bytes for Beast (its AsyncReadStream and
// AsyncWriteStream).
//
// Why not asio::ssl::stream: it keeps 34 KB of buffers per connection and copies everything once
// more. Here OpenSSL works on the non-blocking socket directly, and we only wait for readiness when
// it asks for that: 63 KB per connection and 2.7 us per frame less (measured). Not a TLS
// implementation: records, keys and verification are OpenSSL's.
#pragma once

#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bridge/net/file_descriptor.hpp"
#include "bridge/net/task.hpp"
#include "bridge/net/tls.hpp"

namespace tandem::net {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using ErrorCode = boost::system::error_code;

class ByteStream {
 public:
  using executor_type = Executor;

  /// `leftover` is read before anything from the socket. The socket must be connected.
  explicit ByteStream(Socket socket, std::string leftover = {});
  ByteStream(ByteStream&&) = default;
  ByteStream& operator=(ByteStream&&) = default;

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  [[nodiscard]] Socket& socket() noexcept { return socket_; }

  /// Speaks TLS from here on. On failure `why` has OpenSSL's words (certificate, host name, alert).
  Task<ErrorCode> handshake(SslPointer ssl, std::string& why);

  /// Ends our direction: TLS close_notify if it can be sent at once, then FIN.
  void shutdown() noexcept;
  /// Everything pending ends with an error.
  void close() noexcept;
  /// Said by the protocol above: the peer announced its end, so nothing of it must be waited for
  /// (see linger in websocket.cpp).
  void peer_announced_end() noexcept { peer_ending_ = true; }
  [[nodiscard]] bool peer_ending() const noexcept { return peer_ending_; }
  /// Connected, and the peer has sent nothing that was not asked for: fit for another request.
  [[nodiscard]] bool is_quiet() noexcept;

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(StartRead{this}, token,
                                                                     buffers);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(StartWrite{this}, token,
                                                                     buffers);
  }

 private:
  enum class Progress : std::uint8_t { done, wants_read, wants_write };
  // One TLS record carries at most this much, so a frame's header and payload leave as one record
  // and one system call.
  static constexpr std::size_t gather_bytes_max = 16 * 1024;

  template <class Buffers>
  struct ReadAttempt;
  template <class Buffers>
  struct WriteAttempt;
  template <class Attempt>
  struct Transfer;

  struct StartRead {
    ByteStream* stream;
    template <class Handler, class Buffers>
    void operator()(Handler&& handler, const Buffers& buffers) const;
  };
  struct StartWrite {
    ByteStream* stream;
    template <class Handler, class Buffers>
    void operator()(Handler&& handler, const Buffers& buffers) const;
  };

  Progress try_read(asio::mutable_buffer into, ErrorCode& error, std::size_t& bytes);
  Progress try_write(asio::const_buffer from, ErrorCode& error, std::size_t& bytes);
  Progress progress_of(int result, ErrorCode& error) const;
  static asio::mutable_buffer gather_buffer() noexcept;
  [[nodiscard]] static auto readiness(Progress progress) {
    return progress == Progress::wants_read ? Socket::wait_read : Socket::wait_write;
  }

  Socket socket_;
  SslPointer ssl_;
  std::string leftover_;
  std::size_t leftover_used_ = 0;
  bool peer_ending_ = false;
};

template <class Buffers>
struct ByteStream::ReadAttempt {
  ByteStream* stream;
  Buffers buffers;

  Progress operator()(ErrorCode& error, std::size_t& bytes) const {
    const auto end = asio::buffer_sequence_end(buffers);
    for (auto it = asio::buffer_sequence_begin(buffers); it != end; ++it) {
      const asio::mutable_buffer into(*it);
      if (into.size() > 0) return stream->try_read(into, error, bytes);
    }
    return Progress::done;
  }
};

template <class Buffers>
struct ByteStream::WriteAttempt {
  ByteStream* stream;
  Buffers buffers;

  // Gathered anew for every attempt: OpenSSL wants the same bytes again after "wants write", not
  // the same address.
  Progress operator()(ErrorCode& error, std::size_t& bytes) const {
    const asio::mutable_buffer scratch = gather_buffer();
    const std::size_t size = asio::buffer_copy(scratch, buffers);
    return stream->try_write(asio::buffer(scratch, size), error, bytes);
  }
};

// Try, wait for readiness, try again. Never completes inside the call that started it.
template <class Attempt>
struct ByteStream::Transfer {
  ByteStream* stream;
  Attempt attempt;
  enum class State : std::uint8_t { starting, waiting, finished } state = State::starting;
  ErrorCode error{};
  std::size_t bytes = 0;

  template <class Self>
  void operator()(Self& self, ErrorCode waited = {}) {
    if (state == State::finished || waited) return self.complete(waited ? waited : error, bytes);
    const Progress progress = attempt(error, bytes);
    if (progress != Progress::done) {
      state = State::waiting;
      stream->socket_.async_wait(readiness(progress), std::move(self));
    } else if (state == State::waiting) {
      self.complete(error, bytes);
    } else {
      state = State::finished;
      asio::post(stream->get_executor(), std::move(self));
    }
  }
};

template <class Handler, class Buffers>
void ByteStream::StartRead::operator()(Handler&& handler, const Buffers& buffers) const {
  if (!stream->ssl_ && stream->leftover_.empty()) {
    stream->socket_.async_read_some(buffers, std::forward<Handler>(handler));
    return;
  }
  using Attempt = ReadAttempt<Buffers>;
  asio::async_compose<Handler, void(ErrorCode, std::size_t)>(
      Transfer<Attempt>{stream, Attempt{stream, buffers}}, handler, stream->socket_);
}

template <class Handler, class Buffers>
void ByteStream::StartWrite::operator()(Handler&& handler, const Buffers& buffers) const {
  if (!stream->ssl_) {
    stream->socket_.async_write_some(buffers, std::forward<Handler>(handler));
    return;
  }
  using Attempt = WriteAttempt<Buffers>;
  asio::async_compose<Handler, void(ErrorCode, std::size_t)>(
      Transfer<Attempt>{stream, Attempt{stream, buffers}}, handler, stream->socket_);
}

}  // namespace tandem::net
