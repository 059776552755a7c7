// What the errors, closes and refusals of the OpenAI Realtime API mean for the call: the policy, as
// tables. Sources: the error codes in OpenAI's documentation and shipped clients (LiveKit, Agents
// SDK), and the close codes after which OpenAI's own SDK reconnects. Most errors only say that one
// message of ours was in vain.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bridge/call/voice.hpp"

namespace tandem::openai {

/// Given to a server that refuses because of a rate, at least, before the next attempt.
inline constexpr std::chrono::milliseconds rate_limit_pause{1000};

/// One line of the error policy.
struct ErrorRule {
  std::string_view word;         ///< `code`, or `type` when there is no code
  call::VoiceSeverity severity;  ///< of the error event
  /// When the socket closes and this was the last error: what the close means. None: the close
  /// speaks for itself.
  std::optional<call::VoiceSeverity> at_close;
  std::string_view why;  ///< label of the verdict
};

std::span<const ErrorRule> error_rules() noexcept;
/// The rule for the code, else for the type, else null: a warning.
const ErrorRule* rule_for(std::string_view code, std::string_view type) noexcept;
/// The first rule whose word stands in a close reason ("invalid_request_error.invalid_api_key"), or
/// null.
const ErrorRule* rule_in(std::string_view reason) noexcept;

/// A close that no error explains.
call::VoiceVerdict verdict_on_close(std::uint16_t code);

/// 0: no HTTP answer at all.
call::VoiceVerdict verdict_on_refusal(int status);

/// At most 64 characters of [A-Za-z0-9_.-], others as '_': a provider's word made safe for logs and
/// labels.
std::string short_word(std::string_view text);

}  // namespace tandem::openai
