#include "codec/resampler.hpp"

#include <soxr.h>

#include <algorithm>

#include "codec/audio.hpp"

namespace tandem::codec {
namespace {

using detail::fir_padding;
using detail::fir_taps_max;

// Input is worked off in pieces through a buffer on the stack: 40 ms at 48 kHz.
constexpr std::size_t piece_samples = 1920;

// The most that soxr was ever seen to hold back with the recipe below, over 28 pairs of rates from
// 4 to 192 kHz: 637 samples of the slower rate (192 -> 8 kHz). resampler_soxr_test measures it
// again.
constexpr std::size_t soxr_held_max = 656;

bool in_range(int rate_hz) noexcept {
  return rate_hz >= sample_rate_min_hz && rate_hz <= sample_rate_max_hz;
}

// Enough for whatever soxr may give for `input` more samples: a block that was held back comes all
// at once.
std::size_t soxr_room(std::size_t input, int input_rate_hz, int output_rate_hz) noexcept {
  return input * static_cast<std::size_t>(output_rate_hz) /
             static_cast<std::size_t>(input_rate_hz) +
         static_cast<std::size_t>(output_rate_hz) / 8;
}

}  // namespace

void Resampler::SoxrDeleter::operator()(soxr* stream) const noexcept { soxr_delete(stream); }

Resampler::Resampler(int input_rate_hz, int output_rate_hz, Kernel kernel) noexcept
    : input_rate_hz_(input_rate_hz),
      output_rate_hz_(output_rate_hz),
      kernel_(kernel),
      fir_(detail::find_fir(input_rate_hz, output_rate_hz)) {}

std::optional<Resampler> Resampler::create(int input_rate_hz, int output_rate_hz, Kernel kernel) {
  if (!in_range(input_rate_hz) || !in_range(output_rate_hz)) return std::nullopt;
  Resampler made(input_rate_hz, output_rate_hz, kernel);
  if (made.fir_ == nullptr && input_rate_hz != output_rate_hz && !made.open_soxr())
    return std::nullopt;
  made.reset();
  return made;
}

// The quickest recipe of libsoxr 0.1.3 that still rejects 100 dB: its stock qualities hold back 40
// to 157 ms because of their block size, not of their filter. Without dither, so that equal input
// gives equal output.
bool Resampler::open_soxr() {
  soxr_quality_spec_t quality = soxr_quality_spec(SOXR_LQ, 0);
  quality.passband_end = 0.85;
  quality.stopband_begin = 1.0;
  soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
  runtime.log2_min_dft_size = 8;
  soxr_io_spec_t format = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
  format.flags |= SOXR_NO_DITHER;
  soxr_error_t error = nullptr;
  soxr_.reset(soxr_create(input_rate_hz_, output_rate_hz_, 1, &error, &format, &quality, &runtime));
  return soxr_ != nullptr && error == nullptr;
}

void Resampler::push(std::span<const std::int16_t> input, std::vector<std::int16_t>& out) {
  if (input.empty()) return;
  fresh_ = false;
  if (fir_ != nullptr) return push_fir(input, out);
  if (soxr_ != nullptr) return push_soxr(input, out);
  out.insert(out.end(), input.begin(), input.end());
}

void Resampler::push_fir(std::span<const std::int16_t> input, std::vector<std::int16_t>& out) {
  std::array<std::int16_t, fir_taps_max + piece_samples + fir_padding> line;
  while (!input.empty()) {
    const auto piece = input.first(std::min(input.size(), piece_samples));
    input = input.subspan(piece.size());
    std::copy_n(window_.begin(), held_, line.begin());
    std::ranges::copy(piece, line.begin() + static_cast<std::ptrdiff_t>(held_));
    held_ += piece.size();
    // The kernels multiply what lies behind the last tap by zero; it must be defined, not more.
    std::fill_n(line.begin() + static_cast<std::ptrdiff_t>(held_), fir_padding, std::int16_t{0});
    std::size_t used = 0;
    if (held_ >= fir_->taps) {
      const std::size_t steps = (held_ - fir_->taps) / fir_->advance + 1;
      const std::size_t before = out.size();
      out.resize(before + steps * fir_->phases);
      detail::run_fir(*fir_, line.data(), steps, out.data() + before, kernel_);
      used = steps * fir_->advance;
    }
    held_ -= used;
    std::copy_n(line.begin() + static_cast<std::ptrdiff_t>(used), held_, window_.begin());
  }
}

void Resampler::push_soxr(std::span<const std::int16_t> input, std::vector<std::int16_t>& out) {
  while (!input.empty()) {
    const std::size_t before = out.size();
    out.resize(before + soxr_room(input.size(), input_rate_hz_, output_rate_hz_));
    std::size_t taken = 0;
    std::size_t given = 0;
    const soxr_error_t error = soxr_process(soxr_.get(), input.data(), input.size(), &taken,
                                            out.data() + before, out.size() - before, &given);
    out.resize(before + given);
    // Only out of memory ends here: the rest of the piece is lost, the stream itself stays usable.
    if (error != nullptr || (taken == 0 && given == 0)) return;
    input = input.subspan(taken);
  }
}

void Resampler::flush(std::vector<std::int16_t>& out) {
  if (fresh_) return;
  if (fir_ != nullptr) {
    // As many zeros as the filter looks ahead: the last output is the last one that belongs to an
    // input.
    static constexpr std::array<std::int16_t, fir_taps_max> zeros{};
    push_fir(std::span(zeros).first(fir_->lead), out);
  }
  if (soxr_ != nullptr) flush_soxr(out);
  reset();
}

void Resampler::flush_soxr(std::vector<std::int16_t>& out) {
  for (std::size_t given = 1; given != 0;) {
    const std::size_t before = out.size();
    out.resize(before + soxr_room(0, input_rate_hz_, output_rate_hz_));
    const soxr_error_t error = soxr_process(soxr_.get(), nullptr, 0, nullptr, out.data() + before,
                                            out.size() - before, &given);
    if (error != nullptr) given = 0;
    out.resize(before + given);
  }
}

void Resampler::reset() {
  if (soxr_ != nullptr && !fresh_) soxr_clear(soxr_.get());
  fresh_ = true;
  if (fir_ == nullptr) return;
  // Silence before the first sample: its half of the filter.
  held_ = fir_->lead;
  std::fill_n(window_.begin(), held_, std::int16_t{0});
}

std::chrono::nanoseconds Resampler::delay() const noexcept {
  if (fir_ != nullptr) return duration_of(fir_->lead, input_rate_hz_);
  if (soxr_ == nullptr) return std::chrono::nanoseconds{0};
  return duration_of(soxr_held_max, std::min(input_rate_hz_, output_rate_hz_));
}

}  // namespace tandem::codec
