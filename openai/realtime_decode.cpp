#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "openai/realtime_messages.hpp"

namespace tandem::openai {

namespace {

namespace dom = simdjson::dom;
using std::chrono::milliseconds;

/// Reads the keys of one object and remembers the first required one that is not as it should be.
class Fields {
 public:
  explicit Fields(dom::object object) : object_(object) {}

  std::string_view text(std::string_view name) {
    std::string_view value;
    required(name, [&](dom::element element) { return element.get(value); });
    return value;
  }
  Fields object(std::string_view name) {
    dom::object value;
    required(name, [&](dom::element element) { return element.get(value); });
    return failure_ ? *this : Fields(value);
  }

  [[nodiscard]] std::string_view optional_text(std::string_view name) const {
    std::string_view value;
    return object_[name].get(value) == simdjson::SUCCESS ? value : std::string_view{};
  }
  [[nodiscard]] double optional_number(std::string_view name, double absent = 0) const {
    double value = 0;
    return object_[name].get(value) == simdjson::SUCCESS ? value : absent;
  }
  [[nodiscard]] std::optional<Fields> optional_object(std::string_view name) const {
    dom::object value;
    if (object_[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    return Fields(value);
  }
  /// Calls `read` with every object of the list; a missing list has none.
  template <class Read>
  void each(std::string_view name, Read read) const {
    dom::array list;
    if (object_[name].get(list) != simdjson::SUCCESS) return;
    for (const dom::element element : list) {
      dom::object item;
      if (element.get(item) == simdjson::SUCCESS) read(Fields(item));
    }
  }

  void take_failure(const Fields& inner) {
    if (!failure_) failure_ = inner.failure_;
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
  void fail(MessageError error, std::string_view field) {
    if (!failure_) failure_ = MessageFailure{error, field};
  }

  dom::object object_;
  std::optional<MessageFailure> failure_;
};

/// A whole number below `limit`; anything else (absent, negative, absurd) counts as 0, unknown.
std::int64_t bounded(double value, double limit) noexcept {
  return value > 0 && value < limit ? static_cast<std::int64_t>(value) : 0;
}

/// Within a day.
milliseconds offset(double value) noexcept { return milliseconds{bounded(value, 86'400'000)}; }

std::int64_t tokens(const std::optional<Fields>& fields, std::string_view name) noexcept {
  return bounded(fields ? fields->optional_number(name) : 0, 1e12);
}

ServerMessage read_session_created(Fields& fields) {
  return SessionCreated{fields.object("session").optional_text("id")};
}

std::string_view format_of(const Fields& audio, std::string_view direction) {
  const auto side = audio.optional_object(direction);
  const auto format = side ? side->optional_object("format") : std::nullopt;
  return format ? format->optional_text("type") : std::string_view{};
}

ServerMessage read_session_updated(Fields& fields) {
  const Fields session = fields.object("session");
  SessionUpdated message;
  message.id = session.optional_text("id");
  if (const auto audio = session.optional_object("audio")) {
    message.input_format = format_of(*audio, "input");
    message.output_format = format_of(*audio, "output");
  }
  return message;
}

ServerMessage read_speech_started(Fields& fields) {
  return SpeechStarted{fields.text("item_id"), offset(fields.optional_number("audio_start_ms"))};
}

ServerMessage read_speech_stopped(Fields& fields) {
  return SpeechStopped{fields.text("item_id"), offset(fields.optional_number("audio_end_ms"))};
}

ServerMessage read_committed(Fields& fields) {
  return InputCommitted{fields.text("item_id"), fields.optional_text("previous_item_id")};
}

ServerMessage read_item_added(Fields& fields) {
  Fields item = fields.object("item");
  ItemAdded message;
  message.previous_item_id = fields.optional_text("previous_item_id");
  message.item_id = item.text("id");
  message.type = item.optional_text("type");
  message.role = item.optional_text("role");
  item.each("content", [&](const Fields& part) {
    if (message.text.empty()) message.text = part.optional_text("text");
  });
  fields.take_failure(item);
  return message;
}

ServerMessage read_transcribed(Fields& fields) {
  return Transcribed{fields.text("item_id"), fields.text("transcript")};
}

ServerMessage read_transcription_failed(Fields& fields) {
  const auto error = fields.optional_object("error");
  return TranscriptionFailed{fields.text("item_id"),
                             error ? error->optional_text("code") : std::string_view{}};
}

ServerMessage read_response_created(Fields& fields) {
  Fields response = fields.object("response");
  ResponseCreated message{response.text("id"), {}};
  if (const auto metadata = response.optional_object("metadata")) {
    message.wanted_by = metadata->optional_text("event_id");
  }
  fields.take_failure(response);
  return message;
}

ServerMessage read_audio_delta(Fields& fields) {
  return AudioDelta{fields.text("response_id"), fields.text("item_id"), fields.text("delta"),
                    static_cast<int>(bounded(fields.optional_number("content_index"), 1000))};
}

ServerMessage read_spoken_delta(Fields& fields) {
  return SpokenText{fields.text("item_id"), fields.text("delta"), false};
}

ServerMessage read_spoken_whole(Fields& fields) {
  return SpokenText{fields.text("item_id"), fields.text("transcript"), true};
}

ResponseStatus status_of(std::string_view word) noexcept {
  if (word == "completed") return ResponseStatus::completed;
  if (word == "cancelled") return ResponseStatus::cancelled;
  if (word == "incomplete") return ResponseStatus::incomplete;
  if (word == "failed") return ResponseStatus::failed;
  return ResponseStatus::unknown;
}

void read_output(const Fields& item, ResponseDone& message) {
  const std::string_view type = item.optional_text("type");
  if (type == "function_call" && item.optional_text("status") == "completed") {
    message.calls.push_back({item.optional_text("call_id"), item.optional_text("name"),
                             item.optional_text("arguments")});
  } else if (type == "message") {
    SpokenItem spoken{item.optional_text("id"), {}};
    item.each("content", [&](const Fields& part) {
      if (spoken.text.empty()) spoken.text = part.optional_text("transcript");
    });
    message.spoken.push_back(spoken);
  }
}

TokenUsage usage_of(const Fields& response) {
  TokenUsage usage;
  const auto told = response.optional_object("usage");
  if (!told) return usage;
  const auto input = told->optional_object("input_token_details");
  const auto output = told->optional_object("output_token_details");
  usage.input_text = tokens(input, "text_tokens");
  usage.input_audio = tokens(input, "audio_tokens");
  usage.output_text = tokens(output, "text_tokens");
  usage.output_audio = tokens(output, "audio_tokens");
  return usage;
}

ServerMessage read_response_done(Fields& fields) {
  Fields response = fields.object("response");
  ResponseDone message;
  message.id = response.text("id");
  message.status = status_of(response.optional_text("status"));
  if (const auto details = response.optional_object("status_details")) {
    message.reason = details->optional_text("reason");
    if (const auto error = details->optional_object("error")) {
      message.error_type = error->optional_text("type");
      message.error_code = error->optional_text("code");
    }
  }
  response.each("output", [&](const Fields& item) { read_output(item, message); });
  message.usage = usage_of(response);
  fields.take_failure(response);
  return message;
}

ServerMessage read_rate_limits(Fields& fields) {
  RateLimits message;
  fields.each("rate_limits", [&](const Fields& limit) {
    if (limit.optional_number("remaining", 1) > 0) return;
    message.reset = std::max(message.reset, offset(limit.optional_number("reset_seconds") * 1000));
  });
  return message;
}

ServerMessage read_error(Fields& fields) {
  const Fields error = fields.object("error");
  return ErrorMessage{error.optional_text("type"), error.optional_text("code"),
                      error.optional_text("event_id")};
}

struct MessageType {
  std::string_view name;
  ServerMessage (*read)(Fields&);
};
// The most frequent first.
constexpr MessageType message_types[] = {
    {"response.output_audio.delta", read_audio_delta},
    {"response.output_audio_transcript.delta", read_spoken_delta},
    {"response.output_audio_transcript.done", read_spoken_whole},
    {"input_audio_buffer.speech_started", read_speech_started},
    {"input_audio_buffer.speech_stopped", read_speech_stopped},
    {"input_audio_buffer.committed", read_committed},
    {"conversation.item.added", read_item_added},
    {"conversation.item.created", read_item_added},
    {"conversation.item.input_audio_transcription.completed", read_transcribed},
    {"conversation.item.input_audio_transcription.failed", read_transcription_failed},
    {"response.created", read_response_created},
    {"response.done", read_response_done},
    {"rate_limits.updated", read_rate_limits},
    {"session.created", read_session_created},
    {"session.updated", read_session_updated},
    {"error", read_error},
};

core::Result<ServerMessage, MessageFailure> read_message(dom::object object) {
  Fields fields(object);
  const std::string_view type = fields.text("type");
  ServerMessage message = Ignored{};
  const auto* known = std::find_if(std::begin(message_types), std::end(message_types),
                                   [&](const MessageType& entry) { return entry.name == type; });
  if (known != std::end(message_types)) message = known->read(fields);
  if (fields.failure()) return core::Failure{*fields.failure()};
  return message;
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

core::Result<ServerMessage, MessageFailure> decode_server_message(std::string_view text) {
  // One per thread, not per call: it grows to several times the largest message it has met.
  thread_local dom::parser parser;
  dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) {
    return core::Failure{MessageFailure{MessageError::not_json, {}}};
  }
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    return core::Failure{MessageFailure{MessageError::not_an_object, {}}};
  }
  return read_message(object);
}

}  // namespace tandem::openai
