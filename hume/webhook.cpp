#include "hume/webhook.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <simdjson.h>

#include <array>
#include <charconv>
#include <optional>

namespace tandem::hume {

namespace {

namespace dom = simdjson::dom;

std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
  std::int64_t seconds = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  constexpr std::int64_t seconds_max = 100'000'000'000;  // so that no arithmetic overflows
  if (error != std::errc{} || stop != end || seconds < 0 || seconds > seconds_max)
    return std::nullopt;
  return std::chrono::seconds(seconds);
}

std::string text_of(dom::element object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

bool has(dom::element object, std::string_view name) {
  return object[name].error() == simdjson::SUCCESS;
}

WebhookKind kind_of(dom::element event) {
  const auto name = text_of(event, "event_name");
  if (name == "chat_ended") return WebhookKind::chat_ended;
  if (name == "chat_started") return WebhookKind::chat_started;
  if (name == "tool_call") return WebhookKind::tool_call;
  if (!name.empty()) return WebhookKind::unknown;
  if (has(event, "end_reason")) return WebhookKind::chat_ended;
  if (has(event, "chat_start_type")) return WebhookKind::chat_started;
  return has(event, "tool_call_message") ? WebhookKind::tool_call : WebhookKind::unknown;
}

}  // namespace

std::string_view to_string(WebhookError error) noexcept {
  static constexpr std::array<std::string_view, 6> names = {"none",          "no_key", "no_header",
                                                            "bad_timestamp", "stale",  "mismatch"};
  return names[static_cast<std::size_t>(error)];
}

std::string sign_webhook(const core::Secret& key, std::string_view body,
                         std::string_view timestamp) {
  std::string text(body);
  text.append(".").append(timestamp);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const std::string& secret = key.expose();
  const auto* made =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  BRIDGE_ASSERT(made != nullptr);
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += {digits[digest[i] >> 4], digits[digest[i] & 15]};
  return out;
}

WebhookError verify_webhook(const core::Secret& key, const SignedWebhook& webhook,
                            core::WallTime now) {
  if (key.empty()) return WebhookError::no_key;
  if (webhook.timestamp.empty() || webhook.signature.empty()) return WebhookError::no_header;
  const auto seconds = seconds_of(webhook.timestamp);
  if (!seconds) return WebhookError::bad_timestamp;
  const auto signature = sign_webhook(key, webhook.body, webhook.timestamp);
  if (!core::equal_in_constant_time(signature, webhook.signature)) return WebhookError::mismatch;
  const auto age = now - core::WallTime(*seconds);
  const bool is_fresh = age <= webhook_tolerance && age >= -webhook_tolerance;
  return is_fresh ? WebhookError::none : WebhookError::stale;
}

core::Result<WebhookEvent, UnreadableWebhook> parse_webhook(std::string_view body) {
  dom::parser parser;
  dom::element event;
  const simdjson::padded_string text(body);
  if (parser.parse(text).get(event) != simdjson::SUCCESS || !event.is_object())
    return core::Failure{UnreadableWebhook{}};
  WebhookEvent decoded{kind_of(event), text_of(event, "chat_id"), text_of(event, "chat_group_id")};
  if (decoded.chat_id.empty() || decoded.chat_group_id.empty())
    return core::Failure{UnreadableWebhook{}};
  return decoded;
}

}  // namespace tandem::hume
