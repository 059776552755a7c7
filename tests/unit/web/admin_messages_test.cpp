#include "web/admin_messages.hpp"

#include "tests/unit/catch.hpp"

namespace tandem::web {

namespace {

using namespace std::chrono_literals;

constexpr const char* id = "00000000-0000-4000-8000-000000000001";

template <class Wish>
Wish wish_of(std::string_view text) {
  INFO(text);
  const auto read = read_client_message(text, "ada");
  REQUIRE(std::holds_alternative<ClientMessage>(read));
  const auto& wish = std::get<ClientMessage>(read).wish;
  REQUIRE(std::holds_alternative<Wish>(wish));
  return std::get<Wish>(wish);
}

Misunderstood refusal_of(std::string_view text) {
  INFO(text);
  const auto read = read_client_message(text, "ada");
  REQUIRE(std::holds_alternative<Misunderstood>(read));
  return std::get<Misunderstood>(read);
}

/// A message about the call of these tests with `rest` behind the type and the call.
std::string about_call(std::string_view type, std::string_view rest = "") {
  return R"({"id":7,"type":")" + std::string(type) + R"(","call_id":")" + id + "\"" +
         std::string(rest) + "}";
}

LiveCall sample() {
  LiveCall call;
  call.id = core::CallId(id);
  call.handle = 3;
  call.from = core::PhoneNumber("+14155550123");
  call.to = core::PhoneNumber("+14155550100");
  call.provider = "hume";
  call.state = "talking";
  call.started_at = core::WallTime(1s);
  call.listeners = {"ada \"x\""};
  call.lines = {{.seq = 1,
                 .speaker = core::Speaker::assistant,
                 .text = "<b>Hi</b>\n",
                 .offset = 20ms,
                 .audio_ms = 400,
                 .heard_ms = 100}};
  return call;
}

}  // namespace

TEST_CASE("whatever has a ticket is an authentication") {
  CHECK(wish_of<Authentication>(R"({"type":"auth","ticket":"abc"})").ticket == "abc");
  CHECK(wish_of<Authentication>(R"({"ticket":"abc","client":"x","version":{"a":1}})").ticket ==
        "abc");
  CHECK(refusal_of(R"({"ticket":7})").code == "unusable");
}

TEST_CASE("subscriptions name all calls or some") {
  CHECK(wish_of<Subscription>(R"({"type":"subscribe","calls":"all"})").all);
  const auto some = wish_of<Subscription>(R"({"type":"unsubscribe","calls":[")" + std::string(id) +
                                          R"("],"id":"a"})");
  CHECK_FALSE(some.on);
  CHECK_FALSE(some.all);
  CHECK(some.calls == std::vector{core::CallId(id)});
  std::string many = R"({"type":"subscribe","calls":[)";
  for (std::size_t i = 0; i <= subscribed_calls_max; ++i)
    many += (i == 0 ? "\"" : ",\"") + std::string(id) + "\"";
  for (const auto& text : {std::string(R"({"type":"subscribe"})"),
                           std::string(R"({"type":"subscribe","calls":"none"})"),
                           std::string(R"({"type":"subscribe","calls":["x"]})"),
                           std::string(R"({"type":"subscribe","calls":{}})"),
                           std::string(R"({"type":"subscribe","calls":"all","x":1})"), many + "]}"})
    CHECK(refusal_of(text).code == "unusable");
}

TEST_CASE("commands of the socket become those of the API, with who gave them") {
  const auto pause = wish_of<CallCommand>(about_call("pause_agent"));
  CHECK(pause.name == "pause");
  CHECK(pause.call_id.str() == id);
  CHECK(std::get<call::OperatorPause>(pause.input).by == "ada");
  CHECK_FALSE(
      std::get<call::OperatorPause>(wish_of<CallCommand>(about_call("resume_agent")).input).paused);
  CHECK(std::get<call::OperatorHangUp>(wish_of<CallCommand>(about_call("hangup")).input).by ==
        "ada");
  CHECK(
      std::get<call::OperatorSay>(wish_of<CallCommand>(about_call("say", R"(,"text":"Hi")")).input)
          .text == "Hi");
  CHECK(
      std::get<call::OperatorTransfer>(
          wish_of<CallCommand>(about_call("transfer", R"(,"to":"+14155550142","note":"n")")).input)
          .note == "n");
  CHECK(wish_of<Listening>(about_call("listen", R"(,"on":true)")).on);
}

