#include "hume/messages.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include "hume/json_repair.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using hume::MessageError;

namespace {

std::string user_message(const std::string& content, const std::string& scores,
                         const std::string& time) {
  return R"({"type":"user_message","from_text":false,"interim":false,"message":{"content":)" +
         content + R"(},"models":{"prosody":{"scores":)" + scores + R"(}},"time":)" + time + "}";
}

hume::UserMessage decode_user(const std::string& text) {
  const auto decoded = hume::decode_server_message(text);
  REQUIRE(decoded.ok());
  return std::get<hume::UserMessage>(*decoded);
}

struct BadCase {
  const char* text;
  MessageError error;
  const char* field;
};

void check_refused(const BadCase& bad) {
  INFO(bad.text);
  const auto decoded = hume::decode_server_message(bad.text);
  REQUIRE_FALSE(decoded.ok());
  CHECK(to_string(decoded.error().error) == to_string(bad.error));
  CHECK(decoded.error().field == bad.field);
}

}  // namespace

TEST_CASE("EVI text that is no message is refused with its named error", "[hume]") {
  const BadCase cases[] = {
      {"", MessageError::not_json, ""},
      {"   ", MessageError::not_json, ""},
      {"{", MessageError::not_json, ""},
      {"{\"type\":\"assistant_end\"", MessageError::not_json, ""},
      {"{\"type\":\"assistant_end\"} x", MessageError::not_json, ""},
      {"{\"type\":\"assistant_end\",}", MessageError::not_json, ""},
      {"{'type':'assistant_end'}", MessageError::not_json, ""},
      {"[]", MessageError::not_an_object, ""},
      {"null", MessageError::not_an_object, ""},
      {"\"assistant_end\"", MessageError::not_an_object, ""},
      {"{}", MessageError::missing_field, "type"},
      {R"({"type":null})", MessageError::missing_field, "type"},
      {R"({"type":7})", MessageError::wrong_type, "type"},
  };
  for (const BadCase& bad : cases) check_refused(bad);
}

TEST_CASE("each EVI decoder names the required key that is missing or of the wrong type",
          "[hume]") {
  const BadCase cases[] = {
      {R"({"type":"chat_metadata","chat_group_id":"g"})", MessageError::missing_field, "chat_id"},
      {R"({"type":"chat_metadata","chat_id":"c","chat_group_id":null})",
       MessageError::missing_field, "chat_group_id"},
      {R"({"type":"chat_metadata","chat_id":5,"chat_group_id":"g"})", MessageError::wrong_type,
       "chat_id"},
      {R"({"type":"user_message","from_text":false,"interim":false})", MessageError::missing_field,
       "message"},
      {R"({"type":"user_message","from_text":false,"interim":false,"message":"hi"})",
       MessageError::wrong_type, "message"},
      {R"({"type":"user_message","from_text":false,"interim":false,"message":{"content":["a"]}})",
       MessageError::wrong_type, "message.content"},
      {R"({"type":"user_message","from_text":false,"message":{}})", MessageError::missing_field,
       "interim"},
      {R"({"type":"user_message","interim":"no","from_text":false,"message":{}})",
       MessageError::wrong_type, "interim"},
      {R"({"type":"user_message","interim":true,"message":{}})", MessageError::missing_field,
       "from_text"},
      {R"({"type":"assistant_message","from_text":false,"is_quick_response":false})",
       MessageError::missing_field, "message"},
      {R"({"type":"assistant_message","from_text":1,"is_quick_response":false,"message":{}})",
       MessageError::wrong_type, "from_text"},
      {R"({"type":"assistant_message","from_text":false,"message":{}})",
       MessageError::missing_field, "is_quick_response"},
      {R"({"type":"audio_output","index":0,"data":""})", MessageError::missing_field, "id"},
      {R"({"type":"audio_output","id":"a","data":""})", MessageError::missing_field, "index"},
      {R"({"type":"audio_output","id":"a","index":0})", MessageError::missing_field, "data"},
      {R"({"type":"audio_output","id":"a","index":"0","data":""})", MessageError::wrong_type,
       "index"},
      {R"({"type":"audio_output","id":"a","index":0.5,"data":""})", MessageError::wrong_type,
       "index"},
      {R"({"type":"audio_output","id":"a","index":0,"data":null})", MessageError::missing_field,
       "data"},
      {R"({"type":"audio_output","id":7,"index":0,"data":""})", MessageError::wrong_type, "id"},
      {R"({"type":"tool_call","name":"n","parameters":"{}","response_required":true})",
       MessageError::missing_field, "tool_call_id"},
      {R"({"type":"tool_call","tool_call_id":"t","parameters":"{}","response_required":true})",
       MessageError::missing_field, "name"},
      {R"({"type":"tool_call","tool_call_id":"t","name":"n","parameters":{}})",
       MessageError::wrong_type, "parameters"},
      {R"({"type":"tool_call","tool_call_id":"t","name":"n","parameters":"{}"})",
       MessageError::missing_field, "response_required"},
      {R"({"type":"tool_response","content":"done"})", MessageError::missing_field, "tool_call_id"},
      {R"({"type":"tool_response","tool_call_id":"t"})", MessageError::missing_field, "content"},
      {R"({"type":"tool_error","tool_call_id":"t"})", MessageError::missing_field, "error"},
      {R"({"type":"error","slug":"s","message":"m"})", MessageError::missing_field, "code"},
      {R"({"type":"error","code":1011,"slug":"s","message":"m"})", MessageError::wrong_type,
       "code"},
  };
  for (const BadCase& bad : cases) check_refused(bad);
}

