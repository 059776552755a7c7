#include "bridge/twilio/webhook.hpp"
#include "tests/fuzz/support/forms.hpp"
#include "tests/fuzz/support/input.hpp"

// One body, read as every form that the carrier posts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const auto text = fuzz::text_of({data, size});
  fuzz::must(fuzz::form_survives(text), "a form says the same when written again");
  const auto voice = twilio::parse_voice_webhook(text);
  const auto status = twilio::parse_status_callback(text);
  const auto machine = twilio::parse_amd_callback(text);
  const auto stream = twilio::parse_stream_status(text);
  fuzz::must(!status || status->duration_s.value_or(0) >= 0, "no call lasts less than nothing");
  fuzz::must(!machine || machine->detection_ms.value_or(0) >= 0, "nor does its detection");
  fuzz::must(!voice || !voice->call_id.empty(), "a webhook names its call");
  fuzz::must(!stream || !stream->call_id.empty(), "so does a stream status");
  return 0;
}