TEST_CASE("a message that says too much, too little or the wrong thing is answered with its id") {
  for (const auto* rest :
       {R"(,"text":"Hi","to":"+14155550142")", "", R"(,"text":7)", R"(,"text":"")"}) {
    const auto refusal = refusal_of(about_call("say", rest));
    CHECK(refusal.code == "unusable");
    CHECK(refusal.id == "7");
  }
  CHECK(refusal_of(about_call("transfer", R"(,"to":"0815")")).message.starts_with("to: "));
  CHECK(refusal_of(about_call("listen")).code == "unusable");
  CHECK(refusal_of(R"({"type":"hangup","call_id":"x","id":"q\"1"})").id == R"("q\"1")");
  CHECK(refusal_of(R"({"type":"dance","id":3})").code == "unknown_type");
  CHECK(refusal_of(R"({"id":3})").code == "unknown_type");
  CHECK(refusal_of(R"({"id":{},"type":"hangup"})").id == "null");
  CHECK(refusal_of(R"({"id":")" + std::string(100, 'x') + R"(","type":"hangup"})").id == "null");
}

TEST_CASE("A14: what is no plain JSON object is malformed") {
  for (const auto& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("7"),
        std::string(R"({"type":"hangup","type":"say"})"), std::string("{\"a\":\"\xff\"}"),
        std::string(R"({"ticket":"abc","client":{"b":1,"b":2}})"),
        R"({"a":)" + std::string(5000, '[') + std::string(5000, ']') + "}"})
    CHECK(refusal_of(text).code == "malformed");
}

TEST_CASE("a message is numbered for each connection") {
  const LiveChange change{core::CallId(id), core::WallTime(1500ms), 20ms,
                          OperatorActed{"ada", "say"}};
  CHECK(message_of(change).numbered(12) ==
        R"({"type":"operator_action","call_id":"00000000-0000-4000-8000-000000000001","seq":12,)"
        R"("ts_ms":1500,"offset_ms":20,"by":"ada","action":"say"})");
  CHECK(ack_message("\"a\"", core::WallTime(0s)).numbered(1) ==
        R"({"type":"ack","call_id":null,"seq":1,"ts_ms":0,"offset_ms":null,"id":"a"})");
  CHECK(error_message("null", "malformed", "say \"it\"", core::WallTime(0s)).numbered(2) ==
        R"({"type":"error","call_id":null,"seq":2,"ts_ms":0,"offset_ms":null,"id":null,)"
        R"("code":"malformed","message":"say \"it\""})");
}

TEST_CASE("a snapshot holds whole calls, and says what was dropped") {
  const auto call = sample();
  const std::vector<const LiveCall*> calls = {&call};
  const auto text = snapshot_message(calls, 5, core::WallTime(0s)).numbered(1);
  CHECK(text.find(R"("handle":3,"direction":"inbound","phone_number":"+14155550123")") !=
        text.npos);
  CHECK(
      text.find(R"("paused":false,"listeners":["ada \"x\""],"lines":[{"seq":1,)"
                R"("speaker":"assistant","text":"<b>Hi</b>\n","offset_ms":20,"audio_ms":400,)"
                R"("heard_ms":100,"heard_ratio":0.25}],"turns":[],"stats":null}],"dropped":5})") !=
      text.npos);
  CHECK(
      snapshot_message({}, std::nullopt, core::WallTime(0s)).after_seq.ends_with("\"calls\":[]}"));
}

TEST_CASE("audio has a header of twelve bytes in network byte order") {
  std::string out;
  append_audio(out, 1, 0x01020304, 0x0a0b0c0d * 1ms, "ulaw");
  CHECK(out == std::string("\x01\x01\x00\x00\x01\x02\x03\x04\x0a\x0b\x0c\x0d", 12) + "ulaw");
}

}  // namespace tandem::web