TEST_CASE("unknown EVI types and keys are no errors", "[hume]") {
  const auto unknown =
      hume::decode_server_message(R"({"type":"weather_report","sky":{"blue":[1,2]}})");
  REQUIRE(unknown.ok());
  CHECK(std::get<hume::UnknownMessage>(*unknown).type == "weather_report");
  const auto audio = hume::decode_server_message(
      R"({"type":"audio_output","is_final_chunk":true,"extra":{"deep":[{}]},)"
      R"("id":"a","index":3,"data":"QUJD"})");
  REQUIRE(audio.ok());
  CHECK(std::get<hume::AudioOutput>(*audio).data == "QUJD");
}

TEST_CASE("null content of an EVI message is no text, not the word null", "[hume]") {
  CHECK(decode_user(user_message("null", "{}", R"({"begin":1,"end":2})")).content.empty());
}

TEST_CASE("optional EVI values of the wrong type count as absent", "[hume]") {
  const auto message = decode_user(user_message("\"hi\"", "{}", "\"soon\""));
  CHECK(message.content == "hi");
  CHECK(message.begin.count() == 0);
  const auto metadata = hume::decode_server_message(
      R"({"type":"chat_metadata","chat_id":"c","chat_group_id":"g","request_id":[]})");
  REQUIRE(metadata.ok());
  CHECK(std::get<hume::ChatMetadata>(*metadata).request_id.empty());
}

TEST_CASE("E27: emotion scores that are no numbers cost neither the words nor their time",
          "[hume]") {
  for (const std::string score : {"NaN", "-NaN", "Infinity", "-Infinity", "nan", "1e999", "-1e999",
                                  "7", "null", "\"0.5\"", "123456789012345678901234567890"}) {
    INFO(score);
    const auto message = decode_user(user_message("\"NaN is a bread\"", "{\"Joy\":" + score + "}",
                                                  R"({"begin":120,"end":900})"));
    CHECK(message.content == "NaN is a bread");
    CHECK(message.end == std::chrono::milliseconds(900));
  }
  CHECK(decode_user(user_message("\"hi\"", "null", "null")).content == "hi");
}

