#include "openai_realtime_shapes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::standins {

namespace {

// A shape is one of
//   "text" "flag" "whole" "number" "any"   a value of that kind
//   "=word"                                that text
//   "@name"                                the shape of that name
//   ["|", shape, ...]                      one of these; of objects, the one whose words fit
//   ["*", shape]                           a list
//   {"key": shape, "key?": shape}          an object with these keys and no others
constexpr std::string_view shapes_text = R"json({
  "@session.update": {"event_id?": "text", "session": "@session"},
  "@input_audio_buffer.append": {"event_id?": "text", "audio": "text"},
  "@input_audio_buffer.commit": {"event_id?": "text"},
  "@input_audio_buffer.clear": {"event_id?": "text"},
  "@output_audio_buffer.clear": {"event_id?": "text"},
  "@conversation.item.create": {"event_id?": "text", "previous_item_id?": "text", "item": "@item"},
  "@conversation.item.truncate": {"event_id?": "text", "item_id": "text", "content_index": "whole",
                                  "audio_end_ms": "whole"},
  "@conversation.item.delete": {"event_id?": "text", "item_id": "text"},
  "@conversation.item.retrieve": {"event_id?": "text", "item_id": "text"},
  "@response.create": {"event_id?": "text", "response?": "@response"},
  "@response.cancel": {"event_id?": "text", "response_id?": "text"},

  "@session": {
    "type": "=realtime", "model?": "text", "instructions?": "text", "prompt?": "any",
    "output_modalities?": ["*", "@modality"],
    "audio?": {"input?": "@input", "output?": "@output"},
    "tools?": ["*", "@tool"], "tool_choice?": "any", "parallel_tool_calls?": "flag",
    "reasoning?": "@reasoning", "max_output_tokens?": "@tokens", "tracing?": "any",
    "include?": ["*", "=item.input_audio_transcription.logprobs"],
    "truncation?": ["|", "=auto", "=disabled",
      {"type": "=retention_ratio", "retention_ratio": "number",
       "token_limits?": {"post_instructions?": "whole"}}]},
  "@modality": ["|", "=audio", "=text"],
  "@tokens": ["|", "whole", "=inf"],
  "@reasoning": {"effort?": ["|", "=minimal", "=low", "=medium", "=high", "=xhigh"]},
  "@format": ["|", {"type": "=audio/pcmu"}, {"type": "=audio/pcma"},
              {"type": "=audio/pcm", "rate?": "whole"}],
  "@input": {
    "format?": "@format",
    "noise_reduction?": ["|", "null", {"type?": ["|", "=near_field", "=far_field"],
                                       "strength?": "number"}],
    "transcription?": ["|", "null",
      {"model?": "text", "language?": "text", "languages?": ["*", "text"],
       "keywords?": ["*", "text"], "prompt?": "text",
       "delay?": ["|", "=minimal", "=low", "=medium", "=high", "=xhigh"]}],
    "turn_detection?": ["|", "null",
      {"type": "=server_vad", "threshold?": "number", "prefix_padding_ms?": "whole",
       "silence_duration_ms?": "whole", "idle_timeout_ms?": ["|", "null", "whole"],
       "create_response?": "flag", "interrupt_response?": "flag"},
      {"type": "=semantic_vad", "eagerness?": ["|", "=low", "=medium", "=high", "=auto"],
       "create_response?": "flag", "interrupt_response?": "flag"}]},
  "@output": {"format?": "@format", "speed?": "number", "voice?": "@voice"},
  "@voice": ["|", "=alloy", "=ash", "=ballad", "=coral", "=echo", "=sage", "=shimmer", "=verse",
             "=marin", "=cedar", {"id": "text"}],
  "@tool": {"type": "=function", "name": "text", "description?": "text", "parameters?": "any"},
  "@response": {
    "conversation?": ["|", "=auto", "=none"], "instructions?": "text", "input?": ["*", "@item"],
    "output_modalities?": ["*", "@modality"],
    "audio?": {"output?": {"format?": "@format", "voice?": "@voice"}},
    "tools?": ["*", "@tool"], "tool_choice?": "any", "parallel_tool_calls?": "flag",
    "reasoning?": "@reasoning", "max_output_tokens?": "@tokens", "prompt?": "any",
    "metadata?": "any"},
  "@status": ["|", "=completed", "=incomplete", "=in_progress"],
  "@item": ["|",
    {"type": "=message", "role": "=system", "id?": "text", "object?": "=realtime.item",
     "status?": "@status", "content": ["*", {"type": "=input_text", "text": "text"}]},
    {"type": "=message", "role": "=user", "id?": "text", "object?": "=realtime.item",
     "status?": "@status", "content": ["*", ["|", {"type": "=input_text", "text": "text"},
       {"type": "=input_audio", "audio": "text", "transcript?": "text"}]]},
    {"type": "=message", "role": "=assistant", "id?": "text", "object?": "=realtime.item",
     "status?": "@status", "content": ["*", {"type": "=output_text", "text": "text"}]},
    {"type": "=function_call", "id?": "text", "object?": "=realtime.item", "status?": "@status",
     "call_id?": "text", "name": "text", "arguments": "text"},
    {"type": "=function_call_output", "id?": "text", "object?": "=realtime.item",
     "status?": "@status", "call_id": "text", "output": "text"}]
})json";

