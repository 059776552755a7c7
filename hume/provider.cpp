#include "hume/provider.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "bridge/core/result.hpp"

namespace tandem::hume {

namespace {

constexpr std::string_view chat_path = "/v0/evi/chat";

/// Encoded names as the official SDK writes them. The format stands in the URL so that it is set
/// before the first byte of audio; a settings message would race with it.
constexpr std::string_view audio_query =
    "verbose_transcription=true"
    "&session_settings%5Baudio%5D%5Bencoding%5D=linear16"
    "&session_settings%5Baudio%5D%5Bsample_rate%5D=8000"
    "&session_settings%5Baudio%5D%5Bchannels%5D=1";

constexpr call::VoiceCapabilities evi_capabilities{.can_resume = true,
                                                   .speaks_verbatim = true,
                                                   .sends_interim_text = true,
                                                   .reports_interruptions = true,
                                                   .wants_client_pings = true,
                                                   .session_cap = std::chrono::seconds{1800},
                                                   .roll_over_at = std::chrono::seconds{1700}};

constexpr std::size_t context_bytes_max = 16 * 1024;

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

EviProvider::EviProvider(std::shared_ptr<const EviSettings> settings, EviPersona persona)
    : settings_(std::move(settings)), persona_(std::move(persona)), context_(persona_.context) {
  BRIDGE_ASSERT(settings_ != nullptr);
}

const call::VoiceCapabilities& EviProvider::capabilities() const noexcept {
  return evi_capabilities;
}

call::VoiceEndpoint EviProvider::open(bool resume) {
  if (last_error_ != nullptr && last_error_->once) ++lost_to_errors_;
  resuming_ = resume && !chat_group_id_.empty();
  ready_ = false;
  hanging_up_ = false;
  last_error_ = nullptr;
  utterances_ = {};

  call::VoiceEndpoint endpoint;
  endpoint.url = settings_->base_url;
  endpoint.url.scheme = settings_->base_url.uses_tls() ? "wss" : "ws";
  endpoint.url.target = chat_target();
  endpoint.headers.emplace_back("X-Hume-Api-Key", settings_->api_key.expose());
  return endpoint;
}

std::string EviProvider::chat_target() const {
  std::string target = settings_->base_url.target;
  target.erase(std::min(target.find('?'), target.size()));
  while (target.ends_with('/')) target.pop_back();
  target += chat_path;
  target += '?';
  target += audio_query;
  if (!settings_->config_id.empty()) {
    target += "&config_id=";
    core::append_url_encoded(target, settings_->config_id);
  }
  if (settings_->config_version) {
    fmt::format_to(std::back_inserter(target), "&config_version={}", *settings_->config_version);
  }
  if (resuming_) {
    target += "&resumed_chat_group_id=";
    core::append_url_encoded(target, chat_group_id_);
  }
  return target;
}

void EviProvider::set_history(std::vector<call::SpokenLine> lines) {
  if (lines.empty()) return;
  std::string told = "What was said on this call so far:";
  for (const auto& line : lines) {
    told += line.speaker == core::Speaker::user ? "\nCaller: " : "\nYou: ";
    told += line.text;
  }
  add_context(told);
}

void EviProvider::set_brief(std::string_view text) {
  add_context(text);
  context_kept_ = context_.size();
}

/// EVI knows one persistent context, which the next one replaces: so it grows, and the oldest goes.
void EviProvider::add_context(std::string_view text) {
  if (!context_.empty()) context_ += '\n';
  context_ += text;
  if (context_.size() <= context_bytes_max) return;
  const auto excess = context_.size() - context_bytes_max;
  auto cut = context_.find('\n', context_kept_ + excess);
  if (cut == std::string::npos) cut = context_.size() - text.size() - 1;
  const auto end = context_kept_ > 0 ? cut : cut + 1;
  context_.erase(context_kept_, end - context_kept_);
}

void EviProvider::encode_opening(std::vector<std::string>& messages) {
  SessionSettings settings;
  settings.system_prompt = persona_.system_prompt;
  if (!context_.empty()) settings.context = ContextSetting{context_, "persistent"};
  settings.variables = persona_.variables;
  if (settings.system_prompt.empty() && !settings.context && settings.variables.empty()) return;
  encode(settings, messages.emplace_back());
}

core::Result<core::Done, call::VoiceFailure> EviProvider::decode(std::string_view text,
                                                                 Events& events) {
  const auto emotions = settings_->keeps_emotions ? EmotionScores::read : EmotionScores::skip;
  const DecodedMessage message = decode_server_message(text, emotions);
  if (!message.ok()) {
    const bool is_json = message.error().error != MessageError::not_json;
    return core::Failure{call::VoiceFailure{is_json ? call::VoiceWireError::bad_shape
                                                    : call::VoiceWireError::not_json}};
  }
  std::visit([&](const auto& known) { handle(known, events); }, *message);
  return core::Done{};
}

void EviProvider::encode_nudge(std::string& out) { encode_text(nudge_text, out); }

void EviProvider::handle(const ChatMetadata& message, Events& events) {
  chat_group_id_ = message.chat_group_id;
  if (std::exchange(ready_, true)) return;
  events.emplace_back(call::VoiceReady{core::ChatId(message.chat_id),
                                       core::ChatGroupId(message.chat_group_id), resuming_});
}

void EviProvider::handle(const UserMessage& message, Events& events) {
  talk_goes_on();
  if (is_blank(message.content)) return;
  if (message.from_text && message.content == nudge_text)
    return void(events.emplace_back(call::VoiceNudged{}));
  events.emplace_back(call::VoiceText{.speaker = core::Speaker::user,
                                      .text = message.content,
                                      .utterance = {},
                                      .is_final = !message.interim,
                                      .is_typed = message.from_text,
                                      .begin = message.begin,
                                      .end = message.end});
  if (!message.interim && !message.scores.empty())
    events.emplace_back(call::VoiceEmotions{core::Speaker::user, {}, message.scores});
}

void EviProvider::handle(const AssistantMessage& message, Events& events) {
  talk_goes_on();
  if (is_blank(message.content)) return;
  events.emplace_back(call::VoiceText{.speaker = core::Speaker::assistant,
                                      .text = message.content,
                                      .utterance = message.id,
                                      .is_final = true,
                                      .is_typed = message.from_text});
}

void EviProvider::handle(const AssistantProsody& message, Events& events) {
  if (message.id.empty() || message.scores.empty()) return;
  events.emplace_back(call::VoiceEmotions{core::Speaker::assistant, message.id, message.scores});
}

void EviProvider::handle(const AssistantEnd&, Events& events) {
  events.emplace_back(call::VoiceTurnEnded{});
}

void EviProvider::handle(const UserInterruption&, Events& events) {
  events.emplace_back(call::VoiceInterrupted{});
}

void EviProvider::handle(const ToolCall& message, Events& events) {
  if (message.tool_type == "builtin") {
    // Built-in tools run at Hume: nothing to answer. That one announces the end of the call.
    if (message.name == "hang_up") hang_up(events);
    return;
  }
  events.emplace_back(call::VoiceToolCall{message.tool_call_id, message.name, message.parameters,
                                          message.response_required});
}

void EviProvider::handle(const ToolResponse& message, Events& events) {
  if (message.tool_type == "builtin" && message.tool_name == "hang_up") hang_up(events);
}

void EviProvider::handle(const ToolError& message, Events& events) {
  events.emplace_back(
      call::VoiceError{call::VoiceSeverity::warning, short_word(message.code), "tool_error"});
}

void EviProvider::handle(const ErrorMessage& message, Events& events) {
  const ErrorRule& rule = rule_for(message.code);
  last_error_ = &rule;
  events.emplace_back(call::VoiceError{once_or(rule, rule.severity), short_word(message.code),
                                       short_word(message.slug)});
}

/// Hume may tell of one hang-up twice (call and response); the call hears of it once.
void EviProvider::hang_up(Events& events) {
  if (!std::exchange(hanging_up_, true)) events.emplace_back(call::VoiceHangUp{});
}

/// A warning that the talk survived does not explain a later close.
void EviProvider::talk_goes_on() noexcept {
  if (last_error_ != nullptr && last_error_->severity == call::VoiceSeverity::warning) {
    last_error_ = nullptr;
  }
}

call::VoiceSeverity EviProvider::once_or(const ErrorRule& rule,
                                         call::VoiceSeverity severity) const noexcept {
  const bool used_up = rule.once && lost_to_errors_ > 0;
  return used_up && severity == call::VoiceSeverity::retry ? call::VoiceSeverity::fatal : severity;
}

call::VoiceVerdict EviProvider::classify_refusal(int status) const {
  return verdict_on_refusal(status, resuming_);
}

call::VoiceVerdict EviProvider::classify_close(std::uint16_t code, std::string_view) const {
  if (last_error_ != nullptr && last_error_->at_close) {
    return {once_or(*last_error_, *last_error_->at_close), std::string(last_error_->why)};
  }
  if (hanging_up_) return {call::VoiceSeverity::ended, "hang_up"};
  return verdict_on_close(code);
}

}  // namespace tandem::hume
