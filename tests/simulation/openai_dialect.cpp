// OpenAI Realtime's events from the server's side, as the types of openai-node describe them.
#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <utility>

#include "codec/audio.hpp"
#include "codec/base64.hpp"
#include "codec/g711.hpp"
#include "codec/json_text.hpp"
#include "openai/realtime_messages.hpp"
#include "tests/simulation/dialect.hpp"

namespace tandem::simulation {

namespace {

namespace dom = simdjson::dom;

constexpr std::int64_t token_ms = 50;

/// An event with these fields, comma first.
std::string event(std::string_view type, std::string_view fields) {
  return fmt::format(R"({{"type":"{}","event_id":"event-1"{}}})", type, fields);
}

std::string json_text(std::string_view text) {
  std::string json;
  codec::append_json_string(json, text);
  return json;
}

std::string error(std::string_view code, std::string_view event_id) {
  return event("error",
               fmt::format(R"(,"error":{{"type":"invented_error","code":"{}","message":"m",)"
                           R"("param":null,"event_id":{}}})",
                           code, event_id.empty() ? "null" : json_text(event_id)));
}

/// The trouble that stands for one of the scenario's codes.
std::string_view error_code(std::string_view code) {
  static constexpr std::array<std::string_view, 6> codes = {
      "server_error",       "rate_limit_exceeded", "session_expired",
      "insufficient_quota", "invalid_value",       "next_year"};
  return codes[static_cast<std::size_t>(code.back()) % codes.size()];
}

std::string unreadable(std::int64_t which) {
  static constexpr std::array<std::string_view, 6> texts = {
      "{",
      "",
      "[]",
      R"({"type":"response.done"})",
      R"({"type":"response.output_audio.delta","response_id":3})",
      "\xC0\x80"};
  return std::string(texts[static_cast<std::size_t>(which) % texts.size()]);
}

std::string_view text_at(dom::element element, std::string_view pointer) {
  std::string_view text;
  return element.at_pointer(pointer).get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

Overheard read_settings(dom::element root) {
  using enum Overheard::Kind;
  bool answers = false;
  if (root.at_pointer("/session/audio/input/turn_detection/create_response").get(answers) !=
      simdjson::SUCCESS) {
    return {};
  }
  if (text_at(root, "/session/instructions").empty()) return {answers ? resume : pause};
  return {.kind = opening, .is_paused = !answers};
}

Overheard read_wish(dom::element root) {
  using enum Overheard::Kind;
  std::string id(text_at(root, "/response/metadata/event_id"));
  const auto purpose = text_at(root, "/response/metadata/purpose");
  if (id.empty() || id != text_at(root, "/event_id")) return {};
  if (purpose == "greeting") return {.kind = greet, .id = std::move(id)};
  if (purpose != "say") return {.kind = nudge, .id = std::move(id)};
  const auto instructions = text_at(root, "/response/instructions");
  const auto words = instructions.rfind(": ");
  if (words == std::string_view::npos) return {};
  return {say, std::string(instructions.substr(words + 2)), {}, std::move(id)};
}

}  // namespace

std::string OpenAiDialect::write_audio(const Said& said) {
  // Levels that change every 200 ms: taking samples out needs no filter.
  const auto step = static_cast<std::size_t>(said.rate_hz / codec::phone_rate_hz);
  samples_.clear();
  for (std::size_t i = 0; i < said.samples.size(); i += step) samples_.push_back(said.samples[i]);
  bytes_.resize(samples_.size());
  codec::ulaw_encode(samples_, bytes_);
  audio_ms_ += static_cast<std::int64_t>(bytes_.size()) * 1000 / codec::phone_rate_hz;
  std::string delta = "\"";
  codec::base64_encode(bytes_, delta);
  if (said.kind == Said::Kind::audio_bad_base64) delta[delta.size() - 5] = '*';
  delta += '"';
  if (said.kind == Said::Kind::audio_bad_file) delta = "3";
  return event("response.output_audio.delta",
               fmt::format(R"(,"response_id":"response-{}","item_id":"{}","output_index":0,)"
                           R"("content_index":0,"delta":{})",
                           responses_, said.id, delta));
}

std::string OpenAiDialect::write_done(std::string_view status) {
  if (!std::exchange(is_answering_, false)) return {};
  return event(
      "response.done",
      fmt::format(R"(,"response":{{"id":"response-{}","status":"{}","output":[{}],"usage":)"
                  R"({{"output_token_details":{{"audio_tokens":{}}}}}}})",
                  responses_, status, std::exchange(call_, {}),
                  std::exchange(audio_ms_, 0) / token_ms));
}

std::string OpenAiDialect::write_call(std::string_view id, std::string_view name) {
  call_ = fmt::format(R"({{"type":"function_call","status":"completed","id":"item-{0}",)"
                      R"("call_id":"{0}","name":"{1}","arguments":"{{}}"}})",
                      id, name);
  return name == "hang_up" ? std::string() : write_done("completed");
}

std::string OpenAiDialect::write(const Said& said) {
  using enum Said::Kind;
  switch (said.kind) {
    case ready:
      return event("session.updated",
                   fmt::format(R"(,"session":{{"id":"{}","audio":{{"input":{{"format":)"
                               R"({{"type":"audio/pcmu"}}}},"output":{{"format":)"
                               R"({{"type":"audio/pcmu"}}}}}}}})",
                               said.id));
    case speech_began:
      return event("input_audio_buffer.speech_started",
                   fmt::format(R"(,"item_id":"{}","audio_start_ms":{})", said.id, said.begin_ms));
    case speech_ended:
      return event("input_audio_buffer.speech_stopped",
                   fmt::format(R"(,"item_id":"{}","audio_end_ms":{})", said.id, said.end_ms));
    case committed:
      return event("input_audio_buffer.committed",
                   fmt::format(R"(,"item_id":"{}","previous_item_id":null)", said.id));
    case caller_text:
      if (said.is_interim || said.is_typed) return {};
      return event("conversation.item.input_audio_transcription.completed",
                   fmt::format(R"(,"item_id":"{}","content_index":0,"transcript":"{}")", said.id,
                               said.text));
    case turn_begins:
      is_answering_ = true;
      return event("response.created",
                   fmt::format(R"(,"response":{{"id":"response-{}","metadata":{}}})", ++responses_,
                               said.asked_by.empty()
                                   ? "null"
                                   : fmt::format(R"({{"event_id":"{}"}})", said.asked_by)));
    case agent_text:
      return event("response.output_audio_transcript.delta",
                   fmt::format(R"(,"response_id":"response-{}","item_id":"{}","delta":{})",
                               responses_, said.id, json_text(said.text)));
    case sentence_ended:
      return event("response.output_audio_transcript.done",
                   fmt::format(R"(,"response_id":"response-{}","item_id":"{}","transcript":{})",
                               responses_, said.id, json_text(said.text)));
    case audio:
    case audio_bad_base64:
    case audio_bad_file:
      return write_audio(said);
    case turn_ended:
      return write_done("completed");
    case interrupted:
      return write_done("cancelled");
    case tool_call:
      return write_call(said.id, "look_up");
    case hang_up:
      return write_call("hang-up-1", "hang_up");
    case error:
      return simulation::error(error_code(said.text), {});
    case item_echo:
      return event("conversation.item.added",
                   fmt::format(R"(,"previous_item_id":null,"item":{{"id":"{}","type":"message",)"
                               R"("role":"user","content":[{{"type":"input_text","text":{}}}]}})",
                               said.id, json_text(said.text)));
    case turn_refused:
      return simulation::error("conversation_already_has_active_response", said.id);
    case scores:
    case settings_echo:
      return {};
    case unknown:
      return event("next_year", R"(,"is_final_chunk":true)");
    case unreadable:
      return simulation::unreadable(said.index);
  }
  return {};
}

Overheard OpenAiDialect::read_audio(std::string_view base64) {
  bytes_.resize(codec::decoded_size_max(base64.size()));
  const auto decoded = codec::base64_decode(base64, bytes_);
  if (!decoded || decoded.size == 0) return {};
  bytes_.resize(decoded.size);
  samples_.resize(decoded.size);
  codec::ulaw_decode(bytes_, samples_);
  return {Overheard::Kind::audio, {}, samples_};
}

Overheard OpenAiDialect::read(std::string_view text) {
  using enum Overheard::Kind;
  constexpr auto head = openai::append_head;
  constexpr auto tail = openai::append_tail;
  if (text.starts_with(head) && text.ends_with(tail)) {
    return read_audio(text.substr(head.size(), text.size() - head.size() - tail.size()));
  }
  static thread_local dom::parser parser;
  dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return {};
  const auto type = text_at(root, "/type");
  if (type == "session.update") return read_settings(root);
  if (type == "response.create") return read_wish(root);
  if (type == "response.cancel") return {cancel};
  if (type == "conversation.item.truncate" || type == "conversation.item.delete") return {noted};
  const auto id = text_at(root, "/item/id");
  if (type != "conversation.item.create" || id.empty()) return {};
  return {item, std::string(text_at(root, "/item/content/0/text")), {}, std::string(id)};
}

}  // namespace tandem::simulation
