#include "codec/wav.hpp"

#include "codec/audio.hpp"
#include "tests/fuzz/support/input.hpp"

// Whatever the lengths in the file claim: nothing outside it is looked at, and every whole frame
// becomes one sample.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const codec::Wav wav = codec::parse_wav({data, size});
  std::vector<std::int16_t> samples;
  codec::append_mono(wav, samples);
  if (!wav) return fuzz::must(samples.empty(), "an unreadable file gives nothing"), 0;
  fuzz::must(wav.data.data() >= data && wav.data.data() + wav.data.size() <= data + size,
             "the samples lie in the file");
  fuzz::must(wav.channels == 1 || wav.channels == 2, "mono or stereo");
  fuzz::must(wav.sample_rate_hz >= codec::sample_rate_min_hz, "a rate that we can convert");
  fuzz::must(samples.size() == wav.data.size() / (2 * static_cast<std::size_t>(wav.channels)),
             "one sample per whole frame");
  return 0;
}
