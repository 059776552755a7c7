// EVI's webhooks: proof that they come from Hume, and what they say. Pure; the time comes in as an
// argument, and that one request is taken once is the caller's business (bridge/hume_routes).
//
// Source: dev.hume.ai, "Webhooks", and the validators of Hume's own examples: lower-case hex of
// HMAC-SHA256 over body, ".", timestamp text, with the account's webhook signing key. Hume's
// examples refuse what is more than 180 s old; here also what is more than 180 s ahead.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/core/result.hpp"
#include "bridge/core/types.hpp"

namespace tandem::hume {

inline constexpr std::string_view webhook_timestamp_header = "X-Hume-AI-Webhook-Timestamp";
inline constexpr std::string_view webhook_signature_header = "X-Hume-AI-Webhook-Signature";
inline constexpr std::chrono::seconds webhook_tolerance{180};

struct SignedWebhook {
  std::string_view body;       ///< the bytes as they came
  std::string_view timestamp;  ///< Unix seconds as text
  std::string_view signature;
};

enum class WebhookError : std::uint8_t {
  none,
  no_key,         ///< nothing configured to check against: fail closed
  no_header,      ///< one of the two is absent or empty
  bad_timestamp,  ///< not a plain number
  stale,          ///< too old, or from the future
  mismatch,       ///< another key, another body or another time was signed
};
std::string_view to_string(WebhookError error) noexcept;

/// 64 lower-case hex digits.
std::string sign_webhook(const core::Secret& key, std::string_view body,
                         std::string_view timestamp);

WebhookError verify_webhook(const core::Secret& key, const SignedWebhook& webhook,
                            core::WallTime now);

enum class WebhookKind : std::uint8_t { chat_started, chat_ended, tool_call, unknown };

struct WebhookEvent {
  WebhookKind kind = WebhookKind::unknown;
  std::string chat_id;
  std::string chat_group_id;
};

struct UnreadableWebhook {};
/// `event_name` is optional in Hume's schema: without it the keys that only one kind has decide. A
/// kind that we do not know is no error; a body without chat ids is.
core::Result<WebhookEvent, UnreadableWebhook> parse_webhook(std::string_view body);

}  // namespace tandem::hume
