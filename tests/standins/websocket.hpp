// RFC 6455 framing over a Connection, both roles, small enough to send every broken form on
// purpose. It checks what the peer sends as strictly as the standard allows and reports the first
// breach instead of guessing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http.hpp"
#include "socket.hpp"

namespace tandem::standins {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

// What the peer sent, or how the stream ended.
struct WireEvent {
  enum class Kind { text, binary, ping, pong, close, end_of_stream, breach };
  Kind kind = Kind::text;
  std::string payload;  // of a close: the reason; of a breach: what was wrong
  std::uint16_t code = 0;
  unsigned frames = 1;  // frames the message came in
};

class WebSocket {
 public:
  enum class Role { client, server };

  // `buffered`: bytes already read behind the handshake.
  WebSocket(Connection connection, Role role, std::string buffered, std::size_t message_limit);

  void send_text(std::string_view payload) { send_frame(Opcode::text, true, payload); }
  void send_binary(std::string_view payload) { send_frame(Opcode::binary, true, payload); }
  void send_close(std::uint16_t code, std::string_view reason = {});
  void send_frame(Opcode opcode, bool final, std::string_view payload);
  // Only a head that claims `length`, with the 64-bit form; nothing follows.
  void send_lying_head(Opcode opcode, std::uint64_t length);

  // The next complete event out of what has been read; pings are answered unless told otherwise.
  std::optional<WireEvent> next();
  // Reads what is there; next() then gives end_of_stream where it ended.
  void read();

  void answer_pings(bool on) { answer_pings_ = on; }
  Connection& connection() { return connection_; }

 private:
  std::optional<WireEvent> take_frame();
  WireEvent breach(std::string why);
  std::optional<WireEvent> finish(Opcode opcode, bool final, std::string payload);

  Connection connection_;
  Role role_;
  std::string buffer_;
  std::size_t message_limit_;
  std::string message_;
  std::optional<Opcode> message_opcode_;
  unsigned message_frames_ = 0;
  bool answer_pings_ = true;
  bool ended_ = false;
  bool end_reported_ = false;
};

std::string websocket_accept(std::string_view key);
// Empty when `request` is a proper upgrade, else what is wrong with it.
std::string upgrade_problem(const HttpRequest& request);
HttpResponse upgrade_response(const HttpRequest& request);

}  // namespace tandem::standins
