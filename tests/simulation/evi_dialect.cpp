// Hume EVI's chat messages from the server's side, as its SDK's types describe them.
#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <cstring>

#include "codec/base64.hpp"
#include "tests/simulation/dialect.hpp"

namespace tandem::simulation {

namespace {

constexpr std::string_view audio_head = R"({"type":"audio_input","data":")";
constexpr std::string_view audio_tail = R"("})";
constexpr std::size_t wav_header_bytes = 44;

std::string words(std::string_view type, std::string_view role, const Said& said) {
  return fmt::format(
      R"({{"type":"{}","id":"{}","message":{{"role":"{}","content":"{}"}},"from_text":{},)"
      R"("interim":{},"is_quick_response":false,"time":{{"begin":{},"end":{}}},)"
      R"("models":{{"prosody":{{"scores":{{"Calmness":0.41,"Joy":0.2}}}}}}}})",
      type, said.id, role, said.text, said.is_typed, said.is_interim, said.begin_ms, said.end_ms);
}

void write_wav_header(std::span<std::uint8_t> file, int rate_hz) {
  const auto data = static_cast<std::uint32_t>(file.size() - wav_header_bytes);
  const auto rate = static_cast<std::uint32_t>(rate_hz);
  const auto put = [&file](std::size_t at, std::uint32_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
      file[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  };
  constexpr std::string_view layout = "RIFF....WAVEfmt ....................data";
  static_assert(layout.size() == 40);
  std::memcpy(file.data(), layout.data(), layout.size());
  put(4, data + 36, 4);
  put(16, 16, 4);
  put(20, 1, 2);
  put(22, 1, 2);
  put(24, rate, 4);
  put(28, rate * 2, 4);
  put(32, 2, 2);
  put(34, 16, 2);
  put(40, data, 4);
}

std::string unreadable(std::int64_t which) {
  static constexpr std::array<std::string_view, 6> texts = {
      "{", "", "[]", R"({"type":"user_message"})", R"({"type":"audio_output","id":3})", "\xC0\x80"};
  return std::string(texts[static_cast<std::size_t>(which) % texts.size()]);
}

}  // namespace

std::string EviDialect::write_audio(const Said& said) {
  file_.resize(wav_header_bytes + said.samples.size() * 2);
  write_wav_header(file_, said.rate_hz);
  if (!said.samples.empty()) {
    std::memcpy(file_.data() + wav_header_bytes, said.samples.data(), said.samples.size() * 2);
  }
  if (said.kind == Said::Kind::audio_bad_file) std::memcpy(file_.data(), "RUFF", 4);
  std::string text;
  text.reserve(codec::encoded_size(file_.size()) + 100);
  text +=
      fmt::format(R"({{"type":"audio_output","id":"{}","index":{},"data":")", said.id, said.index);
  codec::base64_encode(file_, text);
  if (said.kind == Said::Kind::audio_bad_base64) text[text.size() - 5] = '*';
  text += R"("})";
  return text;
}

std::string EviDialect::write(const Said& said) {
  using enum Said::Kind;
  switch (said.kind) {
    case ready:
      return fmt::format(R"({{"type":"chat_metadata","chat_id":"{}","chat_group_id":"{}",)"
                         R"("request_id":"request-1"}})",
                         said.id, said.text);
    case caller_text:
      return words("user_message", "user", said);
    case agent_text:
      return words("assistant_message", "assistant", said);
    case audio:
    case audio_bad_base64:
    case audio_bad_file:
      return write_audio(said);
    case scores:
      return fmt::format(R"({{"type":"assistant_prosody","id":"{}","models":{{}}}})", said.id);
    case turn_ended:
      return R"({"type":"assistant_end"})";
    case interrupted:
      return R"({"type":"user_interruption","time":1795000000})";
    case tool_call:
      return fmt::format(R"({{"type":"tool_call","tool_call_id":"{}","tool_type":"function",)"
                         R"("name":"look_up","parameters":"{{}}","response_required":true}})",
                         said.id);
    case hang_up:
      return R"({"type":"tool_response","tool_call_id":"hang-up-1","content":"done",)"
             R"("tool_name":"hang_up","tool_type":"builtin"})";
    case error:
      return fmt::format(R"({{"type":"error","code":"{}","slug":"invented","message":"m"}})",
                         said.text);
    case settings_echo:
      return R"({"type":"session_settings"})";
    case speech_began:
    case speech_ended:
    case committed:
    case turn_begins:
    case sentence_ended:
    case item_echo:
    case turn_refused:
      return {};
    case unknown:
      return R"({"type":"next_year","is_final_chunk":true})";
    case unreadable:
      return simulation::unreadable(said.index);
  }
  return {};
}

Overheard EviDialect::read(std::string_view text) {
  using enum Overheard::Kind;
  if (text.starts_with(audio_head) && text.ends_with(audio_tail)) {
    text.remove_prefix(audio_head.size());
    text.remove_suffix(audio_tail.size());
    file_.resize(codec::decoded_size_max(text.size()) + 1);
    const auto decoded = codec::base64_decode(text, file_);
    if (!decoded || decoded.size == 0 || decoded.size % 2 != 0) return {};
    samples_.resize(decoded.size / 2);
    std::memcpy(samples_.data(), file_.data(), decoded.size);
    return {audio, {}, samples_};
  }
  static thread_local simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view type;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS ||
      root["type"].get(type) != simdjson::SUCCESS) {
    return {};
  }
  std::string_view content;
  const bool has_text = root["text"].get(content) == simdjson::SUCCESS;
  if (type == "user_input" && has_text) return {typed, std::string(content), {}};
  if (type == "assistant_input" && has_text) return {say, std::string(content), {}};
  if (type == "session_settings") return {context, {}, {}};
  if (type == "pause_assistant_message") return {pause, {}, {}};
  if (type == "resume_assistant_message") return {resume, {}, {}};
  if (type == "tool_response" || type == "tool_error") return {tool_answer, {}, {}};
  return {};
}

}  // namespace tandem::simulation
