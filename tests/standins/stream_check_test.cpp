#include "stream_check.hpp"

#include "tests/unit/catch.hpp"

namespace {

using namespace tandem::standins;

TEST_CASE("the three messages of a bridge are accepted in their exact shape") {
  const StreamMessage media = check_stream_message(
      R"({"event":"media","streamSid":"MZ1","media":{"payload":"//8="}})", "MZ1");
  REQUIRE(std::holds_alternative<StreamMedia>(media));
  CHECK(std::get<StreamMedia>(media).audio.size() == 2);
  const StreamMessage mark =
      check_stream_message(R"({"event":"mark","streamSid":"MZ1","mark":{"name":"g1:m2"}})", "MZ1");
  REQUIRE(std::holds_alternative<StreamMark>(mark));
  CHECK(std::get<StreamMark>(mark).name == "g1:m2");
  CHECK(std::holds_alternative<StreamClear>(
      check_stream_message(R"({"event":"clear","streamSid":"MZ1"})", "MZ1")));
}

TEST_CASE("everything else is warning 31951") {
  for (const char* bad :
       {"", "[]", "{", R"({"streamSid":"MZ1"})", R"({"event":"clear"})",
        R"({"event":"clear","streamSid":"MZ2"})", R"({"event":"clear","streamSid":"MZ1","x":1})",
        R"({"event":"media","streamSid":"MZ1"})",
        R"({"event":"media","streamSid":"MZ1","media":{}})",
        R"({"event":"media","streamSid":"MZ1","media":{"payload":""}})",
        R"({"event":"media","streamSid":"MZ1","media":{"payload":"//8"}})",
        R"({"event":"media","streamSid":"MZ1","media":{"payload":"//8=","track":"outbound"}})",
        R"({"event":"media","streamSid":"MZ1","media":{"payload":"UklGRg=="}})",
        R"({"event":"media","streamSid":"MZ1","sequenceNumber":"1","media":{"payload":"//8="}})",
        R"({"event":"mark","streamSid":"MZ1"})",
        R"({"event":"mark","streamSid":"MZ1","mark":{"name":7}})",
        R"({"event":"dtmf","streamSid":"MZ1"})"}) {
    INFO(bad);
    const StreamMessage message = check_stream_message(bad, "MZ1");
    REQUIRE(std::holds_alternative<StreamWarning>(message));
    CHECK(std::get<StreamWarning>(message).code == 31951);
  }
}

}  // namespace
