#include "hume/webhook.hpp"

#include <string>

#include "tests/unit/catch.hpp"

using namespace tandem;
using hume::WebhookError;
using namespace std::chrono_literals;

namespace {

const core::Secret key("example-signing-key-not-real");
// Signed and accepted by the validator of Hume's own examples.
const std::string ended =
    R"({"event_name":"chat_ended","chat_id":"7c1f6c1e-5b0a-4d7e-9a52-0d1f3a6e8b21",)"
    R"("chat_group_id":"e2d94b7a-36f8-4f0d-8b1c-5a7c90d4e6f3",)"
    R"("config_id":"b8a1d0c4-92e7-4c35-a6fd-1e3b5c7d9f02","caller_number":"+15005550006",)"
    R"("custom_session_id":null,"twilio_metadata":)"
    R"({"call_sid":"CA00000000000000000000000000000000",)"
    R"("from_number":"+15005550006","to_number":"+15005550001","caller_name":""},)"
    R"("duration_seconds":89,"end_reason":"USER_ENDED","end_time":1773049589000})";
constexpr std::string_view signature =
    "282e14ddc35fb28320396a5092ed427811eefef955cb44e487cfe994286ddb81";
const core::WallTime signed_at(1773049501s);

hume::SignedWebhook webhook() { return {ended, "1773049501", signature}; }

}  // namespace

TEST_CASE("a webhook that Hume's own validator accepts is accepted", "[hume]") {
  CHECK(hume::sign_webhook(key, ended, "1773049501") == signature);
  CHECK(hume::verify_webhook(key, webhook(), signed_at) == WebhookError::none);
}

TEST_CASE("a webhook is good for three minutes on either side of its time", "[hume]") {
  CHECK(hume::verify_webhook(key, webhook(), signed_at + 180s) == WebhookError::none);
  CHECK(hume::verify_webhook(key, webhook(), signed_at - 180s) == WebhookError::none);
  CHECK(hume::verify_webhook(key, webhook(), signed_at + 181s) == WebhookError::stale);
  CHECK(hume::verify_webhook(key, webhook(), signed_at - 181s) == WebhookError::stale);
}

TEST_CASE("any changed byte of body, time or signature is refused", "[hume]") {
  for (std::size_t i = 0; i < ended.size(); ++i) {
    std::string body = ended;
    body[i] = static_cast<char>(body[i] ^ 1);
    CHECK(hume::verify_webhook(key, {body, "1773049501", signature}, signed_at) ==
          WebhookError::mismatch);
  }
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string other(signature);
    other[i] = other[i] == '0' ? '1' : '0';
    CHECK(hume::verify_webhook(key, {ended, "1773049501", other}, signed_at) ==
          WebhookError::mismatch);
  }
  CHECK(hume::verify_webhook(key, {ended, "1773049502", signature}, signed_at) ==
        WebhookError::mismatch);
  CHECK(hume::verify_webhook(key, {ended, "1773049501", signature.substr(1)}, signed_at) ==
        WebhookError::mismatch);
}

TEST_CASE("without a key nothing is accepted, whatever it is signed with", "[hume]") {
  const core::Secret none;
  const auto forged = hume::sign_webhook(none, ended, "1773049501");
  CHECK(hume::verify_webhook(none, {ended, "1773049501", forged}, signed_at) ==
        WebhookError::no_key);
}

TEST_CASE("missing headers and times that are none are told apart", "[hume]") {
  CHECK(hume::verify_webhook(key, {ended, "", signature}, signed_at) == WebhookError::no_header);
  CHECK(hume::verify_webhook(key, {ended, "1773049501", ""}, signed_at) == WebhookError::no_header);
  for (const auto* time :
       {"now", "1773049501 ", "-1", "1e9", "99999999999999999999", "12345678901234"}) {
    INFO(time);
    const auto made = hume::sign_webhook(key, ended, time);
    CHECK(hume::verify_webhook(key, {ended, time, made}, signed_at) == WebhookError::bad_timestamp);
  }
}

TEST_CASE("the kind of a webhook is its event_name, or what only that kind has", "[hume]") {
  const auto kind = [](const std::string& rest) {
    const auto event = hume::parse_webhook(R"({"chat_id":"c","chat_group_id":"g")" + rest + "}");
    REQUIRE(event.ok());
    return event->kind;
  };
  CHECK(kind(R"(,"event_name":"chat_ended")") == hume::WebhookKind::chat_ended);
  CHECK(kind(R"(,"event_name":"chat_started")") == hume::WebhookKind::chat_started);
  CHECK(kind(R"(,"event_name":"tool_call")") == hume::WebhookKind::tool_call);
  CHECK(kind(R"(,"event_name":"chat_paused","end_reason":"x")") == hume::WebhookKind::unknown);
  CHECK(kind(R"(,"end_reason":"USER_ENDED")") == hume::WebhookKind::chat_ended);
  CHECK(kind(R"(,"chat_start_type":"new_chat_group")") == hume::WebhookKind::chat_started);
  CHECK(kind(R"(,"tool_call_message":{})") == hume::WebhookKind::tool_call);
  CHECK(kind("") == hume::WebhookKind::unknown);
}

TEST_CASE("a webhook names its chat and group, or is refused", "[hume]") {
  const auto event = hume::parse_webhook(ended);
  REQUIRE(event.ok());
  CHECK(event->kind == hume::WebhookKind::chat_ended);
  CHECK(event->chat_id == "7c1f6c1e-5b0a-4d7e-9a52-0d1f3a6e8b21");
  CHECK(event->chat_group_id == "e2d94b7a-36f8-4f0d-8b1c-5a7c90d4e6f3");
  for (const auto* odd : {"", "x", "[]", "{}", R"({"chat_id":"c"})", R"({"chat_group_id":"g"})",
                          R"({"chat_id":7,"chat_group_id":"g"})"}) {
    INFO(odd);
    CHECK_FALSE(hume::parse_webhook(odd).ok());
  }
}
