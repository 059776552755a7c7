#include "evi_messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "encoding.hpp"

namespace tandem::standins {

namespace {

enum class Shape {
  text,
  whole,
  flag,
  object,
  any,
  audio,
  context,
  variables,
  tools,
  builtin_tools,
  level
};

struct Field {
  Shape shape = Shape::text;
  bool required = false;
};
using Schema = std::map<std::string_view, Field>;

const std::map<std::string_view, Schema>& schemas() {
  static const std::map<std::string_view, Schema> known{
      {"audio_input", {{"data", {Shape::text, true}}}},
      {"session_settings",
       {{"audio", {Shape::audio}},
        {"builtin_tools", {Shape::builtin_tools}},
        {"context", {Shape::context}},
        {"language_model_api_key", {}},
        {"metadata", {Shape::object}},
        {"system_prompt", {}},
        {"tools", {Shape::tools}},
        {"variables", {Shape::variables}},
        {"voice_id", {}}}},
      {"user_input", {{"text", {Shape::text, true}}}},
      {"assistant_input", {{"text", {Shape::text, true}}}},
      {"pause_assistant_message", {}},
      {"resume_assistant_message", {}},
      {"tool_response",
       {{"tool_call_id", {Shape::text, true}},
        {"content", {Shape::text, true}},
        {"tool_name", {}},
        {"tool_type", {}}}},
      {"tool_error",
       {{"tool_call_id", {Shape::text, true}},
        {"error", {Shape::text, true}},
        {"code", {}},
        {"content", {}},
        {"level", {Shape::level}},
        {"tool_type", {}}}}};
  return known;
}

std::string problem_of(const json::object& object, const Schema& schema, std::string_view where);

std::string list_problem(const json::value& value, const Schema& item, std::string_view where) {
  if (!value.is_array()) return fmt::format("{} is not a list", where);
  for (const json::value& entry : value.as_array()) {
    if (!entry.is_object()) return fmt::format("{} holds something else than objects", where);
    if (auto problem = problem_of(entry.as_object(), item, where); !problem.empty()) return problem;
  }
  return {};
}

std::string audio_problem(const json::value& value) {
  static const Schema schema{{"encoding", {Shape::text, true}},
                             {"sample_rate", {Shape::whole, true}},
                             {"channels", {Shape::whole, true}},
                             {"codec", {}}};
  if (!value.is_object()) return "audio is not an object";
  if (auto problem = problem_of(value.as_object(), schema, "audio"); !problem.empty())
    return problem;
  return value.at("encoding").as_string() == "linear16" ? "" : "audio.encoding is not linear16";
}

std::string context_problem(const json::value& value) {
  static const Schema schema{{"text", {Shape::text, true}}, {"type", {}}};
  if (!value.is_object()) return "context is not an object";
  if (auto problem = problem_of(value.as_object(), schema, "context"); !problem.empty())
    return problem;
  const std::string type = text_or(value.as_object(), "type", "temporary");
  return type == "temporary" || type == "persistent" ? "" : "unknown context.type";
}

std::string variables_problem(const json::value& value) {
  if (!value.is_object()) return "variables is not an object";
  for (const auto& [name, variable] : value.as_object()) {
    if (!variable.is_string() && !variable.is_number() && !variable.is_bool())
      return "a variable has a wrong type";
  }
  return {};
}

std::string value_problem(const json::value& value, Shape shape, std::string_view where) {
  static const Schema tool{{"type", {Shape::text, true}},
                           {"name", {Shape::text, true}},
                           {"parameters", {Shape::text, true}},
                           {"description", {}},
                           {"fallback_content", {}}};
  static const Schema builtin{{"name", {Shape::text, true}}, {"fallback_content", {}}};
  switch (shape) {
    case Shape::text:
      return value.is_string() ? "" : fmt::format("{} is not a string", where);
    case Shape::whole:
      return value.is_int64() || value.is_uint64() ? ""
                                                   : fmt::format("{} is not a whole number", where);
    case Shape::flag:
      return value.is_bool() ? "" : fmt::format("{} is not a boolean", where);
    case Shape::object:
      return value.is_object() ? "" : fmt::format("{} is not an object", where);
    case Shape::any:
      return {};
    case Shape::audio:
      return audio_problem(value);
    case Shape::context:
      return context_problem(value);
    case Shape::variables:
      return variables_problem(value);
    case Shape::tools:
      return list_problem(value, tool, where);
    case Shape::builtin_tools:
      return list_problem(value, builtin, where);
    case Shape::level:
      return value.is_string() && value.as_string() == "warn" ? "" : "level is not 'warn'";
  }
  return {};
}

std::string problem_of(const json::object& object, const Schema& schema, std::string_view where) {
  for (const auto& [key, field] : schema) {
    if (field.required && !has(object, key)) return fmt::format("{}.{} is missing", where, key);
  }
  for (const auto& [key, value] : object) {
    const auto field = schema.find(std::string_view(key));
    if (field == schema.end())
      return fmt::format("{}.{} is not a known key", where, std::string_view(key));
    if (value.is_null()) continue;  // null equals absent
    auto problem = value_problem(value, field->second.shape,
                                 fmt::format("{}.{}", where, std::string_view(key)));
    if (!problem.empty()) return problem;
  }
  return {};
}

const std::vector<std::string_view>& emotions() {
  static const std::vector<std::string_view> names{"Admiration",
                                                   "Adoration",
                                                   "Aesthetic Appreciation",
                                                   "Amusement",
                                                   "Anger",
                                                   "Anxiety",
                                                   "Awe",
                                                   "Awkwardness",
                                                   "Boredom",
                                                   "Calmness",
                                                   "Concentration",
                                                   "Confusion",
                                                   "Contemplation",
                                                   "Contempt",
                                                   "Contentment",
                                                   "Craving",
                                                   "Desire",
                                                   "Determination",
                                                   "Disappointment",
                                                   "Disgust",
                                                   "Distress",
                                                   "Doubt",
                                                   "Ecstasy",
                                                   "Embarrassment",
                                                   "Empathic Pain",
                                                   "Entrancement",
                                                   "Envy",
                                                   "Excitement",
                                                   "Fear",
                                                   "Guilt",
                                                   "Horror",
                                                   "Interest",
                                                   "Joy",
                                                   "Love",
                                                   "Nostalgia",
                                                   "Pain",
                                                   "Pride",
                                                   "Realization",
                                                   "Relief",
                                                   "Romance",
                                                   "Sadness",
                                                   "Satisfaction",
                                                   "Shame",
                                                   "Surprise (negative)",
                                                   "Surprise (positive)",
                                                   "Sympathy",
                                                   "Tiredness",
                                                   "Triumph"};
  return names;
}

json::object prosody() {
  json::object scores;
  for (std::size_t i = 0; i < emotions().size(); ++i) {
    scores[emotions()[i]] = 0.0025 * static_cast<double>(1 + i * 37 % 97);
  }
  return {{"prosody", {{"scores", scores}}}};
}

json::object spoken(std::string_view role, std::string_view text) {
  return {{"role", role}, {"content", text}, {"tool_call", nullptr}, {"tool_result", nullptr}};
}

// Numbers and booleans of a query arrive as text.
json::value query_value(const std::string& text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (digits && text.size() < 10) return std::stol(text);
  return json::value(json::string_view(text));
}

}  // namespace

std::string client_message_problem(const json::object& message) {
  const json::value* type = message.if_contains("type");
  if (type == nullptr || !type->is_string()) return "type is missing";
  const auto schema = schemas().find(std::string_view(type->as_string()));
  if (schema == schemas().end())
    return fmt::format("unknown type '{}'", std::string_view(type->as_string()));
  Schema fields = schema->second;
  fields["type"] = {Shape::text, true};
  fields["custom_session_id"] = {};
  return problem_of(message, fields, std::string_view(type->as_string()));
}

json::object settings_of_query(const Fields& query) {
  constexpr std::string_view prefix = "session_settings[";
  json::object settings{{"type", "session_settings"}};
  for (const auto& [name, value] : query) {
    if (!name.starts_with(prefix) || !name.ends_with("]")) continue;
    const std::string_view path =
        std::string_view(name).substr(prefix.size(), name.size() - prefix.size() - 1);
    const std::size_t inner = path.find("][");
    if (inner == std::string_view::npos) {
      json::error_code error;
      json::value parsed = json::parse(value, error);
      const bool is_json_object = path == "variables" && !error && parsed.is_object();
      settings[path] = is_json_object ? parsed : json::value(json::string_view(value));
      continue;
    }
    json::value& group = settings[path.substr(0, inner)];
    if (!group.is_object()) group = json::object();
    const bool is_audio = path.starts_with("audio");
    group.as_object()[path.substr(inner + 2)] =
        is_audio ? query_value(value) : json::value(json::string_view(value));
  }
  settings.erase("event_limit");
  return settings;
}

json::object plain_message(std::string_view type) {
  return {{"type", type}, {"custom_session_id", nullptr}};
}

json::object chat_metadata(std::string_view chat_id, std::string_view group_id) {
  json::object message = plain_message("chat_metadata");
  message["chat_id"] = chat_id;
  message["chat_group_id"] = group_id;
  message["request_id"] = json::value(json::string_view(random_uuid()));
  return message;
}

json::object user_message(std::string_view text, bool from_text, bool interim,
                          std::int64_t begin_ms, std::int64_t end_ms) {
  json::object message = plain_message("user_message");
  message["from_text"] = from_text;
  message["interim"] = interim;
  message["language"] = "en";
  message["message"] = spoken("user", text);
  message["models"] = interim || from_text ? json::object{{"prosody", nullptr}} : prosody();
  message["time"] = {{"begin", begin_ms}, {"end", end_ms}};
  return message;
}

json::object assistant_message(std::string_view id, std::string_view text, bool from_text) {
  json::object message = plain_message("assistant_message");
  message["id"] = id;
  message["from_text"] = from_text;
  message["is_quick_response"] = false;
  message["language"] = "en";
  message["message"] = spoken("assistant", text);
  message["models"] = {{"prosody", nullptr}};
  return message;
}

json::object audio_output(std::string_view id, std::int64_t index, std::string_view wav_bytes) {
  json::object message = plain_message("audio_output");
  message["id"] = id;
  message["index"] = index;
  message["data"] = json::value(json::string_view(base64_encode(wav_bytes)));
  return message;
}

json::object assistant_prosody(std::string_view id) {
  json::object message = plain_message("assistant_prosody");
  message["id"] = id;
  message["models"] = prosody();
  return message;
}

json::object evi_error(std::string_view code, std::string_view slug, std::string_view text) {
  json::object message = plain_message("error");
  message["request_id"] = json::value(json::string_view(random_uuid()));
  message["code"] = code;
  message["slug"] = slug;
  message["message"] = text;
  return message;
}

}  // namespace tandem::standins
