#include "codec/base64.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "codec/base64_avx2.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/codec/kernels.hpp"

using namespace tandem::codec;
using tandem::codec::test::kernels;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  Bytes bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// The definition, bit by bit.
std::string encode_by_definition(const Bytes& bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bits;
  for (const auto byte : bytes) {
    for (int bit = 7; bit >= 0; --bit) bits += (byte >> bit & 1) != 0 ? '1' : '0';
  }
  while (bits.size() % 6 != 0) bits += '0';
  std::string text;
  for (std::size_t i = 0; i < bits.size(); i += 6) {
    text += alphabet[std::stoul(bits.substr(i, 6), nullptr, 2)];
  }
  while (text.size() % 4 != 0) text += '=';
  return text;
}

struct Outcome {
  Base64Decoded decoded;
  Bytes bytes;
};

// Text and result each in a heap block of exactly their size, so that ASan sees one byte too many.
Outcome decode_exact(std::string_view text, std::size_t room, Kernel kernel) {
  const auto in = std::make_unique<char[]>(text.size());
  std::ranges::copy(text, in.get());
  const auto out = std::make_unique<std::uint8_t[]>(room);
  Outcome outcome;
  outcome.decoded = base64_decode({in.get(), text.size()}, {out.get(), room}, kernel);
  outcome.bytes.assign(out.get(), out.get() + outcome.decoded.size);
  return outcome;
}

}  // namespace

TEST_CASE("base64 agrees with the vectors of RFC 4648") {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    const Bytes bytes(plain.begin(), plain.end());
    std::string encoded;
    base64_encode(bytes, encoded);
    CHECK(encoded == text);
    const auto outcome = decode_exact(text, plain.size(), best_kernel());
    CHECK(outcome.decoded);
    CHECK(outcome.bytes == bytes);
  }
}

TEST_CASE("base64 of every length equals the definition, on every kernel, both ways") {
  for (const Kernel kernel : kernels()) {
    for (std::size_t count = 0; count < 400; ++count) {
      const Bytes bytes = random_bytes(count, 7U + static_cast<unsigned>(count));
      std::string text = "kept:";
      base64_encode(bytes, text, kernel);
      REQUIRE(text == "kept:" + encode_by_definition(bytes));
      text.erase(0, 5);
      REQUIRE(text.size() == encoded_size(count));
      for (const std::size_t room : {count, decoded_size_max(text.size()), count + 64}) {
        const auto outcome = decode_exact(text, room, kernel);
        REQUIRE(outcome.decoded.error == Base64Error::none);
        REQUIRE(outcome.bytes == bytes);
      }
    }
  }
}

TEST_CASE("T23: every wrong byte at every place is refused with its offset, on every kernel") {
  const std::string good = encode_by_definition(random_bytes(72, 3));
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const Kernel kernel : kernels()) {
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = good;
        text[at] = static_cast<char>(byte);
        const auto outcome = decode_exact(text, 72, kernel);
        const bool fits = alphabet.find(text[at]) != std::string::npos;
        if (text[at] == '=' && at + 1 == text.size()) continue;  // padding: next test
        REQUIRE(outcome.decoded.error == (fits ? Base64Error::none : Base64Error::character));
        REQUIRE(outcome.decoded.offset == (fits ? 0 : at));
      }
    }
  }
}

TEST_CASE("T23: base64 refuses bad padding, stray bits, whitespace and the URL alphabet") {
  struct Row {
    std::string text;
    Base64Error error;
    std::size_t offset;
  };
  const std::vector<Row> rows = {
      {"Z", Base64Error::length, 1},
      {"Zg", Base64Error::length, 2},
      {"Zg=", Base64Error::length, 3},
      {"Zm9vY", Base64Error::length, 5},
      {"Zg==\n", Base64Error::length, 5},
      {"=", Base64Error::length, 1},
      {"====", Base64Error::character, 0},
      {"Z===", Base64Error::character, 1},
      {"=Zg=", Base64Error::character, 0},
      {"Z=g=", Base64Error::character, 1},
      {"Zg=g", Base64Error::character, 2},
      {"Zg==Zg==", Base64Error::character, 2},
      {"Zm8=Zm8=", Base64Error::character, 3},
      {"Zm9vZ===", Base64Error::character, 5},
      {"Zm 9", Base64Error::character, 2},
      {"Zm9v\r\nYg", Base64Error::character, 4},
      {"Zm-_", Base64Error::character, 2},
      {"Zm9\xC3", Base64Error::character, 3},
      {std::string("Zm\0v", 4), Base64Error::character, 2},
      {"Zh==", Base64Error::trailing_bits, 1},
      {"Zn==", Base64Error::trailing_bits, 1},
      {"Zm9=", Base64Error::trailing_bits, 2},
      {"Zm9vYmF=", Base64Error::trailing_bits, 6},
  };
  for (const auto& row : rows) {
    for (const Kernel kernel : kernels()) {
      CAPTURE(row.text);
      const auto outcome = decode_exact(row.text, 64, kernel);
      CHECK(outcome.decoded.error == row.error);
      CHECK(outcome.decoded.offset == row.offset);
      CHECK(outcome.decoded.size == 0);
    }
  }
}

TEST_CASE("what base64 accepts re-encodes to itself") {
  // All 64^2 ends of a one-byte group: only the four with zero bits may pass.
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::size_t accepted = 0;
  for (const char first : alphabet) {
    for (const char second : alphabet) {
      const std::string text{first, second, '=', '='};
      const auto outcome = decode_exact(text, 1, best_kernel());
      if (!outcome.decoded) continue;
      ++accepted;
      CHECK(encode_by_definition(outcome.bytes) == text);
    }
  }
  CHECK(accepted == 256);
}

TEST_CASE("base64 writes nothing when the span is too small") {
  const Bytes bytes = random_bytes(160, 1);
  std::string text;
  base64_encode(bytes, text);
  for (const Kernel kernel : kernels()) {
    for (std::size_t room = 0; room < bytes.size(); ++room) {
      const auto outcome = decode_exact(text, room, kernel);
      REQUIRE(outcome.decoded.error == Base64Error::no_room);
    }
  }
}

TEST_CASE(
    "the vector kernel takes every character of the alphabet itself and stops at no other place") {
  if (!can_run(Kernel::avx2)) return;
  const std::string text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t turn = 0; turn < text.size(); ++turn) {
    const std::string turned = text.substr(turn) + text.substr(0, turn);
    Bytes out(80);
    REQUIRE(detail::base64_decode_avx2(turned.data(), turned.size(), out.data(), 80) == 64);
    REQUIRE(detail::base64_decode_avx2(turned.data(), turned.size(), out.data(), 55) == 32);
    REQUIRE(detail::base64_decode_avx2(turned.data(), turned.size(), out.data(), 31) == 0);
  }
}
