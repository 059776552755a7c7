// The other end of a connection, written by hand byte by byte: says what no well-behaved library
// would say.
#pragma once

#include <sys/socket.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/net/task.hpp"

namespace tandem::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using RawSocket = asio::basic_stream_socket<tcp, net::Executor>;
using RawAcceptor = asio::basic_socket_acceptor<tcp, net::Executor>;

inline tcp::endpoint loopback(std::uint16_t port) {
  return tcp::endpoint(asio::ip::address_v4::loopback(), port);
}

inline constexpr std::string_view upgrade_request =
    "GET /stream HTTP/1.1\r\nHost: bridge.example\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";

class Peer {
 public:
  explicit Peer(asio::io_context& context) : socket(context) {}
  explicit Peer(RawSocket connected) : socket(std::move(connected)) {}

  net::Task<void> connect(std::uint16_t port) {
    co_await socket.async_connect(loopback(port), net::use_task);
  }
  /// Errors are ignored: the other side may have closed already, which is what many tests are
  /// about.
  net::Task<void> send(std::string text) {
    boost::system::error_code ignored;
    co_await asio::async_write(socket, asio::buffer(text),
                               asio::redirect_error(net::use_task, ignored));
  }
  /// `block` again and again; errors are ignored.
  net::Task<void> flood(std::string block, int times) {
    boost::system::error_code ignored;
    for (int i = 0; i < times; ++i) {
      co_await asio::async_write(socket, asio::buffer(block),
                                 asio::redirect_error(net::use_task, ignored));
    }
  }
  /// Reads until `token` has arrived; what was read up to and including it, or everything when the
  /// connection ended.
  net::Task<std::string> read_through(std::string token) {
    bool more = true;
    while (received.find(token) == std::string::npos && more) more = co_await read_more();
    const auto found = received.find(token);
    std::string taken =
        received.substr(0, found == std::string::npos ? received.size() : found + token.size());
    received.erase(0, taken.size());
    co_return taken;
  }
  net::Task<std::string> read_bytes(std::size_t count) {
    bool more = true;
    while (received.size() < count && more) more = co_await read_more();
    std::string taken = received.substr(0, count);
    received.erase(0, taken.size());
    co_return taken;
  }
  net::Task<std::string> read_to_end() {
    bool more = true;
    while (more) more = co_await read_more();
    co_return std::move(received);
  }
  net::Task<bool> read_more() {
    char chunk[8192];
    boost::system::error_code error;
    const std::size_t bytes = co_await socket.async_read_some(
        asio::buffer(chunk), asio::redirect_error(net::use_task, error));
    received.append(chunk, bytes);
    end = error;
    co_return !error;
  }
  /// RST instead of FIN.
  void reset() {
    socket.set_option(asio::socket_base::linger(true, 0));
    socket.close();
  }

  RawSocket socket;
  std::string received;
  boost::system::error_code end;  ///< how reading ended
};

/// A WebSocket frame; `opcode` 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong. Masked,
/// with a key of zeros.
inline std::string frame(int opcode, std::string_view payload, bool is_final = true,
                         bool is_masked = true) {
  std::string out;
  out += static_cast<char>((is_final ? 0x80 : 0) | opcode);
  const char mask_bit = is_masked ? '\x80' : '\0';
  if (payload.size() < 126) {
    out += static_cast<char>(mask_bit | static_cast<char>(payload.size()));
  } else {
    const bool is_long = payload.size() > 0xffff;
    out += static_cast<char>(mask_bit | (is_long ? 127 : 126));
    for (int shift = is_long ? 56 : 8; shift >= 0; shift -= 8) {
      out += static_cast<char>((payload.size() >> shift) & 0xff);
    }
  }
  if (is_masked) out += std::string(4, '\0');
  out += payload;
  return out;
}

inline std::string close_frame(int code, std::string_view reason) {
  std::string payload;
  payload += static_cast<char>(code >> 8);
  payload += static_cast<char>(code & 0xff);
  return frame(8, payload.append(reason));
}

}  // namespace tandem::test
