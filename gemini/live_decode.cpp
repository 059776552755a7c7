#include <simdjson.h>

#include <charconv>

#include "gemini/live_messages.hpp"

namespace tandem::gemini {

namespace {

namespace dom = simdjson::dom;
using std::chrono::milliseconds;

/// Reads the keys of one object. What is absent, null or a plain value of the wrong type reads as
/// empty.
class Fields {
 public:
  explicit Fields(dom::object object) : object_(object) {}

  [[nodiscard]] std::string_view text(std::string_view name) const {
    std::string_view value;
    return object_[name].get(value) == simdjson::SUCCESS ? value : std::string_view{};
  }
  [[nodiscard]] bool flag(std::string_view name) const {
    bool value = false;
    return object_[name].get(value) == simdjson::SUCCESS && value;
  }
  [[nodiscard]] std::int64_t count(std::string_view name) const {
    std::int64_t value = 0;
    return object_[name].get(value) == simdjson::SUCCESS && value > 0 ? value : 0;
  }
  /// Nothing when there is no such key; `problem` is set when it holds something else.
  std::optional<Fields> object(std::string_view name, LiveFailure& problem) const {
    dom::element element;
    if (!find(name, element)) return std::nullopt;
    dom::object value;
    if (element.get(value) == simdjson::SUCCESS) return Fields(value);
    problem = {LiveError::wrong_type, name};
    return std::nullopt;
  }
  std::optional<dom::array> list(std::string_view name, LiveFailure& problem) const {
    dom::element element;
    if (!find(name, element)) return std::nullopt;
    dom::array value;
    if (element.get(value) == simdjson::SUCCESS) return value;
    problem = {LiveError::wrong_type, name};
    return std::nullopt;
  }
  [[nodiscard]] std::string json_object(std::string_view name) const {
    dom::object value;
    return object_[name].get(value) == simdjson::SUCCESS ? simdjson::minify(value) : "{}";
  }

