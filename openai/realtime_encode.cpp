#include <fmt/format.h>

#include <iterator>

#include "codec/json_object.hpp"
#include "openai/realtime_messages.hpp"

namespace tandem::openai {

namespace {

using ObjectWriter = codec::JsonObjectWriter;

constexpr std::string_view ulaw_format = R"({"type":"audio/pcmu"})";

// Every number is stated: the documented defaults contradict each other (200 and 500 ms of
// silence). 450 ms is short enough for a telephone and longer than the pause between two digits.
constexpr std::string_view detection_numbers =
    R"("threshold":0.5,"prefix_padding_ms":300,"silence_duration_ms":450)";

void write_turn_detection(bool answers_speech, std::string& out) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"type":"server_vad",{0},"create_response":{1},"interrupt_response":{1}}})",
                 detection_numbers, answers_speech);
}

void write_input(const SessionUpdate& message, std::string& out) {
  ObjectWriter input(out);
  input.raw("format", ulaw_format);
  input.raw("noise_reduction", R"({"type":"near_field"})");
  ObjectWriter transcription(input.key("transcription"));
  transcription.text("model", message.transcription_model);
  transcription.close();
  write_turn_detection(message.answers_speech, input.key("turn_detection"));
  input.close();
}

void write_output(const SessionUpdate& message, std::string& out) {
  ObjectWriter output(out);
  output.raw("format", ulaw_format);
  output.text_if_any("voice", message.voice);
  output.close();
}

void write_tool(const Tool& tool, std::string& out) {
  ObjectWriter object(out, "function");
  object.text("name", tool.name);
  object.text("description", tool.description);
  object.raw("parameters", tool.parameters);
  object.close();
}

void write_tools(const std::vector<Tool>& tools, std::string& out) {
  out += '[';
  for (const Tool& tool : tools) {
    if (out.back() != '[') out += ',';
    write_tool(tool, out);
  }
  out += ']';
}

void write_content(ItemRole role, std::string_view text, std::string& out) {
  out += '[';
  ObjectWriter part(out, role == ItemRole::assistant ? "output_text" : "input_text");
  part.text("text", text);
  part.close();
  out += ']';
}

std::string_view word(ItemRole role) noexcept {
  switch (role) {
    case ItemRole::system:
      return "system";
    case ItemRole::user:
      return "user";
    case ItemRole::assistant:
      return "assistant";
  }
  return "user";
}

}  // namespace

void encode(const SessionUpdate& message, std::string& out) {
  ObjectWriter object(out, "session.update");
  object.text("event_id", message.event_id);
  ObjectWriter session(object.key("session"), "realtime");
  session.raw("output_modalities", R"(["audio"])");
  session.text("instructions", message.instructions);
  ObjectWriter audio(session.key("audio"));
  write_input(message, audio.key("input"));
  write_output(message, audio.key("output"));
  audio.close();
  if (message.tools != nullptr) write_tools(*message.tools, session.key("tools"));
  session.text("tool_choice", "auto");
  // Bounds what a monologue can cost, and lets old turns go in large steps, so that the cached
  // prefix of the conversation stays cheap.
  session.raw("max_output_tokens", "4096");
  session.raw("truncation", R"({"type":"retention_ratio","retention_ratio":0.8})");
  session.close();
  object.close();
}

void encode(const TurnDetection& message, std::string& out) {
  ObjectWriter object(out, "session.update");
  ObjectWriter session(object.key("session"), "realtime");
  ObjectWriter audio(session.key("audio"));
  ObjectWriter input(audio.key("input"));
  write_turn_detection(message.answers_speech, input.key("turn_detection"));
  input.close();
  audio.close();
  session.close();
  object.close();
}

void encode(const CreateMessage& message, std::string& out) {
  ObjectWriter object(out, "conversation.item.create");
  object.text("event_id", message.id);
  ObjectWriter item(object.key("item"), "message");
  item.text("id", message.id);
  item.text("role", word(message.role));
  write_content(message.role, message.text, item.key("content"));
  item.close();
  object.close();
}

void encode(const CreateToolOutput& message, std::string& out) {
  ObjectWriter object(out, "conversation.item.create");
  object.text("event_id", message.id);
  ObjectWriter item(object.key("item"), "function_call_output");
  item.text("id", message.id);
  item.text("call_id", message.call_id);
  item.text("output", message.output);
  item.close();
  object.close();
}

void encode(const CreateResponse& message, std::string& out) {
  ObjectWriter object(out, "response.create");
  object.text("event_id", message.event_id);
  ObjectWriter response(object.key("response"));
  response.text_if_any("instructions", message.instructions);
  if (!message.may_call_tools) response.text("tool_choice", "none");
  ObjectWriter metadata(response.key("metadata"));
  metadata.text("event_id", message.event_id);
  metadata.text("purpose", message.purpose);
  metadata.close();
  response.close();
  object.close();
}

void encode(const CancelResponse&, std::string& out) {
  ObjectWriter object(out, "response.cancel");
  object.close();
}

void encode(const TruncateItem& message, std::string& out) {
  ObjectWriter object(out, "conversation.item.truncate");
  object.text("item_id", message.item_id);
  object.number("content_index", message.content_index);
  object.number("audio_end_ms", message.audio_end.count());
  object.close();
}

void encode(const DeleteItem& message, std::string& out) {
  ObjectWriter object(out, "conversation.item.delete");
  object.text("item_id", message.item_id);
  object.close();
}

}  // namespace tandem::openai
