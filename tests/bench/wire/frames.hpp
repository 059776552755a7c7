// WebSocket frames (RFC 6455, section 5) and the two encodings around them, by hand: what a load
// generator needs and no more. No fragmentation, no extensions; sizes below 64 MB.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tandem::bench {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

struct Frame {
  Opcode opcode = Opcode::text;
  std::span<char> payload;  ///< inside the bytes given to next_frame(); still masked when has_mask
  bool has_mask = false;
  std::array<char, 4> mask{};
  std::size_t size = 0;  ///< of header and payload
};

/// The frame at the head of `bytes`, or nothing when it is not complete yet. Throws
/// std::runtime_error on a frame that this benchmark never exchanges.
std::optional<Frame> next_frame(std::span<char> bytes);

/// The first `size` bytes of the payload in clear, in place. Call once per frame.
std::string_view unmask(const Frame& frame, std::size_t size = SIZE_MAX);

/// Appends a text frame. Clients mask (RFC 6455, 5.3), servers do not.
void append_server_frame(std::string& out, std::string_view payload);
void append_client_frame(std::string& out, std::string_view payload);
void append_close(std::string& out, bool is_client);

std::string base64(std::string_view bytes);
/// Bytes that a padded base64 text stands for.
std::size_t base64_decoded_size(std::string_view text) noexcept;
/// RFC 6455, 4.2.2: what the server answers to this Sec-WebSocket-Key.
std::string accept_key(std::string_view key);
/// Value of a header in an HTTP head; empty when absent. Names are compared without case.
std::string header(std::string_view head, std::string_view name);

}  // namespace tandem::bench
