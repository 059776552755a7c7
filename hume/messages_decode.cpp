#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "codec/json_object.hpp"
#include "hume/json_repair.hpp"
#include "hume/messages.hpp"

namespace tandem::hume {

namespace {

namespace dom = simdjson::dom;
using std::chrono::milliseconds;

std::string write_scores(dom::object scores) {
  constexpr std::size_t name_bytes_max = 64;
  std::string json;
  std::size_t count = 0;
  codec::JsonObjectWriter object(json);
  for (const auto& [name, value] : scores) {
    if (name.size() > name_bytes_max || ++count > scores_max) continue;
    double score = 0;
    const bool is_number = value.get(score) == simdjson::SUCCESS;
    object.raw(name, is_number ? fmt::format("{:.4g}", std::clamp(score, 0.0, 1.0)) : "null");
  }
  object.close();
  return count == 0 ? std::string() : json;
}

/// Reads the keys of one object and remembers the first required one that is not as it should be.
class Fields {
 public:
  Fields(dom::object object, EmotionScores emotions) : object_(object), emotions_(emotions) {}

  std::string_view text(std::string_view name) {
    std::string_view value;
    required(name, [&](dom::element element) { return element.get(value); });
    return value;
  }
  bool flag(std::string_view name) {
    bool value = false;
    required(name, [&](dom::element element) { return element.get(value); });
    return value;
  }
  std::int64_t integer(std::string_view name) {
    std::int64_t value = 0;
    required(name, [&](dom::element element) { return element.get(value); });
    return value;
  }
  dom::object object(std::string_view name) {
    dom::object value;
    required(name, [&](dom::element element) { return element.get(value); });
    return value;
  }

