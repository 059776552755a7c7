#include "bridge/twilio_documents.hpp"

#include "tests/unit/catch.hpp"

namespace tandem {

namespace {

using core::Direction;
using core::PhoneNumber;

const PhoneNumber caller("+14155550123");
const PhoneNumber ours("+14155550100");
const PhoneNumber person("+14155550142");

Config config_with_fallback(const PhoneNumber& fallback) {
  Config config;
  config.public_url = "https://bridge.example";
  config.disclosure_text = "You are speaking with a machine.";
  config.fallback_number = fallback;
  return config;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every stream of a call has its own address, token and name; the disclosure comes once") {
  const Config config = config_with_fallback({});
  const TwilioDocuments documents(config);
  const auto first = documents.connect({"nonce-1", "token-1", 1}, true);
  CHECK(has(first, R"(url="wss://bridge.example/media-stream/nonce-1" name="agent-1")"));
  CHECK(has(first, "token-1"));
  CHECK(has(first, "<Say>You are speaking with a machine.</Say>"));
  const auto second = documents.connect({"nonce-2", "token-2", 2}, false);
  CHECK(has(second, R"(url="wss://bridge.example/media-stream/nonce-2" name="agent-2")"));
  CHECK_FALSE(has(second, "<Say>"));
  CHECK(has(second, R"(action="https://bridge.example/twilio/connect-done")"));
}

TEST_CASE("without an agent the caller is put through, or hears why not") {
  const Config without = config_with_fallback({});
  CHECK(has(TwilioDocuments(without).without_agent("We are sorry.", caller),
            "<Say>We are sorry.</Say><Hangup/>"));
  const Config with = config_with_fallback(person);
  const auto document = TwilioDocuments(with).without_agent("We are sorry.", caller);
  CHECK(has(document, "<Number>+14155550142</Number>"));
  CHECK(has(document, R"(action="https://bridge.example/twilio/transfer-done")"));
  CHECK_FALSE(has(document, "We are sorry."));
}

TEST_CASE("the person who takes a call over sees the caller's number, where there is one") {
  CHECK(shown_number(Direction::inbound, caller, ours) == caller);
  CHECK(shown_number(Direction::inbound, PhoneNumber("anonymous"), ours) == ours);
  CHECK(shown_number(Direction::outbound, ours, caller) == ours);
  CHECK(shown_number(Direction::inbound, PhoneNumber("anonymous"), PhoneNumber("sip:x")).empty());
}

TEST_CASE("only the nonce of a whisper is in the document") {
  const Config config = config_with_fallback({});
  const auto document = TwilioDocuments(config).transfer(person, caller, "00ff");
  CHECK(has(document, R"(<Number url="https://bridge.example/twilio/whisper/00ff">)"));
  CHECK(has(document, R"(callerId="+14155550123")"));
}

}  // namespace tandem
