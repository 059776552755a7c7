// A webhook made from an input, and the signature that its owner would give it.
#pragma once

#include <string>

#include "bridge/twilio/signature.hpp"
#include "tests/fuzz/support/forms.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

inline constexpr std::string_view form_type = "application/x-www-form-urlencoded";

/// The texts live as long as the object, which must not move.
struct AnyWebhook {
  explicit AnyWebhook(Bytes input) {
    const auto [path, type, body, signature, stream] = fields_of<5>(input);
    target.append("/").append(path);
    stream_url = stream;
    webhook = {"https://bridge.example", target, type, body, signature};
  }
  AnyWebhook(const AnyWebhook&) = delete;
  AnyWebhook& operator=(const AnyWebhook&) = delete;

  /// What the signature of a form covers; of everything else, the URL alone.
  [[nodiscard]] std::string right_signature(const core::Secret& token) const {
    twilio::FormPairs pairs;
    if (webhook.content_type.starts_with(form_type)) core::parse_form(webhook.body, pairs);
    const std::string url = "https://bridge.example" + target.substr(0, target.find('#'));
    return twilio::sign_text(token, twilio::text_to_sign(url, std::move(pairs)));
  }
  /// A body that no signature can make good.
  [[nodiscard]] bool body_is_refused(const twilio::SignatureCheck& check) const {
    using twilio::SignatureError;
    const bool is_form = webhook.content_type == form_type;
    return is_form ? check.error == SignatureError::bad_form
                   : check.error != SignatureError::none && !webhook.body.empty();
  }

  std::string target;
  std::string_view stream_url;
  twilio::SignedWebhook webhook;
};

}  // namespace tandem::fuzz
