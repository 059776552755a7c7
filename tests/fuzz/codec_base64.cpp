#include "codec/base64.hpp"

#include "tests/fuzz/support/codec_reference.hpp"
#include "tests/unit/codec/kernels.hpp"

// Every kernel decodes as the plain reading does, with ample and with exact room, and encodes back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const auto text = fuzz::text_of({data, size});
  const auto plain = fuzz::plain_base64(text);
  const std::size_t room = codec::decoded_size_max(size);
  const std::size_t exact = plain.bytes.empty() ? room : plain.bytes.size();
  for (const auto kernel : codec::test::kernels()) {
    fuzz::must(fuzz::decodes_as(plain, text, room, kernel), "decoding agrees");
    fuzz::must(fuzz::decodes_as(plain, text, exact, kernel), "with exact room too");
    fuzz::must(fuzz::encodes_back({data, size}, kernel), "what is encoded decodes again");
  }
  return 0;
}
