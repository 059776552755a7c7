#include "websocket.hpp"

#include <array>

#include "encoding.hpp"

namespace tandem::standins {

namespace {

bool is_control(Opcode opcode) { return static_cast<unsigned>(opcode) >= 8; }

bool is_known(unsigned opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

void append_big(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i) & 0xffU));
}

std::uint64_t big(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

bool is_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

WebSocket::WebSocket(Connection connection, Role role, std::string buffered,
                     std::size_t message_limit)
    : connection_(std::move(connection)),
      role_(role),
      buffer_(std::move(buffered)),
      message_limit_(message_limit) {}

void WebSocket::send_frame(Opcode opcode, bool final, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame.push_back(static_cast<char>((final ? 0x80U : 0U) | static_cast<unsigned>(opcode)));
  const unsigned mask_bit = role_ == Role::client ? 0x80U : 0U;
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(mask_bit | payload.size()));
  } else if (payload.size() < 65536) {
    frame.push_back(static_cast<char>(mask_bit | 126U));
    append_big(frame, payload.size(), 2);
  } else {
    frame.push_back(static_cast<char>(mask_bit | 127U));
    append_big(frame, payload.size(), 8);
  }
  if (role_ == Role::server) {
    frame.append(payload);
  } else {
    // A fixed mask is legal on the wire and keeps captures readable; only the bit is mandatory.
    constexpr std::array<char, 4> mask{0x37, 0x21, 0x5a, 0x0f};
    frame.append(mask.data(), mask.size());
    for (std::size_t i = 0; i < payload.size(); ++i) {
      frame.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
    }
  }
  connection_.send(frame);
}

void WebSocket::send_lying_head(Opcode opcode, std::uint64_t length) {
  std::string head;
  head.push_back(static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
  head.push_back(static_cast<char>((role_ == Role::client ? 0x80U : 0U) | 127U));
  append_big(head, length, 8);
  if (role_ == Role::client) append_big(head, 0x37215a0f, 4);
  connection_.send(head);
}

void WebSocket::send_close(std::uint16_t code, std::string_view reason) {
  std::string payload;
  append_big(payload, code, 2);
  payload.append(reason.substr(0, 123));
  send_frame(Opcode::close, true, payload);
}

void WebSocket::read() {
  if (ended_) return;
  ended_ = !connection_.read_into(buffer_);
}

WireEvent WebSocket::breach(std::string why) {
  ended_ = end_reported_ = true;
  buffer_.clear();
  return {WireEvent::Kind::breach, std::move(why), 1002, 1};
}

std::optional<WireEvent> WebSocket::next() {
  while (!end_reported_) {
    const std::size_t before = buffer_.size();
    if (auto event = take_frame()) return event;
    if (buffer_.size() == before) break;
  }
  if (!ended_ || end_reported_) return std::nullopt;
  end_reported_ = true;
  return WireEvent{WireEvent::Kind::end_of_stream, {}, 1006, 1};
}

std::optional<WireEvent> WebSocket::take_frame() {
  if (buffer_.size() < 2) return std::nullopt;
  const auto first = static_cast<unsigned char>(buffer_[0]);
  const auto second = static_cast<unsigned char>(buffer_[1]);
  if ((first & 0x70) != 0) return breach("a reserved bit is set");
  if (!is_known(first & 0x0fU)) return breach("unknown opcode");
  const auto opcode = static_cast<Opcode>(first & 0x0f);
  const bool final = (first & 0x80) != 0;
  const bool masked = (second & 0x80) != 0;
  if (masked != (role_ == Role::server)) return breach(masked ? "masked frame" : "unmasked frame");
  const unsigned short_length = second & 0x7fU;
  const std::size_t extra = short_length == 127 ? 8 : short_length == 126 ? 2 : 0;
  const std::size_t head = 2 + extra + (masked ? 4 : 0);
  if (buffer_.size() < head) return std::nullopt;
  const std::uint64_t length =
      extra == 0 ? short_length : big(std::string_view(buffer_).substr(2, extra));
  if (is_control(opcode) && (!final || length > 125)) return breach("bad control frame");
  if (extra == 2 && length < 126) return breach("length not in its shortest form");
  if (length > message_limit_) return breach("message too large");
  if (buffer_.size() - head < length) return std::nullopt;
  std::string payload = buffer_.substr(head, static_cast<std::size_t>(length));
  for (std::size_t i = 0; masked && i < payload.size(); ++i) {
    payload[i] = static_cast<char>(payload[i] ^ buffer_[head - 4 + i % 4]);
  }
  buffer_.erase(0, head + static_cast<std::size_t>(length));
  return finish(opcode, final, std::move(payload));
}

std::optional<WireEvent> WebSocket::finish(Opcode opcode, bool final, std::string payload) {
  using Kind = WireEvent::Kind;
  if (opcode == Opcode::ping) {
    if (answer_pings_) send_frame(Opcode::pong, true, payload);
    return WireEvent{Kind::ping, std::move(payload), 0, 1};
  }
  if (opcode == Opcode::pong) return WireEvent{Kind::pong, std::move(payload), 0, 1};
  if (opcode == Opcode::close) {
    if (payload.size() == 1) return breach("close frame of one byte");
    if (payload.empty()) return WireEvent{Kind::close, {}, 1005, 1};
    const auto code = static_cast<std::uint16_t>(big(std::string_view(payload).substr(0, 2)));
    if (!is_close_code(code)) return breach("close code that may not be sent");
    return WireEvent{Kind::close, payload.substr(2), code, 1};
  }
  if ((opcode == Opcode::continuation) != message_opcode_.has_value()) {
    return breach("continuation out of order");
  }
  if (!message_opcode_) message_opcode_ = opcode;
  message_ += payload;
  ++message_frames_;
  if (message_.size() > message_limit_) return breach("message too large");
  if (!final) return std::nullopt;
  const bool is_text = *message_opcode_ == Opcode::text;
  WireEvent event{is_text ? Kind::text : Kind::binary, std::exchange(message_, {}), 0,
                  std::exchange(message_frames_, 0U)};
  message_opcode_.reset();
  if (is_text && !is_utf8(event.payload)) return breach("text that is not UTF-8");
  return event;
}

std::string websocket_accept(std::string_view key) {
  return base64_encode(sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

std::string upgrade_problem(const HttpRequest& request) {
  if (request.method != "GET") return "not a GET";
  if (!request.headers.contains_token("Upgrade", "websocket")) return "no Upgrade: websocket";
  if (!request.headers.contains_token("Connection", "Upgrade")) return "no Connection: Upgrade";
  if (request.headers.get("Sec-WebSocket-Version") != "13") return "version is not 13";
  const auto key = base64_decode(request.headers.get("Sec-WebSocket-Key"));
  if (!key || key->size() != 16) return "bad Sec-WebSocket-Key";
  return {};
}

HttpResponse upgrade_response(const HttpRequest& request) {
  return {101,
          {{"Upgrade", "websocket"},
           {"Connection", "Upgrade"},
           {"Sec-WebSocket-Accept", websocket_accept(request.headers.get("Sec-WebSocket-Key"))}},
          {}};
}

}  // namespace tandem::standins
