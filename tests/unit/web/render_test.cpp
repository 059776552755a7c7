#include "web/render.hpp"

#include <simdjson.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "tests/unit/catch.hpp"
#include "web/answers.hpp"
#include "web/json.hpp"
#include "web/parameters.hpp"

using namespace tandem;

namespace {

/// The example that the browser tests show, without its white space.
std::string fixture(const std::string& name) {
  std::ifstream file(TANDEM_SOURCE_DIR "/tests/browser/fixtures/" + name + ".json");
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  simdjson::dom::parser parser;
  return simdjson::minify(parser.parse(text.str()));
}

std::string minified(const std::string& json) {
  simdjson::dom::parser parser;
  return simdjson::minify(parser.parse(json));
}

core::WallTime at(std::string_view text) { return web::parse_rfc3339(text).value(); }

const std::string call_id = "0a1b2c3d-0000-4000-8000-000000000001";

store::CallRow example_row() {
  store::CallRow call;
  call.id = call_id;
  call.call_sid = "CA00000000000000000000000000000001";
  call.stream_sid = "MZ00000000000000000000000000000001";
  call.direction = "inbound";
  call.phone_number = core::PhoneNumber("+15555550123");
  call.from_number = core::PhoneNumber("+15555550123");
  call.to_number = core::PhoneNumber("+15555550100");
  call.status = "completed";
  call.start_time = at("2026-11-22T12:40:00.12Z");
  call.answered_time = at("2026-11-22T12:40:01Z");
  call.end_time = at("2026-11-22T12:41:05Z");
  call.duration_s = 65;
  call.end_reason = "agent_hung_up";
  call.provider = "hume";
  call.chat_id = "00000000-aaaa-4000-8000-000000000001";
  call.chat_group_id = "00000000-bbbb-4000-8000-000000000001";
  call.node = "bridge-1";
  call.analysis_state = "done";
  call.outcome = "booked";
  call.confidence = 0.96;
  call.total_messages = 6;
  call.interruptions = 1;
  return call;
}

store::Verdict example_verdict() {
  return {
      .state = "done",
      .outcome = "booked",
      .booking_detected = true,
      .confidence = 0.96,
      .evidence = {{3, "Thursday at ten is perfect"}, {4, "you are booked for Thursday at ten"}},
      .appointment = store::AgreedAppointment{.when_text = "Thursday at ten",
                                              .date = "2026-11-26",
                                              .time = "10:00",
                                              .party = std::nullopt,
                                              .service = "cleaning",
                                              .name = "",
                                              .phone = "",
                                              .kind = "new"},
      .reason = "The caller accepted the offered time and the agent confirmed it.",
      .model = "gemini-3.5-flash-lite",
      .prompt_version = "1",
      .attempts = 1,
      .analysed_at = at("2026-11-22T12:41:08Z")};
}

core::TurnLatency turn(std::int32_t number, std::array<std::int64_t, 7> us) {
  return {.turn = number,
          .to_last_audio_sent_us = us[0],
          .to_text_final_us = us[1],
          .to_first_audio_us = us[2],
          .to_carrier_us = us[3],
          .to_audible_us = us[4],
          .unexplained_us = us[5],
          .gap_us = us[6]};
}

store::CallLatency example_latency() {
  store::CallLatency latency;
  latency.turns = {turn(1, {21400, 312000, 488200, 2300, 118000, 4100, 946000}),
                   turn(2, {20800, 295500, 731000, 1900, 124000, 9000, 1182200}),
                   turn(3, {22000, 402100, 1240000, 2600, 121500, 61800, 1850000})};
  latency.uplink_transit = {3204, 212, 640, 1180, 4210};
  latency.downlink_transit = {1445, 341, 910, 1620, 5030};
  latency.audio = {3210, 3204, 6, 12, 31240, 28900, 2340};
  latency.talk_ratio = 0.34;
  latency.interruptions = 1;
  return latency;
}

}  // namespace

TEST_CASE("the browser tests' examples of a call are what the program writes") {
  CHECK(web::render_calls({{example_row()}, ""}) == fixture("calls"));
  const store::HistoryComparison comparison{
      .result = "match", .matched = 6, .reason = "", .checked_at = at("2026-11-22T12:42:01Z")};
  CHECK(web::render_call({example_row(), example_verdict(), comparison}, example_latency()) ==
        fixture("call"));
  CHECK(web::render_latency(call_id, example_latency()) == fixture("latency"));
}

TEST_CASE("the browser tests' examples of a transcript and of events have the program's members") {
  const std::vector<store::TranscriptLine> lines = {
      {0, "assistant",
       "Good afternoon, this is the assistant of Harbour Dental. How can I help you today?",
       at("2026-11-22T12:40:00Z"), 900, "assistant_message", 4700, 4700, 1.0, "live"}};
  const std::string written = web::render_transcript(call_id, lines);
  const std::string example = fixture("transcript");
  // all of it up to the end of the first entry
  CHECK(example.substr(0, written.size() - 2) == written.substr(0, written.size() - 2));

  const std::vector<store::EventLine> events = {
      {0, "state_changed", R"({"to": "connecting"})", at("2026-11-22T12:40:00.12Z"), 0},
      {1, "state_changed", R"({"to": "talking"})", at("2026-11-22T12:40:01Z"), 0}};
  CHECK(minified(web::render_events(call_id, events)) == fixture("events"));
}

