#include "bridge/twilio/signature.hpp"

#include <array>

#include "tests/unit/catch.hpp"

namespace {

using namespace tandem;
using namespace tandem::twilio;

const std::array<core::Secret, 1> token = {core::Secret("12345")};
constexpr std::string_view form_type = "application/x-www-form-urlencoded";

SignedWebhook webhook(std::string_view signature) {
  return {"https://bridge.example.com", "/twilio/voice", form_type,
          "CallSid=CA01&From=%2B15555550101", signature};
}

std::string signature_for(std::string_view url) {
  return sign_text(token[0], text_to_sign(url, {{"CallSid", "CA01"}, {"From", "+15555550101"}}));
}

}  // namespace

TEST_CASE("the older published pair of Twilio's documentation verifies") {
  const std::string text =
      text_to_sign("https://mycompany.com/myapp.php?foo=1&bar=2", {{"To", "+18005551212"},
                                                                   {"Digits", "1234"},
                                                                   {"From", "+12349013030"},
                                                                   {"CallSid", "CA1234567890ABCDE"},
                                                                   {"Caller", "+12349013030"}});
  CHECK(sign_text(token[0], text) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ=");
}

TEST_CASE("T08: a missing or wrong signature is refused by name") {
  CHECK(verify_webhook(token, webhook("")).error == SignatureError::no_header);
  CHECK(verify_upgrade(token, "wss://bridge.example.com/m", "").error == SignatureError::no_header);
  CHECK(verify_webhook(token, webhook("L/OH5YylLD5NRKLltdqwSvS0BnU=")).error ==
        SignatureError::mismatch);
  CHECK(verify_webhook(token, webhook("x")).error == SignatureError::mismatch);
}

TEST_CASE("T08: every single flipped bit of a signature is refused") {
  const std::string good = signature_for("https://bridge.example.com/twilio/voice");
  REQUIRE(verify_webhook(token, webhook(good)));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    CHECK(verify_webhook(token, webhook(bad)).error == SignatureError::mismatch);
  }
}

TEST_CASE("without a token nothing verifies") {
  const std::string good = signature_for("https://bridge.example.com/twilio/voice");
  CHECK(verify_webhook({}, webhook(good)).error == SignatureError::no_token);
  const std::array<core::Secret, 1> empty;
  CHECK(verify_webhook(empty, webhook(good)).error == SignatureError::no_token);
  CHECK(verify_upgrade(empty, "wss://bridge.example.com/m", "x").error == SignatureError::no_token);
  // Nor does the signature that an empty key makes.
  const std::array<core::Secret, 2> mixed = {core::Secret("12345"), core::Secret()};
  const auto forged =
      sign_text(core::Secret(), text_to_sign("https://bridge.example.com/twilio/voice",
                                             {{"CallSid", "CA01"}, {"From", "+15555550101"}}));
  CHECK(verify_webhook(mixed, webhook(forged)).error == SignatureError::mismatch);
}

TEST_CASE("during a rotation both tokens are accepted and the one that matched is told") {
  const std::array<core::Secret, 2> both = {core::Secret("new"), core::Secret("12345")};
  const auto check =
      verify_webhook(both, webhook(signature_for("https://bridge.example.com/twilio/voice")));
  REQUIRE(check);
  CHECK(check.token == 1);
}

