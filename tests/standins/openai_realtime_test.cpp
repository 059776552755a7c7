#include "openai_realtime_plan.hpp"
#include "openai_realtime_shapes.hpp"
#include "tests/unit/catch.hpp"

namespace {

using namespace tandem::standins;

struct Refusal {
  std::string code, param;
  bool operator==(const Refusal&) const = default;
};

Refusal refusal_of(const std::string& text) {
  const auto problem = realtime_event_problem(parse_object(text));
  return problem ? Refusal{problem->code, problem->param} : Refusal{};
}

std::string session(const std::string& content) {
  return R"({"type":"session.update","session":{"type":"realtime",)" + content + "}}";
}

}  // namespace

TEST_CASE("what the SDK may send to OpenAI Realtime is accepted") {
  for (const std::string& good :
       {session(R"("audio":{"output":{"voice":"marin","format":{"type":"audio/pcmu"}}})"),
        session(R"("audio":{"output":{"voice":{"id":"voice_1"}}})"),
        session(R"("audio":{"input":{"turn_detection":null,"noise_reduction":null}})"),
        session(R"("max_output_tokens":"inf","truncation":"auto","tools":[])"),
        session(R"("max_output_tokens":100,"truncation":{"type":"retention_ratio",)"
                R"("retention_ratio":1})"),
        std::string(R"({"type":"response.create"})"),
        std::string(R"({"type":"response.create","response":{"conversation":"none","input":[]}})"),
        std::string(R"({"type":"input_audio_buffer.append","audio":"","event_id":"e"})")}) {
    INFO(good);
    CHECK(refusal_of(good) == Refusal{});
  }
}

TEST_CASE("an unknown key, word or type is refused by its name as OpenAI does") {
  const std::pair<std::string, Refusal> cases[] = {
      {session(R"("output_audio_format":"g711_ulaw")"),
       {"unknown_parameter", "session.output_audio_format"}},
      {session(R"("audio":{"input":{"format":{"type":"audio/pcmu","rate":8000}}})"),
       {"unknown_parameter", "session.audio.input.format.rate"}},
      {session(R"("audio":{"input":{"turn_detection":{"type":"server_vad","eagerness":"low"}}})"),
       {"unknown_parameter", "session.audio.input.turn_detection.eagerness"}},
      {session(R"("max_output_tokens":"many")"), {"invalid_value", "session.max_output_tokens"}},
      {session(R"("tools":[{"type":"function","name":7}])"),
       {"invalid_type", "session.tools[0].name"}},
      {R"({"type":"session.update","session":{}})", {"missing_required_parameter", "session.type"}},
      {R"({"type":"conversation.item.create","item":{"type":"message","role":"assistant",)"
       R"("content":[{"type":"input_text","text":"x"}]}})",
       {"invalid_value", "item.content[0].type"}},
      {R"({"type":"conversation.item.truncate","item_id":"i","content_index":0})",
       {"missing_required_parameter", "audio_end_ms"}},
      {R"({"type":"conversation.item.truncate","item_id":"i","content_index":0,)"
       R"("audio_end_ms":1.5})",
       {"invalid_type", "audio_end_ms"}},
      {R"({"type":"response.cancel","why":"x"})", {"unknown_parameter", "why"}},
      {R"({"type":"response.done"})", {"invalid_value", "type"}},
      {R"({"type":"session"})", {"invalid_value", "type"}},
      {R"({})", {"invalid_value", "type"}},
  };
  for (const auto& [text, refusal] : cases) {
    INFO(text);
    const Refusal found = refusal_of(text);
    CHECK(found.code == refusal.code);
    CHECK(found.param == refusal.param);
  }
  CHECK(refusal_of(R"({"type":"conversation.item.create","item":{"id":")" + std::string(33, 'x') +
                   R"(","type":"message","role":"user","content":[]}})")
            .param == "item.id");
}

TEST_CASE(
    "an answer of the OpenAI stand-in is all of its sound and words, in deltas of odd length") {
  RealtimeAnswer answer;
  answer.text = "Bramble Lane Dental, how can I help you today?";
  answer.audio = std::string(20'000, '\x55');
  plan_answer(answer, {}, 10, TimePoint{});
  using Kind = RealtimePart::Kind;
  CHECK(answer.parts.front().kind == Kind::begin);
  CHECK(answer.parts.back().kind == Kind::end);
  std::size_t bytes = 0;
  std::string words;
  for (const RealtimePart& part : answer.parts) {
    if (part.kind == Kind::audio) CHECK(part.first == bytes);
    bytes += part.kind == Kind::audio ? part.bytes : 0;
    words += part.text;
  }
  CHECK(bytes == answer.audio.size());
  CHECK(words == answer.text);
  CHECK(answer.parts.back().due - answer.parts.front().due == Milliseconds(250));
}

TEST_CASE("settings of the OpenAI stand-in that do not exist are refused") {
  CHECK_THROWS_AS(RealtimeSettings::from(parse_object(R"({"rate":48000})")), BadInput);
  CHECK_THROWS_AS(RealtimeSettings::from(parse_object(R"({"pcmu":"maybe"})")), BadInput);
  CHECK_THROWS_AS(RealtimeSettings::from(parse_object(R"({"delta_bytes":0})")), BadInput);
  CHECK(RealtimeSettings::from(parse_object(R"({"speed":8,"count":2})")).speed == 8);
}