TEST_CASE("E27: emotion scores are read when asked for: from 0 to 1, and null for what is none",
          "[hume]") {
  const auto text = user_message(
      "\"hi\"",
      R"j({"Joy":0.0825,"Surprise (negative)":NaN,"Awe":7,"Calm\u0022ness":-1,"Doubt":"0.5"})j",
      "{}");
  CHECK(decode_user(text).scores.empty());
  const auto read = hume::decode_server_message(text, hume::EmotionScores::read);
  REQUIRE(read.ok());
  CHECK(std::get<hume::UserMessage>(*read).scores ==
        R"j({"Joy":0.0825,"Surprise (negative)":null,"Awe":1,"Calm\"ness":0,"Doubt":null})j");
  for (const std::string models :
       {"null", "{}", R"({"prosody":null})", R"({"prosody":{"scores":{}}})",
        R"({"prosody":{"scores":[1]}})"}) {
    INFO(models);
    const auto none = hume::decode_server_message(
        R"({"type":"assistant_prosody","id":"u","models":)" + models + "}",
        hume::EmotionScores::read);
    REQUIRE(none.ok());
    CHECK(std::get<hume::AssistantProsody>(*none).scores.empty());
  }
}

TEST_CASE("E27: a time that is no usable number is unknown", "[hume]") {
  for (const std::string time : {"NaN", "-5", "1e300", "null", "\"x\""}) {
    INFO(time);
    CHECK(decode_user(user_message("\"hi\"", "{}", "{\"begin\":" + time + ",\"end\":7}"))
              .begin.count() == 0);
  }
}

TEST_CASE("E17: half a surrogate pair in EVI text becomes the replacement character", "[hume]") {
  const std::string replacement = "\xEF\xBF\xBD";
  CHECK(decode_user(user_message(R"("ok \ud83d")", "{}", "{}")).content == "ok " + replacement);
  CHECK(decode_user(user_message(R"("\udc00 ok")", "{}", "{}")).content == replacement + " ok");
  CHECK(decode_user(user_message(R"("\ud83d\ud83d\ude00")", "{}", "{}")).content ==
        replacement + "\xF0\x9F\x98\x80");
}

TEST_CASE("E17: EVI text that is not UTF-8 is not JSON", "[hume]") {
  for (const std::string bytes : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xE2\x82"}) {
    const auto decoded = hume::decode_server_message(user_message("\"" + bytes + "\"", "{}", "{}"));
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.error().error == MessageError::not_json);
  }
}

TEST_CASE("JSON repair leaves good JSON and the insides of strings alone", "[hume]") {
  std::string out;
  for (const std::string good :
       {R"({"a":[1,-2.5e3,true,null,"NaN, \"Infinity\" \ud83d\ude00"]})", "", "[]", R"("\\u12")"}) {
    CHECK_FALSE(hume::repair_json(good, out));
    CHECK(out == good);
  }
  CHECK(hume::repair_json(R"({"NaN":NaN,"x":-Infinity})", out));
  CHECK(out == R"({"NaN":null,"x":null})");
  for (const std::string broken : {"\"", "\"\\", "\"\\u", "\"\\ud83d", "{\"a", "NaNa"}) {
    hume::repair_json(broken, out);
    CHECK(out.size() <= broken.size() + 6);
  }
}

TEST_CASE("EVI messages nested a thousand deep are refused, not followed", "[hume]") {
  std::string text = R"({"type":"assistant_end","x":)";
  text.append(5000, '[').append(5000, ']').append("}");
  const auto decoded = hume::decode_server_message(text);
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().error == MessageError::not_json);
}

TEST_CASE("what we send to EVI is JSON whatever the text", "[hume]") {
  std::string out;
  encode(hume::AssistantInput{"say \"hi\"\n\\ \x01 \xFF"}, out);
  CHECK(out ==
        "{\"type\":\"assistant_input\",\"text\":\"say \\\"hi\\\"\\n\\\\ \\u0001 \xEF\xBF\xBD\"}");
  out.clear();
  hume::SessionSettings settings;
  settings.variables = {{"a", 0.5}, {"b", std::int64_t{-3}}, {"c", false}};
  settings.variables.emplace_back("e", std::numeric_limits<double>::infinity());
  encode(settings, out);
  CHECK(out == R"({"type":"session_settings","variables":{"a":0.5,"b":-3,"c":false,"e":0}})");
}