 private:
  bool find(std::string_view name, dom::element& element) const {
    return object_[name].get(element) == simdjson::SUCCESS && !element.is_null();
  }
  dom::object object_;
};

/// Calls `use` with every object of a list; other elements are passed over.
template <class Use>
void for_each_object(const std::optional<dom::array>& list, Use use) {
  if (!list) return;
  for (const dom::element element : *list) {
    dom::object object;
    if (element.get(object) == simdjson::SUCCESS) use(Fields(object));
  }
}

/// A google.protobuf.Duration in JSON: "50s", "12.460s". Nothing else is a duration.
std::optional<milliseconds> duration(std::string_view text) {
  if (!text.ends_with('s')) return std::nullopt;
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_whole = end == text.data() + text.size() - 1;
  if (error != std::errc{} || !is_whole || !(seconds >= 0 && seconds < 86'400)) return std::nullopt;
  return milliseconds{static_cast<std::int64_t>(seconds * 1000 + 0.5)};
}

void read_parts(const Fields& turn, LiveServerMessage& message, LiveFailure& problem) {
  for_each_object(turn.list("parts", problem), [&](const Fields& part) {
    const auto audio = part.object("inlineData", problem);
    if (audio) message.audio.push_back({audio->text("mimeType"), audio->text("data")});
  });
}

void read_content(const Fields& content, LiveServerMessage& message, LiveFailure& problem) {
  message.interrupted = content.flag("interrupted");
  if (const auto turn = content.object("modelTurn", problem)) read_parts(*turn, message, problem);
  const auto transcription = [&](std::string_view name) {
    const auto value = content.object(name, problem);
    return value ? value->text("text") : std::string_view{};
  };
  message.input_text = transcription("inputTranscription");
  message.interim_input_text = transcription("interimInputTranscription");
  message.output_text = transcription("outputTranscription");
  message.generation_complete = content.flag("generationComplete");
  message.turn_complete = content.flag("turnComplete");
  message.turn_complete_reason = content.text("turnCompleteReason");
  message.waiting_for_input = content.flag("waitingForInput");
}

void read_calls(const Fields& tool_call, LiveServerMessage& message, LiveFailure& problem) {
  for_each_object(tool_call.list("functionCalls", problem), [&](const Fields& call) {
    message.calls.push_back(
        {std::string(call.text("id")), std::string(call.text("name")), call.json_object("args")});
  });
}

void read_cancellation(const Fields& cancellation, LiveServerMessage& message,
                       LiveFailure& problem) {
  const auto ids = cancellation.list("ids", problem);
  if (!ids) return;
  for (const dom::element element : *ids) {
    std::string_view id;
    if (element.get(id) == simdjson::SUCCESS) message.cancelled_calls.emplace_back(id);
  }
}

/// Tokens of modality AUDIO in a list of counts per modality.
std::optional<std::int64_t> audio_tokens(const std::optional<dom::array>& details) {
  if (!details) return std::nullopt;
  std::int64_t tokens = 0;
  for_each_object(details, [&](const Fields& detail) {
    if (detail.text("modality") == "AUDIO") tokens += detail.count("tokenCount");
  });
  return tokens;
}

LiveUsage read_usage(const Fields& fields, LiveFailure& problem) {
  LiveUsage usage;
  usage.prompt = fields.count("promptTokenCount") + fields.count("toolUsePromptTokenCount");
  usage.prompt_audio = audio_tokens(fields.list("promptTokensDetails", problem));
  usage.response = fields.count("responseTokenCount");
  usage.response_audio = audio_tokens(fields.list("responseTokensDetails", problem));
  usage.thoughts = fields.count("thoughtsTokenCount");
  return usage;
}

std::optional<bool> caller_speaks(const Fields& root, LiveFailure& problem) {
  std::string_view word;
  if (const auto activity = root.object("voiceActivity", problem)) {
    word = activity->text("voiceActivityType");
  }
  if (const auto signal = root.object("voiceActivityDetectionSignal", problem)) {
    word = signal->text("vadSignalType");
  }
  if (word == "ACTIVITY_START" || word == "VAD_SIGNAL_TYPE_SOS") return true;
  if (word == "ACTIVITY_END" || word == "VAD_SIGNAL_TYPE_EOS") return false;
  return std::nullopt;
}

void read_session(const Fields& root, LiveServerMessage& message, LiveFailure& problem) {
  if (const auto complete = root.object("setupComplete", problem)) {
    message.setup_complete = true;
    message.session_id = complete->text("sessionId");
  }
  if (const auto update = root.object("sessionResumptionUpdate", problem)) {
    message.resumption = {std::string(update->text("newHandle")), update->flag("resumable")};
  }
  if (const auto notice = root.object("goAway", problem)) {
    message.go_away = duration(notice->text("timeLeft")).value_or(milliseconds{0});
  }
  if (const auto usage = root.object("usageMetadata", problem)) {
    message.usage = read_usage(*usage, problem);
  }
}

std::optional<LiveFailure> read_message(const Fields& root, LiveServerMessage& message) {
  LiveFailure problem;
  read_session(root, message, problem);
  if (const auto content = root.object("serverContent", problem)) {
    read_content(*content, message, problem);
  }
  if (const auto calls = root.object("toolCall", problem)) read_calls(*calls, message, problem);
  if (const auto cancelled = root.object("toolCallCancellation", problem)) {
    read_cancellation(*cancelled, message, problem);
  }
  message.caller_speaks = caller_speaks(root, problem);
  if (problem.field.empty()) return std::nullopt;
  return problem;
}

}  // namespace

std::string_view to_string(LiveError error) noexcept {
  switch (error) {
    case LiveError::not_json:
      return "not_json";
    case LiveError::not_an_object:
      return "not_an_object";
    case LiveError::wrong_type:
      return "wrong_type";
  }
  return "unknown";
}

void LiveServerMessage::clear() {
  auto kept = std::move(audio);
  kept.clear();
  *this = LiveServerMessage{};
  audio = std::move(kept);
}

core::Result<core::Done, LiveFailure> decode_live_message(std::string_view text,
                                                          LiveServerMessage& message) {
  message.clear();
  // One per thread, not per call: it grows to several times the largest message it has met.
  thread_local dom::parser parser;
  dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) {
    return core::Failure{LiveFailure{LiveError::not_json, {}}};
  }
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    return core::Failure{LiveFailure{LiveError::not_an_object, {}}};
  }
  if (const auto problem = read_message(Fields(object), message)) return core::Failure{*problem};
  return core::Done{};
}

}  // namespace tandem::gemini
