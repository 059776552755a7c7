#include "twiml.hpp"

#include "tests/unit/catch.hpp"

namespace {

using namespace tandem::standins;

TEST_CASE("a connect document is read with its parameters") {
  const TwimlDocument document = parse_twiml(
      R"(<?xml version="1.0" encoding="UTF-8"?><Response><Say>Tom &amp; &quot;Jo&quot;</Say>)"
      R"(<Connect action="https://bridge.test/done" method="POST">)"
      R"(<Stream url="wss://bridge.test/media">)"
      R"(<Parameter name="token" value="a&apos;b"/></Stream></Connect></Response>)");
  REQUIRE(document.error == 0);
  CHECK(document.warnings.empty());
  REQUIRE(document.verbs.size() == 2);
  CHECK(document.verbs[0].text == "Tom & \"Jo\"");
  const TwimlElement& stream = document.verbs[1].children.at(0);
  CHECK(stream.attribute("url") == "wss://bridge.test/media");
  CHECK(stream.children.at(0).attribute("value") == "a'b");
}

TEST_CASE("what is not XML is error 12100") {
  for (const char* bad :
       {"", "Hello", "<Response>", "<Response/>x", "<Response><Say>a & b</Say></Response>",
        "<Response><Say a=1/></Response>", "<Response a=\"1\" a=\"2\"/>", "<response/>",
        "<Response><Say></say></Response>", "<Response>text</Response>",
        "<Response><Say>\x01</Say></Response>", "<Response><Say>\xff</Say></Response>"}) {
    INFO(bad);
    CHECK(parse_twiml(bad).error == 12100);
  }
}

TEST_CASE("a blank before the XML declaration is error 12100") {
  CHECK(parse_twiml(" <?xml version=\"1.0\"?><Response/>").error == 12100);
}

TEST_CASE("a document above 64 kB is error 11750") {
  CHECK(parse_twiml("<Response>" + std::string(65536, ' ') + "</Response>").error == 11750);
}

TEST_CASE("unknown verbs and attributes are warnings and are skipped") {
  const TwimlDocument document =
      parse_twiml(R"(<Response><say>no</say><Pause lenght="1"/><Hangup/></Response>)");
  CHECK(document.error == 0);
  CHECK(document.warnings.size() == 2);
  CHECK(document.verbs.size() == 2);
}

}  // namespace
