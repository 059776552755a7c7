#include "codec/g711.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

#include "tests/unit/catch.hpp"
#include "tests/unit/codec/kernels.hpp"

using namespace tandem::codec;
using tandem::codec::test::kernels;

namespace {

// The definition as ITU-T G.711 tabulates it (table 2a, 14-bit units): decision values x0..x128
// that begin 0, 1, 3, 5 and double their distance every 16 steps; quantisation values halfway
// between two neighbours.
std::array<int, 129> decision_values() {
  std::array<int, 129> x{};
  x[1] = 1;
  for (std::size_t n = 1; n < 128; ++n) x[n + 1] = x[n] + (2 << (n / 16));
  return x;
}

std::uint8_t encode_by_definition(int sample) {
  static const auto x = decision_values();
  const int loud = std::abs(sample);
  int n = 0;
  while (n < 127 && 4 * x[static_cast<std::size_t>(n) + 1] <= loud) ++n;
  return static_cast<std::uint8_t>((sample < 0 ? 0x7F : 0xFF) - n);
}

int decode_by_definition(int byte) {
  static const auto x = decision_values();
  const auto n = static_cast<std::size_t>(0x7F - (byte & 0x7F));
  const int loud = n == 0 ? 0 : 4 * (x[n] + x[n + 1]) / 2;
  return byte < 0x80 ? -loud : loud;
}

std::vector<std::int16_t> every_sample() {
  std::vector<std::int16_t> samples;
  for (int value = -32768; value <= 32767; ++value) {
    samples.push_back(static_cast<std::int16_t>(value));
  }
  return samples;
}

}  // namespace

TEST_CASE("the decision values end at the clip level of G.711") {
  CHECK(decision_values()[16] == 31);
  CHECK(decision_values()[128] == 8159);
}

TEST_CASE("mu-law encoding equals the definition for all 65536 samples, on every kernel") {
  const auto samples = every_sample();
  for (const Kernel kernel : kernels()) {
    std::vector<std::uint8_t> bytes(samples.size());
    ulaw_encode(samples, bytes, kernel);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      wrong += bytes[i] != encode_by_definition(samples[i]);
      wrong += bytes[i] != ulaw_encode(samples[i]);
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("mu-law decoding equals the definition for all 256 bytes") {
  for (int byte = 0; byte < 256; ++byte) {
    const std::array<std::uint8_t, 1> in{static_cast<std::uint8_t>(byte)};
    std::array<std::int16_t, 1> out{};
    ulaw_decode(in, out);
    CHECK(out[0] == decode_by_definition(byte));
    CHECK(ulaw_decode(in[0]) == decode_by_definition(byte));
  }
}

TEST_CASE("mu-law agrees with the vectors of the Twilio reference") {
  constexpr std::array<std::pair<int, int>, 15> encoded = {{{-32768, 0},
                                                            {-32124, 0},
                                                            {-16000, 16},
                                                            {-8000, 32},
                                                            {-1000, 78},
                                                            {-100, 114},
                                                            {-1, 127},
                                                            {0, 255},
                                                            {1, 255},
                                                            {100, 242},
                                                            {1000, 206},
                                                            {8000, 160},
                                                            {16000, 144},
                                                            {32124, 128},
                                                            {32767, 128}}};
  for (const auto& [sample, byte] : encoded) {
    CHECK(ulaw_encode(static_cast<std::int16_t>(sample)) == byte);
  }
  constexpr std::array<std::pair<int, int>, 13> decoded = {{{0, -32124},
                                                            {15, -16764},
                                                            {16, -15996},
                                                            {64, -1884},
                                                            {112, -120},
                                                            {126, -8},
                                                            {127, 0},
                                                            {128, 32124},
                                                            {143, 16764},
                                                            {192, 1884},
                                                            {240, 120},
                                                            {254, 8},
                                                            {255, 0}}};
  for (const auto& [byte, sample] : decoded) {
    CHECK(ulaw_decode(static_cast<std::uint8_t>(byte)) == sample);
  }
}

TEST_CASE("decoding and encoding again gives the same byte, negative zero becomes zero") {
  for (int byte = 0; byte < 256; ++byte) {
    const auto again = ulaw_encode(ulaw_decode(static_cast<std::uint8_t>(byte)));
    CHECK(again == (byte == 0x7F ? 0xFF : byte));
  }
}

TEST_CASE("mu-law of any length fills exactly that many bytes") {
  const auto samples = every_sample();
  for (const Kernel kernel : kernels()) {
    for (std::size_t count = 0; count < 200; ++count) {
      std::vector<std::uint8_t> bytes(count + 4, 0xA5);
      ulaw_encode(std::span(samples).subspan(30'000, count), bytes, kernel);
      REQUIRE(std::ranges::count(std::span(bytes).last(4), 0xA5) == 4);
      std::vector<std::int16_t> back(count + 4, 12345);
      ulaw_decode(std::span(bytes).first(count), back);
      REQUIRE(std::ranges::count(std::span(back).last(4), 12345) == 4);
      for (std::size_t i = 0; i < count; ++i) {
        REQUIRE(back[i] == decode_by_definition(encode_by_definition(samples[30'000 + i])));
      }
    }
  }
}

static_assert(ulaw_encode(std::int16_t{0}) == 0xFF);
static_assert(ulaw_decode(std::uint8_t{0x80}) == 32124);