const json::object& shapes() {
  static const json::object parsed = json::parse(shapes_text).as_object();
  return parsed;
}

using Problem = std::optional<RealtimeProblem>;

Problem problem(std::string_view code, std::string_view what, const std::string& path) {
  return RealtimeProblem{std::string(code), fmt::format("{}: '{}'.", what, path), path};
}

Problem check(const json::value& shape, const json::value& value, const std::string& path);

Problem check_word(std::string_view shape, const json::value& value, const std::string& path) {
  if (shape.starts_with('@')) return check(shapes().at(shape), value, path);
  if (shape.starts_with('=')) {
    if (value.is_string() && value.as_string() == shape.substr(1)) return std::nullopt;
    return problem("invalid_value", "Invalid value", path);
  }
  const bool fits = shape == "any" || (shape == "text" && value.is_string()) ||
                    (shape == "flag" && value.is_bool()) || (shape == "null" && value.is_null()) ||
                    (shape == "whole" && (value.is_int64() || value.is_uint64())) ||
                    (shape == "number" && value.is_number());
  if (fits) return std::nullopt;
  return problem("invalid_type", "Invalid type", path);
}

Problem check_object(const json::object& shape, const json::value& value, const std::string& path) {
  if (!value.is_object()) return problem("invalid_type", "Invalid type", path);
  const json::object& object = value.as_object();
  const auto path_of = [&](std::string_view key) {
    return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  };
  for (const auto& [key, inner] : object) {
    const auto optional = std::string(key) + "?";
    const json::value* known = shape.if_contains(key);
    if (known == nullptr) known = shape.if_contains(optional);
    if (known == nullptr) return problem("unknown_parameter", "Unknown parameter", path_of(key));
    if (auto found = check(*known, inner, path_of(key))) return found;
  }
  for (const auto& [key, inner] : shape) {
    if (!key.ends_with('?') && !object.contains(key)) {
      return problem("missing_required_parameter", "Missing required parameter", path_of(key));
    }
  }
  return std::nullopt;
}

// The words of an object ("type", "role") tell which of several was meant.
bool is_meant(const json::value& shape, const json::value& value) {
  if (!shape.is_object() || !value.is_object()) return false;
  for (const char* key : {"type", "role"}) {
    const json::value* word = shape.as_object().if_contains(key);
    if (word == nullptr || !word->is_string()) continue;
    const json::value* given = value.as_object().if_contains(key);
    if (given == nullptr || check(*word, *given, "")) return false;
  }
  return true;
}

Problem check_choice(const json::array& shape, const json::value& value, const std::string& path) {
  Problem meant;
  for (std::size_t i = 1; i < shape.size(); ++i) {
    Problem found = check(shape[i], value, path);
    if (!found) return std::nullopt;
    if (!meant && is_meant(shape[i], value)) meant = std::move(found);
  }
  return meant ? meant : problem("invalid_value", "Invalid value", path);
}

Problem check(const json::value& shape, const json::value& value, const std::string& path) {
  if (shape.is_string()) return check_word(shape.as_string(), value, path);
  if (shape.is_object()) return check_object(shape.as_object(), value, path);
  const json::array& list = shape.as_array();
  if (list[0].as_string() == "|") return check_choice(list, value, path);
  if (!value.is_array()) return problem("invalid_type", "Invalid type", path);
  for (std::size_t i = 0; i < value.as_array().size(); ++i) {
    const auto inner = fmt::format("{}[{}]", path, i);
    if (auto found = check(list[1], value.as_array()[i], inner)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<RealtimeProblem> realtime_event_problem(const json::object& event) {
  const std::string type = text_or(event, "type", "");
  const json::value* shape = shapes().if_contains("@" + type);
  // The inner shapes have names without a dot or underscore at a border of words.
  if (shape == nullptr || type.find_first_of("._") == std::string::npos)
    return RealtimeProblem{"invalid_value", fmt::format("Invalid value: '{}'.", type), "type"};
  json::object rest = event;
  rest.erase("type");
  if (auto found = check_object(shape->as_object(), rest, "")) return found;
  if (type == "conversation.item.create") {
    const std::string id = text_or(object_or_empty(event, "item"), "id", "");
    if (id.size() > 32)
      return RealtimeProblem{"string_above_max_length", "Expected at most 32 characters.",
                             "item.id"};
  }
  return std::nullopt;
}

}  // namespace tandem::standins
