#include "codec/base64.hpp"

#include <array>

#include "codec/base64_avx2.hpp"

namespace tandem::codec {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t not_in_alphabet = 0xFF;

constexpr auto values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(not_in_alphabet);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}();

constexpr std::uint32_t value_of(char character) noexcept {
  return values[static_cast<std::uint8_t>(character)];
}

Base64Decoded failure(Base64Error error, std::size_t offset) noexcept {
  return {.error = error, .size = 0, .offset = offset};
}

std::size_t padding_of(std::string_view text) noexcept {
  if (text.empty() || text.back() != '=') return 0;
  return text[text.size() - 2] == '=' ? 2 : 1;
}

Base64Decoded first_bad_character(std::string_view text, std::size_t from) noexcept {
  while (value_of(text[from]) != not_in_alphabet) ++from;
  return failure(Base64Error::character, from);
}

// The group that carries the padding: two or three characters for one or two bytes.
Base64Decoded decode_last(std::string_view text, std::size_t at, std::size_t padding,
                          std::uint8_t* out) noexcept {
  std::uint32_t bits = 0;
  const std::size_t end = text.size() - padding;
  for (std::size_t i = at; i < end; ++i) {
    if (value_of(text[i]) == not_in_alphabet) return failure(Base64Error::character, i);
    bits = bits << 6 | value_of(text[i]);
  }
  bits <<= 6 * padding;
  if ((bits & ((1U << (8 * padding)) - 1U)) != 0)
    return failure(Base64Error::trailing_bits, end - 1);
  out[0] = static_cast<std::uint8_t>(bits >> 16);
  if (padding == 1) out[1] = static_cast<std::uint8_t>(bits >> 8);
  return {.error = Base64Error::none, .size = 3 - padding, .offset = 0};
}

void encode_group(std::uint32_t bits, char* out) noexcept {
  for (int i = 0; i < 4; ++i) out[i] = alphabet[bits >> (18 - 6 * i) & 63U];
}

}  // namespace

Base64Decoded base64_decode(std::string_view text, std::span<std::uint8_t> out,
                            Kernel kernel) noexcept {
  if (text.size() % 4 != 0) return failure(Base64Error::length, text.size());
  const std::size_t padding = padding_of(text);
  const std::size_t size = decoded_size_max(text.size()) - padding;
  if (out.size() < size) return failure(Base64Error::no_room, 0);
  std::size_t at = 0;
  if (kernel == Kernel::avx2) {
    at = detail::base64_decode_avx2(text.data(), text.size(), out.data(), out.size());
  }
  const std::size_t whole = padding == 0 ? text.size() : text.size() - 4;
  std::uint8_t* to = out.data() + at / 4 * 3;
  for (; at < whole; at += 4, to += 3) {
    const std::uint32_t a = value_of(text[at]);
    const std::uint32_t b = value_of(text[at + 1]);
    const std::uint32_t c = value_of(text[at + 2]);
    const std::uint32_t d = value_of(text[at + 3]);
    if ((a | b | c | d) > 63) return first_bad_character(text, at);
    const std::uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    to[0] = static_cast<std::uint8_t>(bits >> 16);
    to[1] = static_cast<std::uint8_t>(bits >> 8);
    to[2] = static_cast<std::uint8_t>(bits);
  }
  if (padding != 0) {
    if (const auto last = decode_last(text, whole, padding, to); !last) return last;
  }
  return {.error = Base64Error::none, .size = size, .offset = 0};
}

void base64_encode(std::span<const std::uint8_t> bytes, std::string& out, Kernel kernel) {
  const std::size_t before = out.size();
  out.resize(before + encoded_size(bytes.size()));
  char* to = out.data() + before;
  std::size_t at = 0;
  if (kernel == Kernel::avx2) {
    at = detail::base64_encode_avx2(bytes.data(), bytes.size(), to);
    to += at / 3 * 4;
  }
  for (; bytes.size() - at >= 3; at += 3, to += 4) {
    encode_group(std::uint32_t{bytes[at]} << 16 | std::uint32_t{bytes[at + 1]} << 8 | bytes[at + 2],
                 to);
  }
  const std::size_t rest = bytes.size() - at;
  if (rest == 0) return;
  const std::uint32_t second = rest == 2 ? bytes[at + 1] : 0U;
  encode_group(std::uint32_t{bytes[at]} << 16 | second << 8, to);
  to[3] = '=';
  if (rest == 1) to[2] = '=';
}

}  // namespace tandem::codec