  [[nodiscard]] std::string_view optional_text(std::string_view name) const {
    std::string_view value;
    return object_[name].get(value) == simdjson::SUCCESS ? value : std::string_view{};
  }
  [[nodiscard]] double optional_number(std::string_view name) const {
    double value = 0;
    return object_[name].get(value) == simdjson::SUCCESS ? value : 0;
  }
  [[nodiscard]] std::optional<Fields> optional_object(std::string_view name) const {
    dom::object value;
    if (object_[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    return Fields(value, emotions_);
  }

  /// `models.prosody.scores`.
  [[nodiscard]] std::string scores() const {
    if (emotions_ == EmotionScores::skip) return {};
    const auto models = optional_object("models");
    const auto prosody = models ? models->optional_object("prosody") : std::nullopt;
    const auto found = prosody ? prosody->optional_object("scores") : std::nullopt;
    return found ? write_scores(found->object_) : std::string();
  }

  /// `message.content` of user and assistant messages: null is legal and means no words.
  std::string_view content() {
    const dom::object message = object("message");
    if (failure_) return {};
    dom::element content;
    if (message["content"].get(content) != simdjson::SUCCESS || content.is_null()) return {};
    std::string_view value;
    if (content.get(value) != simdjson::SUCCESS) fail(MessageError::wrong_type, "message.content");
    return value;
  }

  void fail(MessageError error, std::string_view field) {
    if (!failure_) failure_ = MessageFailure{error, field};
  }
  [[nodiscard]] const std::optional<MessageFailure>& failure() const noexcept { return failure_; }

 private:
  template <class Get>
  void required(std::string_view name, Get get) {
    dom::element element;
    if (object_[name].get(element) != simdjson::SUCCESS || element.is_null()) {
      fail(MessageError::missing_field, name);
    } else if (get(element) != simdjson::SUCCESS) {
      fail(MessageError::wrong_type, name);
    }
  }

  dom::object object_;
  EmotionScores emotions_;
  std::optional<MessageFailure> failure_;
};

/// Milliseconds within a day; anything else (absent, negative, absurd) counts as unknown.
milliseconds offset(double value) noexcept {
  if (!(value > 0 && value < 86'400'000)) return milliseconds{0};
  return milliseconds{static_cast<std::int64_t>(value)};
}

ServerMessage read_chat_metadata(Fields& fields) {
  return ChatMetadata{std::string(fields.text("chat_id")),
                      std::string(fields.text("chat_group_id")),
                      std::string(fields.optional_text("request_id"))};
}

ServerMessage read_user_message(Fields& fields) {
  UserMessage message;
  message.content = fields.content();
  message.interim = fields.flag("interim");
  message.from_text = fields.flag("from_text");
  if (const auto time = fields.optional_object("time")) {
    message.begin = offset(time->optional_number("begin"));
    message.end = offset(time->optional_number("end"));
  }
  message.scores = fields.scores();
  return message;
}

ServerMessage read_assistant_message(Fields& fields) {
  AssistantMessage message;
  message.id = fields.optional_text("id");
  message.content = fields.content();
  message.from_text = fields.flag("from_text");
  message.is_quick_response = fields.flag("is_quick_response");
  return message;
}

ServerMessage read_assistant_prosody(Fields& fields) {
  return AssistantProsody{std::string(fields.optional_text("id")), fields.scores()};
}

ServerMessage read_audio_output(Fields& fields) {
  return AudioOutput{fields.text("id"), fields.integer("index"), fields.text("data")};
}

ServerMessage read_assistant_end(Fields&) { return AssistantEnd{}; }

ServerMessage read_user_interruption(Fields& fields) {
  return UserInterruption{fields.optional_number("time")};
}

ServerMessage read_tool_call(Fields& fields) {
  ToolCall message;
  message.tool_call_id = fields.text("tool_call_id");
  message.name = fields.text("name");
  message.parameters = fields.text("parameters");
  message.tool_type = fields.optional_text("tool_type");
  message.response_required = fields.flag("response_required");
  return message;
}

ServerMessage read_tool_response(Fields& fields) {
  ToolResponse message;
  message.tool_call_id = fields.text("tool_call_id");
  message.content = fields.text("content");
  message.tool_name = fields.optional_text("tool_name");
  message.tool_type = fields.optional_text("tool_type");
  return message;
}

ServerMessage read_tool_error(Fields& fields) {
  ToolError message;
  message.tool_call_id = fields.text("tool_call_id");
  message.error = fields.text("error");
  message.code = fields.optional_text("code");
  message.content = fields.optional_text("content");
  message.level = fields.optional_text("level");
  message.tool_type = fields.optional_text("tool_type");
  return message;
}

ServerMessage read_settings_echo(Fields&) { return SettingsEcho{}; }

ServerMessage read_error(Fields& fields) {
  // Only the code is insisted on: an error that we cannot read would be taken for none.
  ErrorMessage message;
  message.code = fields.text("code");
  message.slug = fields.optional_text("slug");
  message.message = fields.optional_text("message");
  message.request_id = fields.optional_text("request_id");
  return message;
}

struct MessageType {
  std::string_view name;
  ServerMessage (*read)(Fields&);
};
constexpr MessageType message_types[] = {
    {"chat_metadata", read_chat_metadata},         {"user_message", read_user_message},
    {"assistant_message", read_assistant_message}, {"assistant_prosody", read_assistant_prosody},
    {"audio_output", read_audio_output},           {"assistant_end", read_assistant_end},
    {"user_interruption", read_user_interruption}, {"tool_call", read_tool_call},
    {"tool_response", read_tool_response},         {"tool_error", read_tool_error},
    {"session_settings", read_settings_echo},      {"error", read_error},
};

DecodedMessage read_message(dom::object object, EmotionScores emotions) {
  Fields fields(object, emotions);
  const std::string_view type = fields.text("type");
  ServerMessage message = UnknownMessage{std::string(type)};
  for (const MessageType& known : message_types) {
    if (known.name == type && !fields.failure()) message = known.read(fields);
  }
  if (fields.failure()) return core::Failure{*fields.failure()};
  return message;
}

simdjson::error_code parse(dom::parser& parser, std::string_view text, dom::element& root) {
  const auto error = parser.parse(text.data(), text.size()).get(root);
  if (error == simdjson::SUCCESS) return error;
  std::string mended;
  if (!repair_json(text, mended)) return error;
  return parser.parse(mended).get(root);
}

}  // namespace

std::string_view to_string(MessageError error) noexcept {
  switch (error) {
    case MessageError::not_json:
      return "not_json";
    case MessageError::not_an_object:
      return "not_an_object";
    case MessageError::missing_field:
      return "missing_field";
    case MessageError::wrong_type:
      return "wrong_type";
  }
  return "unknown";
}

DecodedMessage decode_document(std::string_view text, EmotionScores emotions) {
  // One per thread, not per call: it grows to several times the largest message it has met.
  thread_local dom::parser parser;
  dom::element root;
  if (parse(parser, text, root) != simdjson::SUCCESS) {
    return core::Failure{MessageFailure{MessageError::not_json, {}}};
  }
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    return core::Failure{MessageFailure{MessageError::not_an_object, {}}};
  }
  return read_message(object, emotions);
}

DecodedMessage decode_server_message(std::string_view text, EmotionScores emotions) {
  if (const auto audio = scan_audio_output(text)) return ServerMessage{*audio};
  return decode_document(text, emotions);
}

}  // namespace tandem::hume