TEST_CASE(
    "a webhook's port rule: https without, as configured or :443; http as configured or :80") {
  const auto form_of = [](std::string_view base, std::string_view signed_url) {
    const auto signature = signature_for(signed_url);
    auto request = webhook(signature);
    request.public_url = base;
    const auto check = verify_webhook(token, request);
    return check ? to_string(check.form) : to_string(check.error);
  };
  CHECK(form_of("https://h.example", "https://h.example/twilio/voice") == "as_written");
  CHECK(form_of("https://h.example/", "https://h.example/twilio/voice") == "as_written");
  CHECK(form_of("https://h.example", "https://h.example:443/twilio/voice") == "other_port");
  CHECK(form_of("https://h.example:8443", "https://h.example/twilio/voice") == "other_port");
  CHECK(form_of("https://h.example:8443", "https://h.example:8443/twilio/voice") == "as_written");
  CHECK(form_of("https://h.example", "https://h.example:8443/twilio/voice") == "mismatch");
  CHECK(form_of("http://h.example:8080", "http://h.example:8080/twilio/voice") == "as_written");
  CHECK(form_of("http://h.example:8080", "http://h.example/twilio/voice") == "mismatch");
  CHECK(form_of("http://h.example", "http://h.example:80/twilio/voice") == "other_port");
  CHECK(form_of("https://u:p@h.example", "https://h.example/twilio/voice") == "as_written");
  CHECK(form_of("https://[2001:db8::1]:8443", "https://[2001:db8::1]/twilio/voice") ==
        "other_port");
  CHECK(form_of("https://h.example/base", "https://h.example/base/twilio/voice") == "as_written");
  CHECK(form_of("https://h.example", "https://h.example/twilio/voice/") == "mismatch");
  CHECK(form_of("h.example", "https://h.example/twilio/voice") == "bad_url");
  CHECK(form_of("ftp://h.example", "https://h.example/twilio/voice") == "bad_url");
  CHECK(form_of("https://:8443", "https://h.example/twilio/voice") == "bad_url");
}

TEST_CASE("an upgrade is tried in four forms and the match is named") {
  const auto form_of = [](std::string_view stream_url, std::string_view signed_url) {
    const auto check = verify_upgrade(token, stream_url, sign_text(token[0], signed_url));
    return check ? to_string(check.form) : to_string(check.error);
  };
  CHECK(form_of("wss://h.example/m", "wss://h.example/m") == "as_written");
  CHECK(form_of("wss://h.example/m", "wss://h.example/m/") == "other_slash");
  CHECK(form_of("wss://h.example/m/", "wss://h.example/m") == "other_slash");
  CHECK(form_of("wss://h.example/m", "wss://h.example:443/m") == "other_port");
  CHECK(form_of("wss://h.example/m", "wss://h.example:443/m/") == "other_port_and_slash");
  CHECK(form_of("wss://h.example:8443/m", "wss://h.example/m") == "other_port");
  CHECK(form_of("wss://h.example:8443/m", "wss://h.example/m/") == "other_port_and_slash");
  CHECK(form_of("wss://h.example:8443/m", "wss://h.example:443/m") == "mismatch");
  CHECK(form_of("wss://h.example/m", "wss://h.example:80/m") == "mismatch");
  CHECK(form_of("wss://h.example/m", "https://h.example/m") == "mismatch");
  CHECK(form_of("wss://h.example/m", "wss://h.example/n") == "mismatch");
  CHECK(form_of("wss://", "wss://h.example/m") == "bad_url");
}

TEST_CASE("a body that the signature cannot cover is refused, right signature or not") {
  const std::string bare = sign_text(token[0], "https://bridge.example.com/twilio/voice");
  auto request = webhook(bare);
  const auto error_of = [&request](std::string_view type, std::string_view body) {
    request.content_type = type;
    request.body = body;
    return verify_webhook(token, request).error;
  };
  CHECK(error_of("application/json", "{}") == SignatureError::unsigned_body);
  CHECK(error_of("", "CallSid=CA01") == SignatureError::unsigned_body);
  CHECK(error_of("multipart/form-data; boundary=x", "--x") == SignatureError::unsigned_body);
  CHECK(error_of(form_type, "CallSid=%zz") == SignatureError::bad_form);
  CHECK(error_of("", "") == SignatureError::none);
  CHECK(error_of(form_type, "") == SignatureError::none);
}

TEST_CASE("the content type may carry parameters and any case") {
  const std::string good = signature_for("https://bridge.example.com/twilio/voice");
  auto request = webhook(good);
  request.content_type = "Application/X-WWW-Form-Urlencoded; charset=UTF-8";
  CHECK(verify_webhook(token, request));
}

TEST_CASE("a JSON body must have the hash that was signed with the URL") {
  const std::string body = R"({"a":1})";
  const std::string target = "/events?x=1&bodySHA256=" + body_sha256(body);
  const std::string signature = sign_text(token[0], "https://bridge.example.com" + target);
  SignedWebhook request{"https://bridge.example.com", target, "application/json", body, signature};
  CHECK(verify_webhook(token, request));
  request.body = R"({"a":2})";
  CHECK(verify_webhook(token, request).error == SignatureError::body_mismatch);
}
