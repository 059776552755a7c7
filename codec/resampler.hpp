// Changes the sample rate of one direction of one call: any rate to 8 kHz, and 8 kHz to 16 kHz.
//
//   48, 24, 16 -> 8 and 8 -> 16 kHz   our polyphase FIR (codec/fir.hpp): withholds 3.25 ms,
//   allocates nothing after
//                                     create(), about 2 us per 20 ms of speech, about 1 KB per
//                                     instance
//   n -> n                            copies; withholds nothing
//   any other pair                    libsoxr: withholds 41 ms from 44.1 and 22.05 kHz, up to 82 ms
//   from odd rates;
//                                     some 80 KB, and a fresh set of buffers per utterance (15 to
//                                     115 us)
//
// Time is kept: output sample n belongs to the moment n / output rate of the input. The filter's
// delay is not in the samples as leading silence; output comes out that much later and flush()
// gives what is held back. So an utterance of N input samples becomes exactly ceil(N * output /
// input) samples by FIR and floor(N * output / input + 1/2) by soxr, whatever the chunks; head and
// tail are whole. The samples do not depend on how the input is cut into chunks, nor on the machine
// (FIR: integer arithmetic).
//
// Not thread-safe; one instance per stream. Not a mixer, not a drift compensator.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "codec/fir.hpp"
#include "codec/kernel.hpp"

struct soxr;  // soxr.h stays in resampler.cpp

namespace tandem::codec {

class Resampler {
 public:
  /// Nothing when a rate is outside sample_rate_min_hz..sample_rate_max_hz or soxr is out of
  /// memory.
  static std::optional<Resampler> create(int input_rate_hz, int output_rate_hz,
                                         Kernel kernel = best_kernel());

  /// Takes the next samples of the utterance and appends what can be given so far to `out`. Any
  /// length, 0 too. Once `out` has its capacity, the FIR allocates nothing.
  void push(std::span<const std::int16_t> input, std::vector<std::int16_t>& out);

  /// Ends the utterance: appends what was held back, then stands as new. Nothing when nothing was
  /// pushed.
  void flush(std::vector<std::int16_t>& out);

  /// Forgets the utterance, held back samples included. For a cleared playout.
  void reset();

  /// How much audio is held back: an output sample for moment t comes with the input of moment t +
  /// delay(). Exact for the FIR; for soxr, which works in blocks, the most that it ever holds back.
  [[nodiscard]] std::chrono::nanoseconds delay() const noexcept;

  [[nodiscard]] int input_rate_hz() const noexcept { return input_rate_hz_; }
  [[nodiscard]] int output_rate_hz() const noexcept { return output_rate_hz_; }

 private:
  struct SoxrDeleter {
    void operator()(soxr* stream) const noexcept;
  };
  using SoxrStream = std::unique_ptr<soxr, SoxrDeleter>;

  Resampler(int input_rate_hz, int output_rate_hz, Kernel kernel) noexcept;
  [[nodiscard]] bool open_soxr();
  void push_fir(std::span<const std::int16_t> input, std::vector<std::int16_t>& out);
  void push_soxr(std::span<const std::int16_t> input, std::vector<std::int16_t>& out);
  void flush_soxr(std::vector<std::int16_t>& out);

  int input_rate_hz_;
  int output_rate_hz_;
  Kernel kernel_;
  bool fresh_ = true;       ///< nothing pushed since create(), flush() or reset()
  const detail::Fir* fir_;  ///< null: copy or soxr
  SoxrStream soxr_;         ///< null: copy or FIR
  std::size_t held_ = 0;    ///< samples in window_
  std::array<std::int16_t, detail::fir_taps_max> window_{};  ///< where the next step begins
};

}  // namespace tandem::codec
