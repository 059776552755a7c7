#include "hume/errors.hpp"

#include <chrono>
#include <string>

namespace tandem::hume {

namespace {

using enum call::VoiceSeverity;

// In the order of Hume's numbers. E01xx and E02xx say that what we sent was malformed: a bug of
// ours, and asking again cannot help. The socket stays open after E0712; for E0705 and unknown
// codes that is not known, so it is kept until it closes by itself.
constexpr ErrorRule rules[] = {
    {"E01", fatal, fatal, false, "bad_request"},
    {"E02", fatal, fatal, false, "bad_media"},
    {"E0705", warning, retry, true, "language_model_lost"},
    {"E0708", retry_fresh, retry_fresh, false, "chat_group_not_found"},
    {"E0710", retry_fresh, retry_fresh, false, "resume_failed"},
    {"E0712", warning, std::nullopt, false, "language_model_slow"},
    {"E0714", ended, ended, false, "inactivity_timeout"},
    {"E0715", ended, ended, false, "max_duration_timeout"},
    {"E0723", fatal, fatal, false, "whole_file_sent"},
    {"I0100", retry, retry, true, "internal"},
    {"I0116", retry, retry, true, "transcription_failure"},
    {"I0118", retry, retry, true, "transcription_disconnected"},
    {"I", retry, retry, true, "internal"},
    {"", warning, retry, true, "unknown_error"},
};

struct CloseRule {
  std::uint16_t code;
  call::VoiceSeverity severity;
  std::string_view why;
};
// Only 1000 is documented ("deliberate, by either side"); the others follow RFC 6455,
// section 7.4.1.
constexpr CloseRule close_rules[] = {
    {1000, ended, "closed_normal"}, {1001, retry, "going_away"},    {1002, fatal, "protocol_error"},
    {1003, fatal, "unsupported"},   {1005, retry, "closed_silent"}, {1006, retry, "lost"},
    {1007, retry, "invalid_text"},  {1008, fatal, "policy"},        {1009, retry, "too_big"},
    {1010, fatal, "extension"},     {1011, retry, "server"},        {1012, retry, "restart"},
    {1013, retry, "try_later"},     {1014, retry, "bad_gateway"},   {1015, fatal, "tls"},
};

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

// E02, E03: half a second, then twice as long each time; a server in trouble is not helped by
// haste.
constexpr std::chrono::milliseconds server_pause{500};

call::VoiceVerdict make(call::VoiceSeverity severity, std::string_view why,
                        std::chrono::milliseconds retry_after = std::chrono::milliseconds{0}) {
  return {severity, std::string(why), retry_after};
}

}  // namespace

std::span<const ErrorRule> error_rules() noexcept { return rules; }

const ErrorRule& rule_for(std::string_view code) noexcept {
  const ErrorRule* best = nullptr;
  for (const ErrorRule& rule : rules) {
    if (!code.starts_with(rule.code)) continue;
    if (best == nullptr || rule.code.size() > best->code.size()) best = &rule;
  }
  return *best;  // "" begins every code
}

call::VoiceVerdict verdict_on_close(std::uint16_t code) {
  for (const CloseRule& rule : close_rules) {
    if (rule.code == code) return make(rule.severity, rule.why);
  }
  return make(retry, "closed_unknown");
}

call::VoiceVerdict verdict_on_refusal(int status, bool was_resume) {
  // Which status a chat group that cannot be resumed gives is not documented; these are the
  // plausible ones (E26).
  if (was_resume && (status == 400 || status == 404 || status == 410 || status == 422)) {
    return make(retry_fresh, "resume_refused");
  }
  if (status == 0) return make(retry, "unreachable");
  if (status == 401 || status == 403) return make(fatal, "auth");
  if (status == 404 || status == 410) return make(fatal, "not_found");
  if (status == 408) return make(retry, "timeout");
  if (status == 429) return make(retry, "rate_limit", server_pause);
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

}  // namespace tandem::hume
