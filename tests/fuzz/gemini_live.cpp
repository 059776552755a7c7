#include "gemini/live_provider.hpp"
#include "tests/fuzz/support/voice_reference.hpp"

// Gemini Live sessions, message by message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  auto settings = std::make_shared<gemini::LiveSettings>();
  settings->base_url = {"https", "voice.example", "443", "/"};
  settings->offers_transfer = true;
  gemini::LiveProvider provider(settings);
  fuzz::talk(provider, {data, size});
  return 0;
}
