#include "openai/realtime_provider.hpp"
#include "tests/fuzz/support/voice_reference.hpp"

// OpenAI Realtime sessions, message by message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  auto settings = std::make_shared<openai::RealtimeSettings>();
  settings->base_url = {"https", "voice.example", "443", "/"};
  settings->offers_transfer = true;
  openai::RealtimeProvider provider(settings);
  fuzz::talk(provider, {data, size});
  return 0;
}
