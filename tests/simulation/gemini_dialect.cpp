// Gemini Live's messages from the server's side, as the types of @google/genai describe them.
#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <cstring>
#include <utility>

#include "codec/base64.hpp"
#include "gemini/live_messages.hpp"
#include "tests/simulation/dialect.hpp"

namespace tandem::simulation {

namespace {

namespace dom = simdjson::dom;

constexpr std::string_view say_head = "[operator] Say exactly this";
constexpr std::string_view greeting_head = "[call connected] ";

std::string content(std::string_view fields) {
  return fmt::format(R"({{"serverContent":{{{}}}}})", fields);
}

std::string tool_call(std::string_view id, std::string_view name) {
  return fmt::format(
      R"({{"toolCall":{{"functionCalls":[{{"id":"{0}","name":"{1}","args":{{"at":"{0}"}}}}]}}}})",
      id, name);
}

std::string unreadable(std::int64_t which) {
  static constexpr std::array<std::string_view, 6> texts = {
      "{", "", "[]", R"({"serverContent":3})", R"({"setupComplete":"yes"})", "\xC0\x80"};
  return std::string(texts[static_cast<std::size_t>(which) % texts.size()]);
}

std::string_view text_at(dom::element element, std::string_view pointer) {
  std::string_view text;
  return element.at_pointer(pointer).get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

bool has(dom::element element, std::string_view pointer) {
  return element.at_pointer(pointer).error() == simdjson::SUCCESS;
}

/// A clientContent that is no history: contexts are noted, questions want an answer.
Overheard read_content(dom::element root) {
  using enum Overheard::Kind;
  const auto words = text_at(root, "/clientContent/turns/0/parts/0/text");
  bool is_complete = false;
  if (words.empty() ||
      root.at_pointer("/clientContent/turnComplete").get(is_complete) != simdjson::SUCCESS) {
    return {};
  }
  if (!is_complete) return {noted, {}, {}};
  if (words.starts_with(greeting_head)) return {greet, {}, {}};
  const auto said = words.find(": ");
  if (words.starts_with(say_head) && said != std::string_view::npos) {
    return {say, std::string(words.substr(said + 2)), {}};
  }
  return {nudge, {}, {}};
}

}  // namespace

std::string GeminiDialect::write_audio(const Said& said) {
  bytes_.resize(said.samples.size() * 2);
  if (!bytes_.empty()) std::memcpy(bytes_.data(), said.samples.data(), bytes_.size());
  const auto type = said.kind == Said::Kind::audio_bad_file
                        ? std::string("audio/opus")
                        : fmt::format("audio/pcm;rate={}", said.rate_hz);
  std::string text = fmt::format(
      R"({{"serverContent":{{"modelTurn":{{"parts":[{{"inlineData":{{"mimeType":"{}","data":")",
      type);
  codec::base64_encode(bytes_, text);
  if (said.kind == Said::Kind::audio_bad_base64) text[text.size() - 5] = '*';
  return text + R"("}}]}}})";
}

std::string GeminiDialect::write(const Said& said) {
  using enum Said::Kind;
  switch (said.kind) {
    case ready:
      return fmt::format(R"({{"setupComplete":{{"sessionId":"{}"}}}})", said.id);
    case caller_text:
      return content(fmt::format(
          R"("{}":{{"text":"{} "}})",
          said.is_interim ? "interimInputTranscription" : "inputTranscription", said.text));
    case agent_text:
      return content(fmt::format(R"("outputTranscription":{{"text":"{}"}})", said.text));
    case audio:
    case audio_bad_base64:
    case audio_bad_file:
      return write_audio(said);
    case sentence_ended:
      return content(R"("generationComplete":true)");
    case turn_ended:
      return fmt::format(
          R"({{"serverContent":{{"turnComplete":true}},)"
          R"("sessionResumptionUpdate":{{"newHandle":"handle-{}","resumable":true}},)"
          R"("usageMetadata":{{"promptTokenCount":90,"responseTokenCount":30}}}})",
          ++turns_);
    case interrupted:
      return content(R"("interrupted":true)");
    case tool_call:
      return simulation::tool_call(said.id, "look_up");
    case hang_up:
      return simulation::tool_call("hang-up-1", "hang_up");
    case error:
      // There are no messages of trouble but this one: the session will be closed.
      return R"({"goAway":{"timeLeft":"2.5s"}})";
    case scores:
    case settings_echo:
    case speech_began:
    case speech_ended:
    case committed:
    case turn_begins:
    case item_echo:
    case turn_refused:
      return {};
    case unknown:
      return R"({"nextYear":{"isFinalChunk":true}})";
    case unreadable:
      return simulation::unreadable(said.index);
  }
  return {};
}

Overheard GeminiDialect::read_audio(std::string_view base64) {
  bytes_.resize(codec::decoded_size_max(base64.size()) + 1);
  const auto decoded = codec::base64_decode(base64, bytes_);
  if (!decoded || decoded.size == 0 || decoded.size % 2 != 0) return {};
  // 16 kHz, and speech of the simulated caller is a level: every second sample tells as much.
  samples_.resize(decoded.size / 4);
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    std::memcpy(&samples_[i], bytes_.data() + 4 * i, 2);
  }
  return {Overheard::Kind::audio, {}, samples_};
}

Overheard GeminiDialect::read(std::string_view text) {
  using enum Overheard::Kind;
  constexpr auto head = gemini::live_audio_head;
  constexpr auto tail = gemini::live_audio_tail;
  if (text.starts_with(head) && text.ends_with(tail)) {
    return read_audio(text.substr(head.size(), text.size() - head.size() - tail.size()));
  }
  static thread_local dom::parser parser;
  dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return {};
  if (has(root, "/setup/model")) {
    expects_history_ = has(root, "/setup/historyConfig");
    const auto handle = text_at(root, "/setup/sessionResumption/handle");
    return {opening, std::string(expects_history_ ? "history" : handle), {}};
  }
  if (has(root, "/clientContent")) {
    return std::exchange(expects_history_, false) ? Overheard{noted, {}, {}} : read_content(root);
  }
  if (!text_at(root, "/realtimeInput/text").empty()) return {nudge, {}, {}};
  const auto scheduling = text_at(root, "/toolResponse/functionResponses/0/scheduling");
  if (scheduling == "SILENT") return {noted, {}, {}};
  if (scheduling == "WHEN_IDLE") return {tool_answer, {}, {}};
  return {};
}

}  // namespace tandem::simulation
