#include "store/record_json.hpp"

#include <limits>

#include "store/json_text.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using store::RecordType;

namespace {

const core::WallTime wall{std::chrono::microseconds{1'795'000'000'123'456}};
const core::CallId call_id("00000000-0000-4000-8000-000000000001");

core::Record record(core::RecordBody body) {
  return {.call_id = call_id,
          .wall = wall,
          .offset = core::MediaOffset(12'345),
          .body = std::move(body)};
}

/// Encodes, decodes, checks what travels beside the body, and answers the decoded body.
template <class Body>
Body round_trip(const Body& body) {
  const core::Record before = record(body);
  const auto after =
      store::decode_record(store::type_of(before), wall, store::encode_record(before));
  REQUIRE(after.ok());
  CHECK(after->call_id == call_id);
  CHECK(after->wall == wall);
  CHECK(after->offset == core::MediaOffset(12'345));
  REQUIRE(std::holds_alternative<Body>(after->body));
  // encoding again gives the same bytes: nothing was lost on the way
  CHECK(store::encode_record(*after) == store::encode_record(before));
  return std::get<Body>(after->body);
}

core::CallEnded ended() {
  return {.end_reason = "caller_hung_up",
          .duration_ms = 61'500,
          .total_messages = 7,
          .interruptions = 2,
          .talk_ratio = 0.1 + 0.2,
          .turns = {{.turn = 1,
                     .to_last_audio_sent_us = 1,
                     .to_text_final_us = 2,
                     .to_first_audio_us = 3,
                     .to_carrier_us = 4,
                     .to_audible_us = 5,
                     .unexplained_us = 6,
                     .gap_us = 21},
                    {.turn = 2, .gap_us = 9'000'000'000}},
          .uplink_transit = {.count = 1, .p50_us = 2, .p95_us = 3, .p99_us = 4, .max_us = 5},
          .downlink_transit = {.count = 10, .p50_us = 20, .p95_us = 30, .p99_us = 40, .max_us = 50},
          .audio = {.caller_frames_in = 100,
                    .caller_frames_sent = 90,
                    .caller_frames_dropped = 10,
                    .silence_frames_sent = 3,
                    .agent_ms_received = 4'000,
                    .agent_ms_sent = 3'000,
                    .agent_ms_cut = 1'000}};
}

}  // namespace

TEST_CASE("call_started keeps every field through the spool") {
  const auto body =
      round_trip(core::CallStarted{.carrier_call_id = core::CarrierCallId("CA_invented"),
                                   .direction = core::Direction::outbound,
                                   .from = core::PhoneNumber("+15550100001"),
                                   .to = core::PhoneNumber("+15550100002"),
                                   .provider = "hume",
                                   .purpose = "reminder",
                                   .node = "node-a"});
  CHECK(body.carrier_call_id.str() == "CA_invented");
  CHECK(body.direction == core::Direction::outbound);
  CHECK(body.from.expose() == "+15550100001");
  CHECK(body.to.expose() == "+15550100002");
  CHECK(body.provider == "hume");
  CHECK(body.purpose == "reminder");
  CHECK(body.node == "node-a");
}

TEST_CASE("call_answered and chat_opened keep their ids through the spool") {
  CHECK(round_trip(core::CallAnswered{core::CarrierStreamId("MZ_invented")})
            .carrier_stream_id.str() == "MZ_invented");
  const auto chat =
      round_trip(core::ChatOpened{core::ChatId("chat-1"), core::ChatGroupId("group-1")});
  CHECK(chat.chat_id.str() == "chat-1");
  CHECK(chat.chat_group_id.str() == "group-1");
}

TEST_CASE("a transcript entry keeps quotes, control characters, NUL and every kind of UTF-8") {
  const std::string text =
      std::string("\"Tisch\" f\u00fcr 2\\3\n\t\x01 \u20ac \U0001f600 ") + '\0' + "end";
  const auto body = round_trip(core::TranscriptEntry{.seq = 2'147'483'647,
                                                     .speaker = core::Speaker::assistant,
                                                     .text = text,
                                                     .event_type = "assistant_message",
                                                     .source = "live"});
  CHECK(body.seq == 2'147'483'647);
  CHECK(body.speaker == core::Speaker::assistant);
  CHECK(body.text == text);
  CHECK(body.event_type == "assistant_message");
  CHECK(body.source == "live");
}

TEST_CASE("bytes that are not UTF-8 become replacement characters instead of a lost record") {
  core::TranscriptEntry entry;
  entry.text =
      "a\xff\xc0\xaf"
      "b\xed\xa0\x80"
      "c";
  const core::Record before = record(entry);
  const auto after =
      store::decode_record(store::type_of(before), wall, store::encode_record(before));
  REQUIRE(after.ok());
  const std::string& text = std::get<core::TranscriptEntry>(after->body).text;
  CHECK(text ==
        "a\ufffd\ufffd\ufffd"
        "b\ufffd\ufffd\ufffd"
        "c");
}

TEST_CASE("transcript_heard keeps its numbers through the spool") {
  const auto body = round_trip(
      core::TranscriptHeard{.seq = 3, .audio_ms = 1'500, .heard_ms = 700, .was_cut = true});
  CHECK(body.was_cut);
  CHECK_FALSE(round_trip(core::TranscriptHeard{.seq = 3, .audio_ms = 5, .heard_ms = 5}).was_cut);
  CHECK(body.seq == 3);
  CHECK(body.audio_ms == 1'500);
  CHECK(body.heard_ms == 700);
}

TEST_CASE("a call event keeps its JSON text exactly, even if it is not JSON") {
  for (const std::string json : {R"({"a":"\u0000 \ud800"})", "{broken", ""}) {
    CHECK(round_trip(core::CallEvent{.seq = 1, .type = "voice_error", .json = json}).json == json);
  }
}

TEST_CASE("call_ended keeps turns, percentiles and the audio account through the spool") {
  const auto body = round_trip(ended());
  CHECK(body.end_reason == "caller_hung_up");
  CHECK(body.duration_ms == 61'500);
  CHECK(body.talk_ratio == 0.1 + 0.2);
  REQUIRE(body.turns.size() == 2);
  CHECK(body.turns[0].to_audible_us == 5);
  CHECK(body.turns[1].gap_us == 9'000'000'000);
  CHECK(body.uplink_transit.p99_us == 4);
  CHECK(body.downlink_transit.max_us == 50);
  CHECK(body.audio.caller_frames_dropped == 10);
  CHECK(body.audio.agent_ms_cut == 1'000);
}

TEST_CASE("a talk ratio that is not a number is stored as zero") {
  core::CallEnded body = ended();
  body.talk_ratio = std::numeric_limits<double>::quiet_NaN();
  const core::Record before = record(body);
  const auto after =
      store::decode_record(store::type_of(before), wall, store::encode_record(before));
  REQUIRE(after.ok());
  CHECK(std::get<core::CallEnded>(after->body).talk_ratio == 0);
}

TEST_CASE("a carrier status keeps whether it knows a duration") {
  core::CarrierStatus status{.carrier_call_id = core::CarrierCallId("CA_invented"),
                             .status = "completed",
                             .rank = 4,
                             .duration_s = 62,
                             .answered_by = "human"};
  CHECK(round_trip(status).duration_s == 62);
  CHECK(round_trip(status).answered_by == "human");
  status.duration_s.reset();
  CHECK_FALSE(round_trip(status).duration_s.has_value());
}

TEST_CASE("a payload that is not what its type says is refused by name") {
  using store::RecordJsonError;
  const auto error_of = [](RecordType type, std::string_view payload) {
    return store::decode_record(type, wall, payload).error();
  };
  const std::string heard = R"({"call_id":"x","offset_ms":0,"seq":1,"audio_ms":2,"heard_ms":3})";
  CHECK(store::decode_record(RecordType::transcript_heard, wall, heard).ok());
  CHECK(error_of(RecordType::transcript_heard, "") == RecordJsonError::not_json);
  CHECK(error_of(RecordType::transcript_heard, "{\"call_id\":") == RecordJsonError::not_json);
  CHECK(error_of(RecordType::transcript_heard, "[]") == RecordJsonError::missing_field);
  CHECK(error_of(RecordType::transcript_heard, R"({"call_id":"x","offset_ms":0,"seq":1})") ==
        RecordJsonError::missing_field);
  CHECK(error_of(RecordType::transcript_heard,
                 R"({"call_id":"x","offset_ms":0,"seq":3000000000,"audio_ms":2,"heard_ms":3})") ==
        RecordJsonError::out_of_range);
  CHECK(
      error_of(RecordType::transcript_entry,
               R"({"call_id":"x","offset_ms":0,"seq":1,"speaker":"dog","text":"","event_type":"",)"
               R"("source":"live"})") == RecordJsonError::out_of_range);
  CHECK(error_of(static_cast<RecordType>(99), heard) == RecordJsonError::unknown_type);
}

TEST_CASE(
    "records someone acts upon are durable, frame statistics are best effort, the rest is soon") {
  using store::SyncClass;
  const auto class_of = [](core::RecordBody body) {
    return store::sync_class_of(record(std::move(body)));
  };
  CHECK(class_of(core::CallEvent{0, "opt_out", "{}"}) == SyncClass::durable);
  CHECK(class_of(core::CallEvent{0, "consent", "{}"}) == SyncClass::durable);
  CHECK(class_of(core::CallEvent{0, "frame_stats", "{}"}) == SyncClass::best_effort);
  CHECK(class_of(core::CallEvent{0, "barge_in", "{}"}) == SyncClass::soon);
  CHECK(class_of(core::TranscriptEntry{}) == SyncClass::soon);
}

TEST_CASE("P11: what PostgreSQL refuses in text and jsonb is replaced and flagged") {
  CHECK_FALSE(store::sanitise_text("plain \u20ac").changed);
  CHECK(store::sanitise_text(std::string_view("a\0b", 3)).text == "a\ufffdb");
  CHECK(store::sanitise_text("\xed\xb0\x80").changed);
  const auto json = [](std::string_view text) { return store::sanitise_json(text).text; };
  CHECK(json(R"({"a":"\u0000"})") == R"({"a":"\ufffd"})");
  CHECK(json(R"({"a":"\ud800"})") == R"({"a":"\ufffd"})");
  CHECK(json(R"({"a":"\udc00x"})") == R"({"a":"\ufffdx"})");
  CHECK(json(R"({"a":"\ud83d\ude00"})") == R"({"a":"\ud83d\ude00"})");
  CHECK(json(R"({"a":"\\u0000"})") == R"({"a":"\\u0000"})");
  CHECK(json(R"({"a":"\ud83d\u0041"})") == R"({"a":"\ufffd\u0041"})");
  CHECK(json(R"({"a":"\)") == R"({"a":"\)");
}
