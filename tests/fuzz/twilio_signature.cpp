#include "bridge/twilio/signature.hpp"

#include "tests/fuzz/support/signed_webhook.hpp"

// Who has the token gets in, who has not stays out, whatever the request looks like.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  const std::array tokens{core::Secret(""), core::Secret("TOKEN-OF-THE-FUZZER")};
  fuzz::AnyWebhook any({data, size});
  const auto& forged = any.webhook.signature;
  fuzz::must(!twilio::verify_webhook(tokens, any.webhook), "a made-up signature is refused");
  fuzz::must(!twilio::verify_upgrade(tokens, any.stream_url, forged), "on an upgrade too");
  std::string right = any.right_signature(tokens[1]);
  any.webhook.signature = right;
  const auto check = twilio::verify_webhook(tokens, any.webhook);
  fuzz::must(check || any.body_is_refused(check), "the right signature is accepted");
  right[0] = right[0] == 'A' ? 'B' : 'A';
  fuzz::must(!twilio::verify_webhook(tokens, any.webhook), "no other signature is");
  return 0;
}
