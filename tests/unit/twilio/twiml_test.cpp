#include "bridge/twilio/twiml.hpp"

#include "bridge/core/result.hpp"
#include "tests/unit/catch.hpp"

namespace {

using namespace tandem;
using namespace tandem::twilio;

ConnectDocument connect() {
  ConnectDocument document;
  document.action_url = "https://bridge.example.com/twilio/connect-done?call=1&n=2";
  document.stream_url = "wss://bridge.example.com/media-stream/abc";
  document.stream_name = "agent";
  document.parameters = {{"callToken", "t0ken"}};
  return document;
}

std::string escaped(std::string_view text) {
  std::string out;
  append_xml(out, text);
  return out;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace

TEST_CASE("the disclosure is said before the stream begins") {
  auto document = connect();
  document.disclosure = "You speak with an AI & are recorded.";
  const auto xml = connect_twiml(document);
  CHECK(xml.find("<Say>You speak with an AI &amp; are recorded.</Say><Connect ") !=
        std::string::npos);
}

TEST_CASE("an empty or blank disclosure is no verb at all") {
  for (const char* disclosure : {"", "  \n"}) {
    auto document = connect();
    document.disclosure = disclosure;
    CHECK(connect_twiml(document).find("<Say") == std::string::npos);
  }
}

TEST_CASE("attribute values are escaped, a status address is optional") {
  const auto xml = connect_twiml(connect());
  CHECK(xml.find("connect-done?call=1&amp;n=2\" method=\"POST\"") != std::string::npos);
  CHECK(xml.find("statusCallback") == std::string::npos);
}

TEST_CASE("T32: a stream URL with a query or a fragment is a bug of ours and never leaves") {
  for (const char* url :
       {"wss://bridge.example.com/media-stream?token=1", "wss://bridge.example.com/a#b",
        "https://bridge.example.com/media-stream"}) {
    auto document = connect();
    document.stream_url = url;
    CHECK_THROWS_AS(connect_twiml(document), core::BugError);
  }
}

TEST_CASE("a parameter beyond Twilio's limit is a bug of ours") {
  auto document = connect();
  document.parameters = {{"p", std::string(498, 'x')}};
  CHECK_NOTHROW(connect_twiml(document));
  document.parameters = {{"p", std::string(499, 'x')}};
  CHECK_THROWS_AS(connect_twiml(document), core::BugError);
}

TEST_CASE("what XML cannot hold is left out, whatever the text was") {
  CHECK(escaped("a\x01\x0b\x1f"
                "b\tc\nd") == "ab\tc\nd");
  CHECK(escaped(std::string("a\0b", 3)) == "ab");
  CHECK(escaped("caf\xC3\xA9 \xF0\x9F\x93\x9E") == "caf\xC3\xA9 \xF0\x9F\x93\x9E");
  CHECK(escaped("a\xFF\xC3"
                "b") == "ab");                       // not UTF-8, and a cut sequence
  CHECK(escaped("\xC0\xAF\xE0\x80\xAF") == "");      // overlong
  CHECK(escaped("\xED\xA0\x80") == "");              // surrogate
  CHECK(escaped("\xEF\xBF\xBE\xEF\xBF\xBF") == "");  // U+FFFE, U+FFFF
  CHECK(escaped("\xF4\x90\x80\x80") == "");          // beyond U+10FFFF
  CHECK(escaped("\xEF\xBF\xBD") == "\xEF\xBF\xBD");
  CHECK(escaped("</Say><Dial>+1</Dial>") == "&lt;/Say&gt;&lt;Dial&gt;+1&lt;/Dial&gt;");
}

TEST_CASE("a long text becomes several verbs, cut after sentences, and loses nothing") {
  std::string text;
  while (text.size() < 7000) text += "This sentence has forty characters in it. ";
  const auto xml = apology_twiml(text);
  CHECK(count(xml, "<Say>") == 3);
  CHECK(count(xml, "characters in it. </Say>") == 3);
  CHECK(count(xml, "This sentence") == count(text, "This sentence"));
}

TEST_CASE("a long text without spaces is cut between characters, never inside one") {
  std::string text;
  for (int i = 0; i < 3001; ++i) text += "\xC3\xA9";
  const auto xml = apology_twiml(text);
  CHECK(count(xml, "<Say>") == 2);
  CHECK(xml.find("<Say>\xC3\xA9</Say><Hangup/>") != std::string::npos);
}

TEST_CASE("a document beyond Twilio's limit is a bug of ours") {
  CHECK_THROWS_AS(apology_twiml(std::string(70'000, 'x')), core::BugError);
}

TEST_CASE("a transfer dials the number; announcement, caller id and action are optional") {
  TransferDocument document;
  document.number = core::PhoneNumber("+15555550199");
  CHECK(transfer_twiml(document) ==
        R"(<?xml version="1.0" encoding="UTF-8"?><Response><Dial timeout="20">)"
        R"(<Number>+15555550199</Number></Dial></Response>)");
  document.number = core::PhoneNumber("5550199");
  CHECK_THROWS_AS(transfer_twiml(document), core::BugError);
}

TEST_CASE("a call can be rejected before it is answered") {
  CHECK(reject_twiml(RejectReason::rejected).find(R"(<Reject reason="rejected"/>)") !=
        std::string::npos);
}

TEST_CASE("T27: an unknown call is hung up on") {
  CHECK(hang_up_twiml() ==
        R"(<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>)");
}

TEST_CASE("a transfer names its action, whose number is shown, and who tells the person what") {
  TransferDocument document;
  document.number = core::PhoneNumber("+14155550142");
  document.caller_id = core::PhoneNumber("+14155550123");
  document.action_url = "https://bridge.example/twilio/transfer-done";
  document.whisper_url = "https://bridge.example/twilio/whisper/00ff";
  const auto xml = transfer_twiml(document);
  CHECK(count(xml, R"(callerId="+14155550123")") == 1);
  CHECK(count(xml, R"(action="https://bridge.example/twilio/transfer-done")") == 1);
  CHECK(count(xml, R"(<Number url="https://bridge.example/twilio/whisper/00ff">+14155550142<)") ==
        1);
  document.whisper_url.clear();
  CHECK(count(transfer_twiml(document), "<Number>+14155550142</Number>") == 1);
}

TEST_CASE("a whisper is said and nothing more: the carrier then connects the two") {
  const auto xml = whisper_twiml("Wants to book & is in a hurry.");
  CHECK(count(xml, "<Say>Wants to book &amp; is in a hurry.</Say></Response>") == 1);
}
