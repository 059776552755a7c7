// The polyphase filters behind codec/resampler: private to it, separate so that tests can set one
// kernel against the other.
//
// One prototype, a Kaiser-windowed sinc 6.5 ms long (cut-off 3682.5 Hz, beta 6.45), is sampled at
// 48, 24 or 16 kHz. Found by search over cut-off, beta and length with the coefficients already
// rounded: worst of all four conversions -65 dB from 4.0 kHz, -75 dB from 4.6 kHz, 0.04 dB ripple
// in 300..3400 Hz. Its centre is 26 phone samples (3.25 ms) from either end, so output sample n
// lies at exactly n / rate seconds of the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/kernel.hpp"

namespace tandem::codec::detail {

/// One conversion. Each step looks at `taps` input samples, gives `phases` output samples (1 going
/// down, 2 going up) and moves on by `advance` input samples.
struct Fir {
  std::size_t taps = 0;    ///< per phase
  std::size_t padded = 0;  ///< taps rounded up to 16; the padding coefficients are zero
  std::size_t phases = 1;
  std::size_t advance = 1;
  std::size_t lead = 0;  ///< input samples before and after the one an output belongs to
  int shift = 0;         ///< coefficients are scaled by 2^shift
  std::vector<std::int16_t> coefficients;  ///< phases x padded
};

inline constexpr std::size_t fir_taps_max = 313;
inline constexpr std::size_t fir_padding = 16;

/// The filter for this pair of rates, made once and shared by all threads; null when soxr has to do
/// it.
const Fir* find_fir(int input_rate_hz, int output_rate_hz);

/// Runs `steps` steps. Reads `(steps - 1) * advance + padded` samples from `window` (the samples
/// behind the last tap are multiplied by zero, but must exist) and writes `steps * phases` samples.
/// Rounds half up, saturates.
void run_fir(const Fir& fir, const std::int16_t* window, std::size_t steps, std::int16_t* out,
             Kernel kernel) noexcept;

}  // namespace tandem::codec::detail
