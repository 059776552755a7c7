#include "openai/realtime_errors.hpp"

#include <algorithm>

namespace tandem::openai {

namespace {

using enum call::VoiceSeverity;
using std::chrono::milliseconds;

/// What a server in trouble is given before the next attempt; the call doubles it.
constexpr milliseconds server_pause{250};

constexpr ErrorRule rules[] = {
    // Nobody's fault: two writers raced, or the caller spoke meanwhile.
    {"conversation_already_has_active_response", warning, std::nullopt, "active_response"},
    {"response_cancel_not_active", warning, std::nullopt, "cancel_not_active"},
    {"input_audio_buffer_commit_empty", warning, std::nullopt, "commit_empty"},
    {"item_not_found", warning, std::nullopt, "item_not_found"},
    // The account or the settings: asking again cannot help.
    {"insufficient_quota", fatal, fatal, "quota"},
    {"billing_hard_limit_reached", fatal, fatal, "quota"},
    {"account_deactivated", fatal, fatal, "account"},
    {"invalid_api_key", fatal, fatal, "auth"},
    {"model_not_found", fatal, fatal, "model"},
    // The session, not the provider.
    {"session_expired", retry_fresh, retry_fresh, "session_expired"},
    {"rate_limit_exceeded", warning, retry, "rate_limit"},
    {"inference_rate_limit_exceeded", warning, retry, "rate_limit"},
    {"server_error", warning, retry, "server"},
    // One message of ours was refused; of the settings it is fatal, which the provider decides.
    {"unknown_parameter", warning, fatal, "bad_request"},
    {"invalid_value", warning, fatal, "bad_request"},
    {"missing_required_parameter", warning, fatal, "bad_request"},
    {"invalid_request_error", warning, std::nullopt, "bad_request"},
};

/// Reasons in plain words, as the service writes them.
struct ReasonText {
  std::string_view text;
  std::string_view word;
};
constexpr ReasonText reason_texts[] = {
    {"maximum duration", "session_expired"},
    {"exceeded your current quota", "insufficient_quota"},
    {"Incorrect API key", "invalid_api_key"},
    {"Rate limit", "rate_limit_exceeded"},
};

struct CloseRule {
  std::uint16_t code;
  call::VoiceSeverity severity;
  std::string_view why;
};
// Codes marked `retry` are those after which OpenAI's SDK reconnects a Realtime session.
constexpr CloseRule close_rules[] = {
    {1000, ended, "closed_normal"}, {1001, retry, "going_away"},    {1002, fatal, "protocol_error"},
    {1003, fatal, "unsupported"},   {1005, retry, "closed_silent"}, {1006, retry, "lost"},
    {1007, fatal, "invalid_text"},  {1008, fatal, "policy"},        {1009, fatal, "too_big"},
    {1010, fatal, "extension"},     {1011, retry, "server"},        {1012, retry, "restart"},
    {1013, retry, "try_later"},     {1015, fatal, "tls"},
};

const ErrorRule* find_rule(std::string_view word) noexcept {
  const auto* found = std::find_if(std::begin(rules), std::end(rules),
                                   [&](const ErrorRule& rule) { return rule.word == word; });
  return found == std::end(rules) ? nullptr : found;
}

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

call::VoiceVerdict make(call::VoiceSeverity severity, std::string_view why,
                        milliseconds retry_after = milliseconds{0}) {
  return {severity, std::string(why), retry_after};
}

}  // namespace

std::span<const ErrorRule> error_rules() noexcept { return rules; }

const ErrorRule* rule_for(std::string_view code, std::string_view type) noexcept {
  const ErrorRule* rule = find_rule(code);
  return rule != nullptr ? rule : find_rule(type);
}

const ErrorRule* rule_in(std::string_view reason) noexcept {
  for (const ErrorRule& rule : rules) {
    if (reason.find(rule.word) != std::string_view::npos) return &rule;
  }
  for (const ReasonText& known : reason_texts) {
    if (reason.find(known.text) != std::string_view::npos) return find_rule(known.word);
  }
  return nullptr;
}

call::VoiceVerdict verdict_on_close(std::uint16_t code) {
  for (const CloseRule& rule : close_rules) {
    if (rule.code != code) continue;
    const bool is_busy = code == 1012 || code == 1013;
    return make(rule.severity, rule.why, is_busy ? server_pause : milliseconds{0});
  }
  return make(fatal, "closed_unknown");
}

call::VoiceVerdict verdict_on_refusal(int status) {
  if (status == 0) return make(retry, "unreachable");
  if (status == 401 || status == 403) return make(fatal, "auth");
  if (status == 404) return make(fatal, "not_found");
  if (status == 408) return make(retry, "timeout");
  if (status == 429) return make(retry, "rate_limit", rate_limit_pause);
  if (status >= 500) return make(retry, "server", server_pause);
  return make(fatal, "refused");
}

std::string short_word(std::string_view text) {
  std::string word(text.substr(0, 64));
  for (char& c : word) {
    if (!is_word(c)) c = '_';
  }
  return word;
}

}  // namespace tandem::openai
