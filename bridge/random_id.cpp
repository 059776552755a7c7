#include "bridge/random_id.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace tandem {

namespace {

using Bits = std::array<unsigned char, 16>;

Bits random_bits() {
  Bits bits{};
  if (RAND_bytes(bits.data(), static_cast<int>(bits.size())) != 1) {
    throw std::runtime_error("no randomness");
  }
  return bits;
}

std::string hex_of(const Bits& bits) { return fmt::format("{:02x}", fmt::join(bits, "")); }

}  // namespace

std::string random_hex_128() { return hex_of(random_bits()); }

core::CallId random_call_id() {
  Bits bits = random_bits();
  bits[6] = static_cast<unsigned char>((bits[6] & 0x0f) | 0x40);
  bits[8] = static_cast<unsigned char>((bits[8] & 0x3f) | 0x80);
  std::string text = hex_of(bits);
  for (const std::size_t position : {8U, 13U, 18U, 23U}) text.insert(position, 1, '-');
  return core::CallId(std::move(text));
}

}  // namespace tandem
