#include "gemini/live_errors.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace tandem::gemini {

namespace {

using enum call::VoiceSeverity;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct ReasonRule {
  std::string_view words;  ///< in lower case, anywhere in the reason
  call::VoiceSeverity severity;
  std::string_view why;
  milliseconds retry_after = 0ms;
};
// The first that fits. "deadline" stands before the words of quota: both are "exceeded".
constexpr ReasonRule reason_rules[] = {
    {"api key", fatal, "auth"},
    {"api_key", fatal, "auth"},
    {"unregistered callers", fatal, "auth"},
    {"permission", fatal, "auth"},
    {"authenticat", fatal, "auth"},
    {"not found for api version", fatal, "model_not_found"},
    {"not supported for bidi", fatal, "model_not_found"},
    {"location is not supported", fatal, "region"},
    {"deadline", retry, "session_age"},
    {"quota", fatal, "quota"},
    {"exceeded", fatal, "quota"},
    {"billing", fatal, "quota"},
    {"exhausted", fatal, "quota"},
    {"entity was not found", retry_fresh, "entity_not_found"},
    {"unavailable", retry, "unavailable", 1000ms},
    {"overloaded", retry, "unavailable", 1000ms},
};

struct CloseRule {
  std::uint16_t code;
  call::VoiceSeverity severity;
  std::string_view why;
  milliseconds retry_after = 0ms;
};
// Closes whose reason says nothing, of a session that was ready. Only 1000, 1007, 1008 and 1011 are
// known of Google; the others follow RFC 6455, section 7.4.1. 1007 in mid-call is a context that
// grew beyond the model's: only a fresh session helps. 1008 in mid-call is mostly a fault around
// tool calls that a second connection survives.
constexpr CloseRule close_rules[] = {
    {1000, ended, "closed_normal"},
    {1001, retry, "going_away"},
    {1002, fatal, "protocol_error"},
    {1003, fatal, "unsupported"},
    {1005, retry, "closed_silent"},
    {1006, retry, "lost"},
    {1007, retry_fresh, "bad_input"},
    {1008, retry, "policy"},
    {1009, retry, "too_big"},
    {1010, fatal, "extension"},
    {1011, retry, "server", 250ms},
    {1012, retry, "restart"},
    {1013, retry, "try_later", 1s},
    {1014, retry, "bad_gateway", 250ms},
    {1015, fatal, "tls"},
};

/// A resume that comes before the server let go of the old connection is answered with 1011. One
/// that is still refused after that will never work.
constexpr auto old_session_lingers = 500ms;
constexpr int resumes_max = 3;
constexpr auto rate_limit_pause = 2s;
constexpr auto server_pause = 250ms;

call::VoiceVerdict make(call::VoiceSeverity severity, std::string_view why,
                        milliseconds retry_after = 0ms) {
  return {severity, std::string(why), retry_after};
}

std::string lower(std::string_view text) {
  std::string word(text);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return word;
}

std::optional<call::VoiceVerdict> verdict_on_reason(std::string_view reason) {
  const std::string words = lower(reason);
  for (const ReasonRule& rule : reason_rules) {
    if (words.find(rule.words) != std::string::npos) {
      return make(rule.severity, rule.why, rule.retry_after);
    }
  }
  return std::nullopt;
}

/// The setup was refused, in words that we do not know.
std::optional<call::VoiceVerdict> verdict_on_setup(std::uint16_t code,
                                                   const LiveProgress& progress) {
  if (code == 1011 && progress.was_resume && progress.resumes < resumes_max) {
    return make(retry, "resume_too_early", old_session_lingers);
  }
  if (progress.was_resume && (code == 1007 || code == 1008 || code == 1011)) {
    return make(retry_fresh, "resume_refused");
  }
  if (code == 1007 || code == 1008) return make(fatal, "bad_setup");
  return std::nullopt;
}

}  // namespace

call::VoiceVerdict verdict_on_live_close(std::uint16_t code, std::string_view reason,
                                         const LiveProgress& progress) {
  if (progress.hangs_up) return make(ended, "hang_up");
  if (const auto known = verdict_on_reason(reason)) return *known;
  if (!progress.was_ready) {
    if (const auto refused = verdict_on_setup(code, progress)) return *refused;
  }
  if (code == 1000 && progress.was_warned) return make(retry, "going_away");
  for (const CloseRule& rule : close_rules) {
    if (rule.code == code) return make(rule.severity, rule.why, rule.retry_after);
  }
  return make(retry, "closed_unknown");
}

call::VoiceVerdict verdict_on_live_refusal(int status) {
  if (status == 0) return make(retry, "unreachable");
  if (status == 401 || status == 403) return make(fatal, "auth");
  if (status == 404 || status == 410) return make(fatal, "not_found");
  if (status == 408) return make(retry, "timeout");
  if (status == 429) return make(retry, "rate_limit", rate_limit_pause);
  if (status >= 500) return make(retry, "server", server_pause);
  return make(fatal, "refused");
}

}  // namespace tandem::gemini
