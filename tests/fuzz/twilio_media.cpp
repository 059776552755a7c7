#include "bridge/twilio/media_stream.hpp"

#include "tests/fuzz/support/same.hpp"

// One Media Streams connection, message by message: the scanner and the whole parse agree.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  twilio::MediaStreamCodec codec;
  twilio::MediaStreamCodec reference;
  for (const auto& message : fuzz::parts_of({data, size})) {
    const auto text = fuzz::text_of(message);
    const auto decoded = codec.decode(text);
    fuzz::must(fuzz::same(decoded, reference.decode_by_document(text)), "both ways agree");
    fuzz::must(decoded.ok() || decoded.error().offset <= text.size(), "the offset is in the text");
  }
  return 0;
}
