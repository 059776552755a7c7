#include "codec/fir.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "tests/unit/catch.hpp"
#include "tests/unit/codec/kernels.hpp"
#include "tests/unit/codec/signal.hpp"

using namespace tandem::codec;
using namespace tandem::codec::detail;

namespace {

constexpr std::pair<int, int> conversions[] = {
    {48'000, 8000}, {24'000, 8000}, {16'000, 8000}, {8000, 16'000}};

test::Samples run(const Fir& fir, const test::Samples& window, std::size_t steps, Kernel kernel) {
  test::Samples out(steps * fir.phases);
  run_fir(fir, window.data(), steps, out.data(), kernel);
  return out;
}

// Drives every product of one phase to the same sign: no other signal makes the sums larger.
test::Samples loudest(const Fir& fir, std::size_t phase, bool negative) {
  test::Samples window(fir.padded, 0);
  for (std::size_t i = 0; i < fir.padded; ++i) {
    const bool up = (fir.coefficients[phase * fir.padded + i] > 0) != negative;
    window[i] = up ? std::int16_t{32767} : std::int16_t{-32768};
  }
  return window;
}

}  // namespace

TEST_CASE("the integer ratios have a filter, other rates do not") {
  for (const auto& [from, to] : conversions) CHECK(find_fir(from, to) != nullptr);
  CHECK(find_fir(44'100, 8000) == nullptr);
  CHECK(find_fir(8000, 8000) == nullptr);
  CHECK(find_fir(8000, 24'000) == nullptr);
  CHECK(find_fir(48'000, 16'000) == nullptr);
}

TEST_CASE("the filters are symmetric: no frequency is delayed more than another") {
  for (const auto& [from, to] : conversions) {
    const Fir& fir = *find_fir(from, to);
    for (std::size_t phase = 0; phase < fir.phases; ++phase) {
      const auto* taps = fir.coefficients.data() + phase * fir.padded;
      for (std::size_t i = 0; i < fir.taps; ++i) {
        const std::size_t mirror = fir.taps - 1 - i + phase;
        REQUIRE(taps[i] == (mirror < fir.taps ? taps[mirror] : 0));
      }
    }
  }
}

TEST_CASE("the filters share one length in time, and fit the window") {
  for (const auto& [from, to] : conversions) {
    const Fir& fir = *find_fir(from, to);
    CHECK(fir.taps <= fir_taps_max);
    CHECK(fir.padded % fir_padding == 0);
    CHECK(fir.lead * 8000 == 26 * static_cast<std::size_t>(from));
    CHECK(fir.taps == 2 * fir.lead + 1);
  }
}

TEST_CASE("the sums of the vector kernel hold the loudest signal there is") {
  if (!can_run(Kernel::avx2)) return;
  for (const auto& [from, to] : conversions) {
    const Fir& fir = *find_fir(from, to);
    for (std::size_t phase = 0; phase < fir.phases; ++phase) {
      for (const bool negative : {false, true}) {
        const auto window = loudest(fir, phase, negative);
        const auto expected = run(fir, window, 1, Kernel::portable);
        REQUIRE(expected[phase] == (negative ? -32768 : 32767));
        REQUIRE(run(fir, window, 1, Kernel::avx2) == expected);
      }
    }
    // Per lane of eight: full scale times the sum of its coefficients must stay below 2^31.
    for (std::size_t lane = 0; lane < 8 * fir.phases; ++lane) {
      std::int64_t sum = 0;
      for (std::size_t i = 2 * (lane % 8) + lane / 8 * fir.padded; i < (lane / 8 + 1) * fir.padded;
           i += fir_padding) {
        sum += std::abs(fir.coefficients[i]) + std::abs(fir.coefficients[i + 1]);
      }
      REQUIRE(sum < 65'536);
    }
  }
}

TEST_CASE("the kernels give the same samples for every count of steps") {
  for (const Kernel kernel : test::kernels()) {
    for (const auto& [from, to] : conversions) {
      const Fir& fir = *find_fir(from, to);
      for (std::size_t steps = 0; steps < 24; ++steps) {
        // Exactly as long as promised: ASan sees a read too far.
        const auto window = test::noise(steps * fir.advance + fir.padded, 11, 32'767);
        REQUIRE(run(fir, window, steps, kernel) == run(fir, window, steps, Kernel::portable));
      }
    }
  }
}

TEST_CASE("going down, a constant stays that constant") {
  for (const int from : {48'000, 24'000, 16'000}) {
    const Fir& fir = *find_fir(from, 8000);
    for (const int value : {-32'768, -1, 0, 1, 1000, 32'767}) {
      const test::Samples constant(fir.padded, static_cast<std::int16_t>(value));
      CHECK(run(fir, constant, 1, best_kernel())[0] == value);
    }
  }
}

TEST_CASE("sums are rounded to the nearest sample: a tone gains no constant") {
  for (const auto& [from, to] : conversions) {
    const Fir& fir = *find_fir(from, to);
    const std::size_t steps = static_cast<std::size_t>(to) / fir.phases;
    const auto tone = test::sine(1004, from, steps * fir.advance + fir.padded, -0.5);
    for (const Kernel kernel : test::kernels()) {
      const auto out = run(fir, tone, steps, kernel);
      const double mean = std::accumulate(out.begin(), out.end(), 0.0) / static_cast<double>(to);
      CHECK(std::abs(mean) < 0.1);
    }
  }
}
