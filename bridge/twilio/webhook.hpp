// The forms that Twilio posts to us about a call, as plain structs. Verify the signature first
// (signature.hpp): these readers believe what they are given.
//
// Source: Twilio "TwiML request parameters", "Call resource: status callbacks", "Answering machine
// detection" and
// "<Stream>: status callback". Parameters that we do not know are passed over, absent optional ones
// are empty, and only what identifies the call is required: a call must not fail because a new
// field or value appeared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/core/result.hpp"
#include "bridge/core/types.hpp"

namespace tandem::twilio {

/// Of the call resource and its callbacks. The order of the enumerators within a rank means
/// nothing.
enum class CallStatus : std::uint8_t {
  queued,
  initiated,  ///< only in callbacks
  ringing,
  in_progress,
  completed,
  busy,
  no_answer,
  failed,
  canceled,
};

/// Twilio's word: "in-progress", "no-answer", ...
std::string_view to_string(CallStatus status) noexcept;
std::optional<CallStatus> parse_call_status(std::string_view word) noexcept;
/// queued 0, initiated 1, ringing 2, in_progress 3, every terminal status 4.
int rank(CallStatus status) noexcept;
inline bool is_terminal(CallStatus status) noexcept { return rank(status) == 4; }

/// What is known of a call from callbacks that arrive in any order, repeatedly and late (T26): only
/// a higher rank counts, and the first terminal status stays.
class CallProgress {
 public:
  /// True when this was news. False for repeats, stragglers and anything after the end.
  bool advance(CallStatus status) noexcept;
  /// Empty before the first advance().
  [[nodiscard]] std::optional<CallStatus> status() const noexcept { return status_; }
  [[nodiscard]] bool ended() const noexcept { return status_ && is_terminal(*status_); }

 private:
  std::optional<CallStatus> status_;
};

enum class AnsweredBy : std::uint8_t {
  not_detected,  ///< the parameter is absent: no detection ran
  human,
  machine,  ///< machine_start, machine_end_beep, machine_end_silence, machine_end_other
  fax,
  unknown,  ///< also every value that we do not know: only exactly "human" is a human
};
std::string_view to_string(AnsweredBy answered_by) noexcept;
/// Twilio's value; total.
AnsweredBy parse_answered_by(std::string_view word) noexcept;

enum class WebhookError : std::uint8_t {
  malformed_form,   ///< a broken percent escape
  call_id_missing,  ///< CallSid absent, or not letters and digits (at most 64)
  account_missing,  ///< AccountSid, same rule
  unknown_status,   ///< CallStatus (or StreamEvent) absent or not one that we know
  bad_number,  ///< SequenceNumber, CallDuration or MachineDetectionDuration is not a whole number
};
std::string_view to_string(WebhookError error) noexcept;

/// How a <Dial> went, of its `action`.
enum class DialOutcome : std::uint8_t {
  connected,  ///< "completed", "answered": the two talked, and one of them rang off
  busy,
  no_answer,
  canceled,
  failed,  ///< also every word that we do not know, and none
};
std::string_view to_string(DialOutcome outcome) noexcept;
/// Twilio's value; total.
DialOutcome parse_dial_outcome(std::string_view word) noexcept;

/// In every webhook about a call.
struct CallIdentity {
  core::CarrierCallId call_id;
  std::string account_id;
};

/// VoiceUrl of a number, Url of an outbound call, `action` of a verb. The numbers are what the
/// carrier gave: a number withheld by the caller is a text such as "anonymous", "client:..." or
/// "sip:...", not E.164.
struct VoiceWebhook : CallIdentity {
  core::PhoneNumber from;
  core::PhoneNumber to;
  core::Direction direction =
      core::Direction::inbound;  ///< outbound for "outbound-api" and "outbound-dial"
  CallStatus status = CallStatus::ringing;
  AnsweredBy answered_by = AnsweredBy::not_detected;
  std::string caller_name;
  core::PhoneNumber forwarded_from;
  std::string parent_call_id;
  std::string stir_verstat;
  std::string error_code;  ///< only on the fallback URL: why the first URL failed
  std::string
      dial_call_status;  ///< only on `action` of <Dial>: "completed", "busy", "no-answer", ...
};

/// Call status callback. Duplicates have the same (call_id, sequence_number).
struct StatusCallback : CallIdentity {
  CallStatus status = CallStatus::queued;
  std::optional<std::int64_t> sequence_number;  ///< from 0
  std::optional<std::int64_t> duration_s;       ///< CallDuration, with a terminal status
  core::PhoneNumber from;
  core::PhoneNumber to;
  core::Direction direction = core::Direction::outbound;
  AnsweredBy answered_by = AnsweredBy::not_detected;
  std::string sip_response_code;  ///< "486", ...
  std::string timestamp;          ///< RFC 2822, as sent
  std::string error_code;         ///< ErrorCode, when Twilio names one
};

/// AsyncAmdStatusCallback.
struct AmdCallback : CallIdentity {
  AnsweredBy answered_by = AnsweredBy::unknown;
  std::optional<std::int64_t> detection_ms;
};

enum class StreamEvent : std::uint8_t { started, stopped, error };

/// statusCallback of <Stream>: the only place that tells why a stream did not come about.
struct StreamStatus : CallIdentity {
  StreamEvent event = StreamEvent::started;
  core::CarrierStreamId stream_id;
  std::string stream_name;
  std::string error;      ///< Twilio's text, only with StreamEvent::error
  std::string timestamp;  ///< ISO 8601, as sent
};

/// Each reads one application/x-www-form-urlencoded body, or the query of a GET. Repeated names:
/// the first counts.
core::Result<VoiceWebhook, WebhookError> parse_voice_webhook(std::string_view form);
core::Result<StatusCallback, WebhookError> parse_status_callback(std::string_view form);
core::Result<AmdCallback, WebhookError> parse_amd_callback(std::string_view form);
core::Result<StreamStatus, WebhookError> parse_stream_status(std::string_view form);

/// `action` of <Connect>: Twilio documents the standard parameters only, so it reads as a voice
/// webhook; `status` is in_progress while the caller is still there and terminal when the call is
/// over.
inline core::Result<VoiceWebhook, WebhookError> parse_connect_done(std::string_view form) {
  return parse_voice_webhook(form);
}

}  // namespace tandem::twilio
