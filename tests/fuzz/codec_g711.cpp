#include "codec/g711.hpp"

#include <cstring>

#include "tests/fuzz/support/codec_reference.hpp"
#include "tests/unit/codec/kernels.hpp"

// The bytes as mu-law and as samples: table, vector code and formula agree, on any length.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  std::vector<std::int16_t> samples(size);
  codec::ulaw_decode({data, size}, samples);
  for (std::size_t i = 0; i < size; ++i)
    fuzz::must(samples[i] == fuzz::plain_ulaw_decode(data[i]), "decoding agrees");
  if (size > 1) std::memcpy(samples.data(), data, size);
  std::vector<std::uint8_t> bytes(size);
  for (const auto kernel : codec::test::kernels()) {
    codec::ulaw_encode(samples, bytes, kernel);
    for (std::size_t i = 0; i < size; ++i)
      fuzz::must(bytes[i] == fuzz::plain_ulaw_encode(samples[i]), "encoding agrees");
  }
  return 0;
}