TEST_CASE("the browser tests run under the program's own security headers") {
  web::JsonWriter json;
  json.begin_object();
  for (const auto& [name, value] : web::security_headers()) json.member(name, value);
  CHECK(json.end_object().finish() == fixture("security_headers"));
}

TEST_CASE("a call that has just begun renders with null for everything unknown") {
  store::CallRow call;
  call.id = call_id;
  call.status = "queued";
  const std::string json = web::render_call({call, std::nullopt}, std::nullopt);
  simdjson::dom::parser parser;
  const auto document = parser.parse(json);
  for (const std::string name :
       {"direction", "phone_number", "answered_time", "end_time", "duration", "end_reason",
        "provider", "call_sid", "talk_ratio", "audio", "reconciliation"}) {
    INFO(name);
    CHECK(document[name].is_null());
  }
  CHECK(std::string_view(document["outcome"]["label"]) == "pending");
  CHECK(document["outcome"]["state"].is_null());
  CHECK(document["outcome"]["evidence"].get_array().size() == 0);
  CHECK(document["outcome"]["appointment"].is_null());
  CHECK(document["outcome"]["suspicions"].get_array().size() == 0);
}

TEST_CASE("a verdict names the lines that speak to the judge") {
  store::Verdict verdict = example_verdict();
  verdict.suspicions = {{5, "order"}, {5, "markup"}};
  simdjson::dom::parser parser;
  const auto lines =
      parser.parse(web::render_call({example_row(), verdict}, {}))["outcome"]["suspicions"];
  REQUIRE(lines.get_array().size() == 2);
  CHECK(std::int64_t{lines.at(1)["seq"]} == 5);
  CHECK(std::string_view(lines.at(1)["what"]) == "markup");
}

TEST_CASE("the outcome of a call is one word") {
  struct Case {
    std::string state, outcome;
    bool ended;
    std::string label;
  };
  for (const Case& test : std::vector<Case>{{"", "", false, "pending"},
                                            {"", "", true, "none"},
                                            {"queued", "", true, "pending"},
                                            {"running", "", true, "pending"},
                                            {"done", "booked", true, "booked"},
                                            {"done", "not_booked", true, "not_booked"},
                                            {"done", "unclear", true, "unclear"},
                                            {"done", "", true, "needs_review"},
                                            {"needs_review", "booked", true, "needs_review"},
                                            {"failed", "", true, "failed"}}) {
    store::CallRow call;
    call.analysis_state = test.state;
    call.outcome = test.outcome;
    if (test.ended) call.end_time = core::WallTime{};
    INFO(test.state << " " << test.outcome);
    CHECK(web::outcome_label(call) == test.label);
  }
}

TEST_CASE("A02: hostile text stays a JSON string and bytes that are no UTF-8 become U+FFFD") {
  const std::vector<std::string> hostile = {"</script><script>alert(1)</script>",
                                            "\" } ], \\ \" \n \r \t",
                                            std::string("nul \0 inside", 12), "\xE2\x80\xAE bidi"};
  simdjson::dom::parser parser;
  for (const std::string& text : hostile) {
    store::TranscriptLine line;
    line.message = text;
    const auto document = parser.parse(web::render_transcript(call_id, {line}));
    CHECK(std::string_view(document["entries"].at(0)["message"]) == text);
  }
  store::TranscriptLine line;
  line.message = "a\xFFz";
  const auto document = parser.parse(web::render_transcript("\xC0\xAF", {line}));
  CHECK(std::string_view(document["entries"].at(0)["message"]) == "a\xEF\xBF\xBDz");
}

TEST_CASE("event data that is no JSON object cannot break the answer") {
  for (const std::string data : {"", "{", "[1]", "\"}", "{\"a\":1}}, {"}) {
    const std::string json = web::render_events(call_id, {{0, "odd", data, core::WallTime{}, 0}});
    simdjson::dom::parser parser;
    INFO(data);
    CHECK(parser.parse(json)["events"].at(0)["event_data"].get_object().size() == 0);
  }
}

TEST_CASE("numbers that JSON cannot say become null") {
  web::JsonWriter json;
  json.begin_array()
      .value(std::numeric_limits<double>::quiet_NaN())
      .value(std::numeric_limits<double>::infinity())
      .value(0.1)
      .value(std::numeric_limits<std::int64_t>::min());
  CHECK(json.end_array().finish() == "[null,null,0.1,-9223372036854775808]");
}

TEST_CASE("A15: a problem document carries hostile words as JSON") {
  const auto response = web::problem(400, "a\r\nb", "\"quoted\"", {{"n\n", "code", "words"}});
  CHECK(response.body ==
        R"({"type":"about:blank","title":"a\r\nb","status":400,"detail":"\"quoted\"",)"
        R"("errors":[{"name":"n\n","code":"code","detail":"words"}]})");
}
