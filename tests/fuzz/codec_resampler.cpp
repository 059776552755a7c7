#include "codec/resampler.hpp"

#include "tests/fuzz/support/resampling.hpp"
#include "tests/unit/codec/kernels.hpp"

// Any rates, any pieces: the samples are those of the whole utterance, and no time is lost.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  fuzz::Reader in({data, size});
  const fuzz::Utterance utterance(in);
  for (const auto kernel : codec::test::kernels()) {
    auto resampler = utterance.resampler(kernel);
    fuzz::must(resampler.has_value() == utterance.rates_are_allowed(), "only odd rates fail");
    if (!resampler) return 0;
    const auto whole = utterance.whole(*resampler);
    fuzz::must(utterance.has_length(whole), "time is kept");
    fuzz::must(utterance.in_pieces(*resampler) == whole, "pieces do not matter");
  }
  return 0;
}
