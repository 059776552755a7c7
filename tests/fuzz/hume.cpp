#include "tests/fuzz/support/same.hpp"
#include "tests/fuzz/support/voice_reference.hpp"

// One EVI chat, message by message; the scanner for audio agrees with the general decoder.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  hume::EviProvider provider(fuzz::evi_settings());
  provider.open(true);
  for (const auto& message : fuzz::parts_of({data, size})) {
    const auto text = fuzz::text_of(message);
    fuzz::must(fuzz::scan_agrees(text), "the scanner and the general decoder agree");
    std::vector<call::VoiceEvent> events;
    const auto decoded = provider.decode(text, events);
    fuzz::must(decoded.ok() || events.empty(), "a message that cannot be read means nothing");
    fuzz::check_all(events);
    fuzz::answer_tools(provider, events);
  }
  return 0;
}
