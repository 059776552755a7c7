#include "encoding.hpp"

#include "sound.hpp"
#include "tests/unit/catch.hpp"

namespace {

using namespace tandem::standins;

TEST_CASE("the signature equals Twilio's worked example") {
  const Fields fields{{"CallSid", "CA1234567890ABCDE"},
                      {"Caller", "+14158675310"},
                      {"Digits", "1234"},
                      {"From", "+14158675310"},
                      {"To", "+18005551212"}};
  CHECK(twilio_signature("12345", "https://example.com/myapp.php?foo=1&bar=2", fields) ==
        "L/OH5YylLD5NRKLltdqwSvS0BnU=");
}

TEST_CASE("the signature of a stream upgrade covers the wss url alone") {
  CHECK(twilio_signature("12345", "wss://bridge.example.com/twilio/media", {}) ==
        "hGVJmeOLwZmJhPeWsyRDIvgH8Zc=");
  CHECK(twilio_signature("12345", "wss://bridge.example.com/twilio/media/", {}) ==
        "K34XpNWz3mSbbFwtWeDWONZkGSc=");
}

TEST_CASE("base64 goes both ways and refuses what is not strict") {
  for (const std::string text : {"", "f", "fo", "foo", "foob"})
    CHECK(base64_decode(base64_encode(text)) == text);
  for (const char* bad : {"Zg=", "Zh==", "Zm9\nv", "Zm9-", "Z===", "Zg==Zg=="})
    CHECK_FALSE(base64_decode(bad));
}

TEST_CASE("form fields survive encoding with blanks, plus signs and repeats") {
  const Fields fields{
      {"From", "+14155550123"}, {"Say", "a b&c=d"}, {"Event", "x"}, {"Event", "y"}, {"Empty", ""}};
  CHECK(form_decode(form_encode(fields)) == fields);
}

TEST_CASE("mu-law decodes to the G.711 values and encodes them back") {
  CHECK(ulaw_decode(0x00) == -32124);
  CHECK(ulaw_decode(0x80) == 32124);
  CHECK(ulaw_decode(0x70) == -120);
  CHECK(ulaw_decode(0xff) == 0);
  for (int code = 0; code < 256; ++code) {
    if (code == 0x7f) continue;  // negative zero
    CHECK(ulaw_encode(ulaw_decode(static_cast<std::uint8_t>(code))) == code);
  }
}

TEST_CASE("a clip keeps its tone when it is resampled") {
  const Samples source = tone(1000, 0.5, 24000, 200);
  const Samples up = resample(source, 24000, 48000);
  REQUIRE(up.size() == source.size() * 2);
  const Samples wanted = tone(1000, 0.5, 48000, 200);
  for (std::size_t i = 2000; i < 7000; ++i) CHECK(std::abs(up[i] - wanted[i]) < 40);
}

TEST_CASE("text is told from bytes that are not UTF-8") {
  CHECK(is_utf8("caf\xc3\xa9"));
  for (const char* bad : {"\xc3\x28", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"})
    CHECK_FALSE(is_utf8(bad));
}

}  // namespace
