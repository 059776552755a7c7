#include "tests/fuzz/support/same.hpp"
#include "tests/fuzz/support/voice_reference.hpp"

// EVI chats, message by message; the scanner for audio agrees with the general decoder.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  for (const auto& message : fuzz::parts_of({data, size}))
    fuzz::must(fuzz::scan_agrees(fuzz::text_of(message)), "scanner and general decoder agree");
  hume::EviProvider provider(fuzz::evi_settings());
  fuzz::talk(provider, {data, size});
  return 0;
}
