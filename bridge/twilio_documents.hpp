// Which TwiML the bridge answers in which situation: addresses and words over twilio/twiml. Makes
// documents, decides nothing.
#pragma once

#include <string>
#include <string_view>

#include "bridge/call_directory.hpp"
#include "bridge/config.hpp"
#include "bridge/core/http.hpp"

namespace tandem {

inline constexpr std::string_view media_path = "/media-stream/";
inline constexpr std::string_view whisper_path = "/twilio/whisper/";
/// Asked when the voice webhook of a call that we placed failed: the call ends.
inline constexpr std::string_view voice_fallback_path = "/twilio/voice-failed";

class TwilioDocuments {
 public:
  explicit TwilioDocuments(const Config& config);

  /// wss://host/media-stream/
  [[nodiscard]] const std::string& stream_base() const noexcept { return stream_base_; }

  /// The disclosure belongs to the first stream of a phone call only.
  [[nodiscard]] std::string connect(const CallDirectory::StreamKey& key,
                                    bool with_disclosure) const;
  /// `whisper_nonce` empty: the person is told nothing. `caller` is whose number they see.
  [[nodiscard]] std::string transfer(const core::PhoneNumber& to, const core::PhoneNumber& caller,
                                     std::string_view whisper_nonce) const;
  /// There is no agent for this caller: FALLBACK_NUMBER, or the words and the end.
  [[nodiscard]] std::string without_agent(std::string_view words,
                                          const core::PhoneNumber& caller) const;
  [[nodiscard]] bool has_fallback() const noexcept { return !config_.fallback_number.empty(); }

 private:
  const Config& config_;
  std::string stream_base_;
};

/// Whose number a person sees to whom the call is put through: the caller's, where it is one;
/// otherwise, and for calls that we placed, ours. Others Twilio refuses (13214).
core::PhoneNumber shown_number(core::Direction direction, const core::PhoneNumber& from,
                               const core::PhoneNumber& to);

core::HttpResponse twiml_answer(std::string document);
core::HttpResponse plain_answer(int status, std::string text);

}  // namespace tandem
