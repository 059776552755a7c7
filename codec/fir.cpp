#include "codec/fir.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "codec/audio.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tandem::codec::detail {
namespace {

constexpr double cutoff_hz = 3682.5;
constexpr double kaiser_beta = 6.45;
constexpr int centre_phone_samples = 26;

double prototype(int offset, int centre, int rate_hz) {
  const double x = 2.0 * cutoff_hz / rate_hz;
  const double angle = std::numbers::pi * x * offset;
  const double sinc = offset == 0 ? x : x * std::sin(angle) / angle;
  const double place = static_cast<double>(offset) / centre;
  const double window = std::cyl_bessel_i(0.0, kaiser_beta * std::sqrt(1.0 - place * place)) /
                        std::cyl_bessel_i(0.0, kaiser_beta);
  return sinc * window;
}

// The prototype at `rate_hz`, scaled so that all coefficients add up to `gain` * 2^shift.
std::vector<std::int16_t> sample_prototype(int rate_hz, int gain, int shift) {
  const int centre = centre_phone_samples * rate_hz / phone_rate_hz;
  std::vector<double> exact;
  for (int offset = -centre; offset <= centre; ++offset) {
    exact.push_back(prototype(offset, centre, rate_hz));
  }
  const double scale = std::ldexp(gain, shift) / std::accumulate(exact.begin(), exact.end(), 0.0);
  std::vector<std::int16_t> rounded;
  for (const double value : exact) {
    rounded.push_back(static_cast<std::int16_t>(std::lround(value * scale)));
  }
  return rounded;
}

// Down: the prototype as it is. Its sum is made exact at the centre tap, so that a constant stays
// that constant.
Fir make_down(int input_rate_hz, int shift) {
  Fir fir;
  fir.coefficients = sample_prototype(input_rate_hz, 1, shift);
  fir.taps = fir.coefficients.size();
  fir.advance = static_cast<std::size_t>(input_rate_hz / phone_rate_hz);
  fir.lead = fir.taps / 2;
  fir.shift = shift;
  const int sum = std::accumulate(fir.coefficients.begin(), fir.coefficients.end(), 0);
  auto& middle = fir.coefficients[fir.lead];
  middle = static_cast<std::int16_t>(middle + (1 << shift) - sum);
  fir.padded = (fir.taps + fir_padding - 1) / fir_padding * fir_padding;
  fir.coefficients.resize(fir.padded);
  return fir;
}

// Up by two: the even coefficients make the outputs that coincide with an input, the odd ones those
// between. Both look at the same inputs; the odd phase has one tap less, hence the zero in front.
Fir make_up(int output_rate_hz, int shift) {
  const std::vector<std::int16_t> whole = sample_prototype(output_rate_hz, 2, shift);
  Fir fir;
  fir.taps = whole.size() / 2 + 1;
  fir.phases = 2;
  fir.lead = fir.taps / 2;
  fir.shift = shift;
  fir.padded = (fir.taps + fir_padding - 1) / fir_padding * fir_padding;
  fir.coefficients.resize(2 * fir.padded);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    fir.coefficients[i % 2 == 0 ? i / 2 : fir.padded + i / 2 + 1] = whole[i];
  }
  return fir;
}

std::int16_t round_and_clip(std::int64_t sum, int shift) noexcept {
  const std::int64_t value = (sum + (std::int64_t{1} << (shift - 1))) >> shift;
  return static_cast<std::int16_t>(std::clamp<std::int64_t>(
      value, std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max()));
}

void run_portable(const Fir& fir, const std::int16_t* window, std::size_t steps,
                  std::int16_t* out) noexcept {
  for (std::size_t step = 0; step < steps; ++step, window += fir.advance) {
    for (std::size_t phase = 0; phase < fir.phases; ++phase) {
      const std::int16_t* taps = fir.coefficients.data() + phase * fir.padded;
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < fir.taps; ++i) sum += std::int32_t{window[i]} * taps[i];
      *out++ = round_and_clip(sum, fir.shift);
    }
  }
}

#if defined(__x86_64__)

