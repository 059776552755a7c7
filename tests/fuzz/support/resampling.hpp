// One utterance, made from an input, through the resampler in pieces of any size.
#pragma once

#include <algorithm>
#include <cstring>

#include "codec/audio.hpp"
#include "codec/resampler.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

using Samples = std::vector<std::int16_t>;

/// A common rate, or any 18 bits.
inline int rate_of(Reader& in) {
  static constexpr std::array<int, 8> common = {8000,   8000,   16'000, 24'000,
                                                48'000, 44'100, 22'050, 192'000};
  const auto choice = in.number(1);
  return choice < 250 ? common[choice % common.size()] : static_cast<int>(in.number(3) & 0x3FFFF);
}

class Utterance {
 public:
  explicit Utterance(Reader& in)
      : input_rate_(rate_of(in)), output_rate_(rate_of(in)), length_(in.number(2) % 2'000) {
    // 4 to 192 kHz is 48 samples for one; a short utterance is long enough for it.
    if (output_rate_ > 4 * input_rate_) length_ %= 200;
    const Bytes cuts = in.take(8);
    cuts_.assign(cuts.begin(), cuts.end());
    Bytes wave = in.rest().first(in.rest().size() / 2 * 2);
    if (wave.empty()) return;
    samples_.resize(length_);
    for (std::size_t i = 0; i < length_; ++i)
      std::memcpy(&samples_[i], &wave[2 * i % wave.size()], 2);
  }

  [[nodiscard]] bool rates_are_allowed() const {
    const auto [low, high] = std::minmax(input_rate_, output_rate_);
    return low >= codec::sample_rate_min_hz && high <= codec::sample_rate_max_hz;
  }
  [[nodiscard]] std::optional<codec::Resampler> resampler(codec::Kernel kernel) const {
    return codec::Resampler::create(input_rate_, output_rate_, kernel);
  }

  [[nodiscard]] Samples whole(codec::Resampler& resampler) const {
    Samples out;
    resampler.push(samples_, out);
    resampler.flush(out);
    return out;
  }
  /// Pieces as long as the input says, one after the other and over again.
  [[nodiscard]] Samples in_pieces(codec::Resampler& resampler) const {
    Samples out;
    std::span<const std::int16_t> rest(samples_);
    for (std::size_t i = 0; !rest.empty(); ++i) {
      const std::size_t piece = cuts_.empty() ? 7 : 1 + 4 * std::size_t{cuts_[i % cuts_.size()]};
      resampler.push(rest.first(std::min(piece, rest.size())), out);
      rest = rest.subspan(std::min(piece, rest.size()));
    }
    resampler.flush(out);
    return out;
  }

  /// Rounded up by our filter, to the nearest by libsoxr: either way within one sample.
  [[nodiscard]] bool has_length(const Samples& out) const {
    const std::size_t exact = samples_.size() * static_cast<std::size_t>(output_rate_);
    const auto input_rate = static_cast<std::size_t>(input_rate_);
    const std::size_t scaled = out.size() * input_rate;
    return scaled < exact + input_rate && exact < scaled + input_rate;
  }

 private:
  int input_rate_;
  int output_rate_;
  std::size_t length_;
  std::vector<std::uint8_t> cuts_;
  Samples samples_;
};

}  // namespace tandem::fuzz
