#include "tests/bench/wire/frames.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <strings.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace tandem::bench {

namespace {

constexpr std::size_t payload_bytes_max = 64 * 1024 * 1024;
constexpr std::array<char, 4> client_mask = {0x21, 0x52, 0x0d, 0x77};

std::uint64_t big_endian(std::span<const char> bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

void append_header(std::string& out, Opcode opcode, std::size_t size, unsigned mask_bit) {
  out += static_cast<char>(0x80 | static_cast<unsigned>(opcode));
  if (size < 126) {
    out += static_cast<char>(mask_bit | size);
  } else if (size <= 0xFFFF) {
    out += static_cast<char>(mask_bit | 126);
    append_big_endian(out, size, 2);
  } else {
    out += static_cast<char>(mask_bit | 127);
    append_big_endian(out, size, 8);
  }
}

/// Eight bytes at a time: the compiler does not find that by itself at -O2.
void apply_mask(std::span<char> bytes, std::array<char, 4> mask) {
  std::uint32_t half = 0;
  std::memcpy(&half, mask.data(), sizeof(half));
  const std::uint64_t whole = std::uint64_t{half} << 32 | half;
  std::size_t i = 0;
  for (; i + sizeof(whole) <= bytes.size(); i += sizeof(whole)) {
    std::uint64_t word = 0;
    std::memcpy(&word, &bytes[i], sizeof(word));
    word ^= whole;
    std::memcpy(&bytes[i], &word, sizeof(word));
  }
  for (; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ mask[i % 4]);
}

void append_masked(std::string& out, std::string_view payload) {
  out.append(client_mask.data(), client_mask.size());
  const std::size_t begin = out.size();
  out += payload;
  apply_mask(std::span(out).subspan(begin), client_mask);
}

}  // namespace

std::optional<Frame> next_frame(std::span<char> bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  Frame frame;
  frame.opcode = static_cast<Opcode>(first & 0x0F);
  if ((first & 0xF0) != 0x80 || frame.opcode == Opcode::continuation) {
    throw std::runtime_error("a fragmented or extended WebSocket frame");
  }
  frame.has_mask = (second & 0x80) != 0;
  const std::size_t short_size = second & 0x7F;
  const std::size_t size_bytes = short_size == 126 ? 2 : short_size == 127 ? 8 : 0;
  const std::size_t head = 2 + size_bytes + (frame.has_mask ? 4 : 0);
  if (bytes.size() < head) return std::nullopt;
  const std::size_t size = size_bytes == 0 ? short_size : big_endian(bytes.subspan(2, size_bytes));
  if (size > payload_bytes_max) throw std::runtime_error("an oversize WebSocket frame");
  if (bytes.size() < head + size) return std::nullopt;
  if (frame.has_mask) {
    const auto mask = bytes.subspan(2 + size_bytes, 4);
    std::copy(mask.begin(), mask.end(), frame.mask.begin());
  }
  frame.payload = bytes.subspan(head, size);
  frame.size = head + size;
  return frame;
}

std::string_view unmask(const Frame& frame, std::size_t size) {
  size = std::min(size, frame.payload.size());
  if (frame.has_mask) apply_mask(frame.payload.first(size), frame.mask);
  return {frame.payload.data(), size};
}

void append_server_frame(std::string& out, std::string_view payload) {
  append_header(out, Opcode::text, payload.size(), 0);
  out += payload;
}

void append_client_frame(std::string& out, std::string_view payload) {
  append_header(out, Opcode::text, payload.size(), 0x80);
  append_masked(out, payload);
}

void append_close(std::string& out, bool is_client) {
  constexpr std::string_view normal("\x03\xe8", 2);  // 1000
  append_header(out, Opcode::close, normal.size(), is_client ? 0x80 : 0);
  is_client ? append_masked(out, normal) : void(out += normal);
}

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  auto* out = reinterpret_cast<unsigned char*>(text.data());
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(out, in, static_cast<int>(bytes.size()))));
  return text;
}

std::size_t base64_decoded_size(std::string_view text) noexcept {
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  return text.size() / 4 * 3 - padding;
}

std::string accept_key(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string header(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    const auto colon = line.find(':');
    if (colon == name.size() && strncasecmp(line.data(), name.data(), colon) == 0) {
      const auto value = line.find_first_not_of(' ', colon + 1);
      return value == std::string_view::npos ? "" : std::string(line.substr(value));
    }
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
  }
  return {};
}

}  // namespace tandem::bench