[[gnu::target("avx2")]] inline __m256i load(const std::int16_t* from) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(static_cast<const void*>(from)));
}

// The eight 32-bit lanes may add up to more than 32 bits, hence 64.
[[gnu::target("avx2")]] inline std::int64_t sum_of_lanes(__m256i lanes) noexcept {
  const __m256i four = _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(lanes)),
                                        _mm256_cvtepi32_epi64(_mm256_extracti128_si256(lanes, 1)));
  const __m128i two =
      _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
  return _mm_cvtsi128_si64(two) + _mm_extract_epi64(two, 1);
}

// Four steps share each load of coefficients. A 32-bit lane adds every eighth pair of products and
// cannot overflow: the coefficients of one lane add up to less than 2^16 (fir_test proves it with
// the worst signal).
[[gnu::target("avx2")]] void four_steps(const Fir& fir, const std::int16_t* window,
                                        const std::int16_t* taps,
                                        std::int64_t (&sums)[4]) noexcept {
  __m256i sum[4] = {};
  for (std::size_t i = 0; i < fir.padded; i += fir_padding) {
    const __m256i coefficients = load(taps + i);
    for (std::size_t k = 0; k < 4; ++k) {
      const __m256i samples = load(window + k * fir.advance + i);
      sum[k] = _mm256_add_epi32(sum[k], _mm256_madd_epi16(samples, coefficients));
    }
  }
  for (std::size_t k = 0; k < 4; ++k) sums[k] = sum_of_lanes(sum[k]);
}

[[gnu::target("avx2")]] std::int64_t one_step(const Fir& fir, const std::int16_t* window,
                                              const std::int16_t* taps) noexcept {
  __m256i sum = {};
  for (std::size_t i = 0; i < fir.padded; i += fir_padding) {
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load(window + i), load(taps + i)));
  }
  return sum_of_lanes(sum);
}

[[gnu::target("avx2")]] void run_avx2(const Fir& fir, const std::int16_t* window, std::size_t steps,
                                      std::int16_t* out) noexcept {
  const std::int16_t* taps = fir.coefficients.data();
  std::size_t step = 0;
  for (; steps - step >= 4; step += 4, window += 4 * fir.advance, out += 4 * fir.phases) {
    for (std::size_t phase = 0; phase < fir.phases; ++phase) {
      std::int64_t sums[4];
      four_steps(fir, window, taps + phase * fir.padded, sums);
      for (std::size_t k = 0; k < 4; ++k) {
        out[k * fir.phases + phase] = round_and_clip(sums[k], fir.shift);
      }
    }
  }
  for (; step < steps; ++step, window += fir.advance) {
    for (std::size_t phase = 0; phase < fir.phases; ++phase) {
      *out++ = round_and_clip(one_step(fir, window, taps + phase * fir.padded), fir.shift);
    }
  }
}

#endif

}  // namespace

const Fir* find_fir(int input_rate_hz, int output_rate_hz) {
  // The shifts are the largest that keep the greatest coefficient below 2^15.
  static const Fir from_48k = make_down(48'000, 17);
  static const Fir from_24k = make_down(24'000, 16);
  static const Fir from_16k = make_down(16'000, 16);
  static const Fir to_16k = make_up(16'000, 15);
  if (input_rate_hz == phone_rate_hz) return output_rate_hz == 16'000 ? &to_16k : nullptr;
  if (output_rate_hz != phone_rate_hz) return nullptr;
  switch (input_rate_hz) {
    case 48'000:
      return &from_48k;
    case 24'000:
      return &from_24k;
    case 16'000:
      return &from_16k;
    default:
      return nullptr;
  }
}

void run_fir(const Fir& fir, const std::int16_t* window, std::size_t steps, std::int16_t* out,
             Kernel kernel) noexcept {
#if defined(__x86_64__)
  if (kernel == Kernel::avx2) return run_avx2(fir, window, steps, out);
#endif
  static_cast<void>(kernel);
  run_portable(fir, window, steps, out);
}

}  // namespace tandem::codec::detail
