#include <fmt/format.h>

#include <iterator>

#include "bridge/core/result.hpp"
#include "codec/json_object.hpp"
#include "codec/json_text.hpp"
#include "hume/messages.hpp"

namespace tandem::hume {

namespace {

using ObjectWriter = codec::JsonObjectWriter;

void write_audio(const AudioSettings& audio, std::string& out) {
  ObjectWriter object(out);
  object.text("encoding", "linear16");
  object.number("sample_rate", audio.sample_rate);
  object.number("channels", audio.channels);
  object.text_if_any("codec", audio.codec);
  object.close();
}

void write_context(const ContextSetting& context, std::string& out) {
  ObjectWriter object(out);
  object.text("text", context.text);
  object.text_if_any("type", context.type);
  object.close();
}

void write_value(const VariableValue& value, std::string& out) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    codec::append_json_string(out, *text);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    fmt::format_to(std::back_inserter(out), "{}", *integer);
  } else {
    const double number = std::get<double>(value);
    const bool finite = number - number == 0;  // JSON has no other numbers
    fmt::format_to(std::back_inserter(out), "{}", finite ? number : 0);
  }
}

void write_tool(const ToolSetting& tool, std::string& out) {
  ObjectWriter object(out);
  object.text("type", tool.type);
  object.text("name", tool.name);
  object.text("parameters", tool.parameters);
  object.text_if_any("description", tool.description);
  object.text_if_any("fallback_content", tool.fallback_content);
  object.close();
}

void write_builtin_tool(const BuiltinToolSetting& tool, std::string& out) {
  ObjectWriter object(out);
  object.text("name", tool.name);
  object.text_if_any("fallback_content", tool.fallback_content);
  object.close();
}

template <class Items, class Write>
void write_list(ObjectWriter& object, std::string_view name, const Items& items, Write write) {
  if (items.empty()) return;
  std::string& out = object.key(name);
  char separator = '[';
  for (const auto& item : items) {
    out += separator;
    write(item, out);
    separator = ',';
  }
  out += ']';
}

void write_variables(ObjectWriter& object, const SessionSettings& message) {
  if (message.variables.empty()) return;
  ObjectWriter variables(object.key("variables"));
  for (const auto& [name, value] : message.variables) write_value(value, variables.key(name));
  variables.close();
}

}  // namespace

void encode(const SessionSettings& message, std::string& out) {
  BRIDGE_ASSERT(!(message.context && message.clear_context));
  ObjectWriter object(out, "session_settings");
  object.text_if_any("custom_session_id", message.custom_session_id);
  if (message.audio) write_audio(*message.audio, object.key("audio"));
  object.text_if_any("system_prompt", message.system_prompt);
  if (message.context) write_context(*message.context, object.key("context"));
  if (message.clear_context) object.key("context") += "null";
  write_variables(object, message);
  write_list(object, "tools", message.tools, write_tool);
  write_list(object, "builtin_tools", message.builtin_tools, write_builtin_tool);
  object.text_if_any("voice_id", message.voice_id);
  object.text_if_any("language_model_api_key", message.language_model_api_key.expose());
  if (!message.metadata_json.empty()) object.key("metadata") += message.metadata_json;
  object.close();
}

void encode(const UserInput& message, std::string& out) {
  ObjectWriter object(out, "user_input");
  object.text("text", message.text);
  object.text_if_any("custom_session_id", message.custom_session_id);
  object.close();
}

void encode(const AssistantInput& message, std::string& out) {
  ObjectWriter object(out, "assistant_input");
  object.text("text", message.text);
  object.text_if_any("custom_session_id", message.custom_session_id);
  object.close();
}

void encode(const PauseAssistant& message, std::string& out) {
  ObjectWriter object(out, "pause_assistant_message");
  object.text_if_any("custom_session_id", message.custom_session_id);
  object.close();
}

void encode(const ResumeAssistant& message, std::string& out) {
  ObjectWriter object(out, "resume_assistant_message");
  object.text_if_any("custom_session_id", message.custom_session_id);
  object.close();
}

void encode(const ToolResponse& message, std::string& out) {
  ObjectWriter object(out, "tool_response");
  object.text("tool_call_id", message.tool_call_id);
  object.text("content", message.content);
  object.text_if_any("tool_name", message.tool_name);
  object.text_if_any("tool_type", message.tool_type);
  object.text_if_any("custom_session_id", message.custom_session_id);
  object.close();
}

void encode(const ToolError& message, std::string& out) {
  ObjectWriter object(out, "tool_error");
  object.text("tool_call_id", message.tool_call_id);
  object.text("error", message.error);
  object.text_if_any("code", message.code);
  object.text_if_any("content", message.content);
  object.text_if_any("level", message.level);
  object.text_if_any("tool_type", message.tool_type);
  object.text_if_any("custom_session_id", message.custom_session_id);
  object.close();
}

}  // namespace tandem::hume
