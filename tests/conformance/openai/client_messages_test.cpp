// OpenAI Realtime, client to server: what we encode equals the examples, message for message.
#include <array>
#include <functional>
#include <map>
#include <string>

#include "openai/realtime_messages.hpp"
#include "tests/conformance/vectors.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
namespace dom = simdjson::dom;

namespace {

/// Parses, and keeps what the elements point into.
struct Parsed {
  dom::parser parser;
  dom::element root;
  explicit Parsed(const std::string& text) : root(parser.parse(text)) {}
};

std::string example(const std::string& name) {
  const auto file = conformance::load_vectors("openai/client_messages.json");
  dom::parser parser;
  const dom::element root = parser.parse(file);
  for (const auto entry : root["messages"].get_array()) {
    const dom::element message = entry["message"];
    if (std::string_view(entry["name"]) == name) return simdjson::minify(message);
  }
  FAIL("no example " << name);
  return {};
}

template <class Message>
std::string encoded(const Message& message) {
  std::string out;
  openai::encode(message, out);
  return out;
}

/// Of a message of ours: the value at a JSON pointer, as text.
std::string at(const std::string& text, std::string_view pointer) {
  const Parsed parsed(text);
  const dom::element value = parsed.root.at_pointer(pointer);
  return simdjson::minify(value);
}

void check_equal(const std::string& ours, const std::string& theirs) {
  INFO(ours);
  INFO(theirs);
  const Parsed left(ours);
  const Parsed right(theirs);
  CHECK(conformance::json_equal(left.root, right.root));
}

}  // namespace

TEST_CASE("messages that cancel, shorten and take back equal OpenAI's examples",
          "[openai][conformance]") {
  // The examples name their events; ours do not, as no answer is matched to them.
  const auto named = [](const std::string& text, const std::string& id) {
    return R"({"event_id":")" + id + "\"," + text.substr(1);
  };
  using std::chrono::milliseconds;
  const std::string truncate = encoded(openai::TruncateItem{"item_Inv0003", 0, milliseconds{1480}});
  check_equal(named(truncate, "tr_1"), example("item_truncate"));
  check_equal(named(encoded(openai::DeleteItem{"item_Inv0003"}), "de_1"), example("item_delete"));
  check_equal(named(encoded(openai::CancelResponse{}), "ca_1"), example("response_cancel"));
}

TEST_CASE("items of ours have the shape of OpenAI's examples", "[openai][conformance]") {
  using openai::ItemRole;
  const std::pair<const char*, std::string> cases[] = {
      {"item_create_system",
       encoded(openai::CreateMessage{"it_1", ItemRole::system,
                                     "The caller's number is on file under the name Okafor."})},
      {"item_create_user_text",
       encoded(openai::CreateMessage{"it_2", ItemRole::user, "(the caller pressed 1)"})},
      {"item_create_history_assistant",
       encoded(
           openai::CreateMessage{"it_3", ItemRole::assistant, "Yes, at ten or at half past two."})},
      {"item_create_tool_output",
       encoded(openai::CreateToolOutput{"it_4", "call_Zb4xInvented01",
                                        R"({"status":"booked","start":"2026-11-24T10:00"})"})},
  };
  for (const auto& [name, ours] : cases) {
    INFO(name);
    const std::string theirs = example(name);
    for (const char* pointer : {"/type", "/event_id", "/item/type"})
      CHECK(at(ours, pointer) == at(theirs, pointer));
    const bool is_output = std::string_view(name) == "item_create_tool_output";
    for (const char* pointer : is_output ? std::array{"/item/call_id", "/item/output"}
                                         : std::array{"/item/role", "/item/content"})
      CHECK(at(ours, pointer) == at(theirs, pointer));
    CHECK(at(ours, "/item/id") == at(ours, "/event_id"));
  }
}

TEST_CASE("our session settings have the values of OpenAI's telephone example",
          "[openai][conformance]") {
  const std::vector<openai::Tool> tools = {{"hang_up", "Ends the call.", R"({"type":"object"})"}};
  const std::string ours =
      encoded(openai::SessionUpdate{.event_id = "cfg_1",
                                    .instructions = "x",
                                    .voice = "marin",
                                    .transcription_model = "gpt-live-transcribe",
                                    .tools = &tools,
                                    .answers_speech = true});
  const std::string theirs = example("session_update_phone");
  for (const char* pointer :
       {"/type", "/event_id", "/session/type", "/session/output_modalities",
        "/session/audio/input/format", "/session/audio/input/noise_reduction",
        "/session/audio/input/transcription/model", "/session/audio/output/format",
        "/session/audio/output/voice", "/session/tools/0/type", "/session/tool_choice",
        "/session/truncation", "/session/audio/input/turn_detection/type",
        "/session/audio/input/turn_detection/threshold",
        "/session/audio/input/turn_detection/prefix_padding_ms",
        "/session/audio/input/turn_detection/silence_duration_ms",
        "/session/audio/input/turn_detection/create_response",
        "/session/audio/input/turn_detection/interrupt_response"}) {
    INFO(pointer);
    CHECK(at(ours, pointer) == at(theirs, pointer));
  }
  const std::string listening = encoded(openai::TurnDetection{false});
  const std::string decides = example("session_update_bridge_decides");
  for (const char* pointer :
       {"/type", "/session/type", "/session/audio/input/turn_detection/create_response",
        "/session/audio/input/turn_detection/interrupt_response"}) {
    INFO(pointer);
    CHECK(at(listening, pointer) == at(decides, pointer));
  }
}

TEST_CASE("our wish for an answer has the shape of OpenAI's example", "[openai][conformance]") {
  const std::string ours = encoded(openai::CreateResponse{.event_id = "rc_2",
                                                          .purpose = "greeting",
                                                          .instructions = "Greet.",
                                                          .may_call_tools = false});
  const std::string theirs = example("response_create_greeting");
  for (const char* pointer :
       {"/type", "/event_id", "/response/tool_choice", "/response/metadata/purpose"})
    CHECK(at(ours, pointer) == at(theirs, pointer));
  CHECK(at(ours, "/response/metadata/event_id") == "\"rc_2\"");
  check_equal(
      encoded(openai::CreateResponse{.event_id = "rc_1", .purpose = "answer", .instructions = {}}),
      R"({"type":"response.create","event_id":"rc_1","response":)"
      R"({"metadata":{"event_id":"rc_1","purpose":"answer"}}})");
}

TEST_CASE("caller audio is appended as in OpenAI's example", "[openai][conformance]") {
  const std::string theirs = example("input_audio_append");
  const std::string audio = at(theirs, "/audio");
  check_equal(std::string(openai::append_head) + audio.substr(1, audio.size() - 2) +
                  std::string(openai::append_tail),
              theirs);
}
