// What EVI's error frames, closes and refusals mean for the call: the policy, as tables. Sources:
// the error codes and close codes that Hume's documentation and SDKs name, and the fault catalogue
// E01-E11. A code's letter says whose fault it is: E the client's or the configuration's, I Hume's
// own.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "bridge/call/voice.hpp"

namespace tandem::hume {

/// One line of the error policy. The longest `code` that an error's code begins with decides; "" is
/// the last resort.
struct ErrorRule {
  std::string_view code;
  call::VoiceSeverity severity;  ///< when the frame arrives
  /// When the socket closes and this was the last error: what the close means. None: the close
  /// speaks for itself.
  std::optional<call::VoiceSeverity> at_close;
  /// One connection of a call may be lost to such errors; after that, `retry` is `fatal`.
  bool once;
  std::string_view why;  ///< label of the verdict
};

std::span<const ErrorRule> error_rules() noexcept;
const ErrorRule& rule_for(std::string_view code) noexcept;

/// A close without an error frame that explains it.
call::VoiceVerdict verdict_on_close(std::uint16_t code);

/// `was_resume`: the refused connection named a chat group. 0: no HTTP answer at all.
call::VoiceVerdict verdict_on_refusal(int status, bool was_resume);

/// At most 64 characters of [A-Za-z0-9_.-], others as '_': a provider's word made safe for logs and
/// labels.
std::string short_word(std::string_view text);

}  // namespace tandem::hume
