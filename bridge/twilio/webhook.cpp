#include "bridge/twilio/webhook.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "bridge/core/http.hpp"

namespace tandem::twilio {

namespace {

constexpr std::array<std::string_view, 9> status_words = {"queued",      "initiated", "ringing",
                                                          "in-progress", "completed", "busy",
                                                          "no-answer",   "failed",    "canceled"};

bool is_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

core::Direction parse_direction(std::string_view word) noexcept {
  return word.starts_with("outbound") ? core::Direction::outbound : core::Direction::inbound;
}

/// One form. The first error stays and makes every later read harmless.
class Form {
 public:
  explicit Form(std::string_view text) {
    if (!core::parse_form(text, pairs_)) error_ = WebhookError::malformed_form;
  }

  [[nodiscard]] std::string text(std::string_view name) const {
    const auto found = std::find_if(pairs_.begin(), pairs_.end(),
                                    [name](const auto& pair) { return pair.first == name; });
    return found == pairs_.end() ? std::string() : found->second;
  }
  [[nodiscard]] core::PhoneNumber number(std::string_view name) const {
    return core::PhoneNumber(text(name));
  }

  void identity(CallIdentity& identity) {
    identity.call_id = core::CarrierCallId(text("CallSid"));
    identity.account_id = text("AccountSid");
    if (!is_id(identity.call_id.str())) fail(WebhookError::call_id_missing);
    if (!is_id(identity.account_id)) fail(WebhookError::account_missing);
  }

  CallStatus status() {
    const auto status = parse_call_status(text("CallStatus"));
    if (!status) fail(WebhookError::unknown_status);
    return status.value_or(CallStatus::queued);
  }

  std::optional<std::int64_t> whole_number(std::string_view name) {
    const std::string digits = text(name);
    if (digits.empty()) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < 0) {
      fail(WebhookError::bad_number);
    }
    return value;
  }

  StreamEvent stream_event() {
    const std::string word = text("StreamEvent");
    if (word == "stream-started") return StreamEvent::started;
    if (word == "stream-stopped") return StreamEvent::stopped;
    if (word != "stream-error") fail(WebhookError::unknown_status);
    return StreamEvent::error;
  }

  template <class Webhook>
  core::Result<Webhook, WebhookError> done(Webhook webhook) const {
    if (error_) return core::Failure{*error_};
    return webhook;
  }

 private:
  void fail(WebhookError error) {
    if (!error_) error_ = error;
  }

  std::vector<std::pair<std::string, std::string>> pairs_;
  std::optional<WebhookError> error_;
};

}  // namespace

std::string_view to_string(CallStatus status) noexcept {
  return status_words[static_cast<std::size_t>(status)];
}

std::optional<CallStatus> parse_call_status(std::string_view word) noexcept {
  const auto found = std::find(status_words.begin(), status_words.end(), word);
  if (found == status_words.end()) return std::nullopt;
  return static_cast<CallStatus>(found - status_words.begin());
}

int rank(CallStatus status) noexcept { return std::min(static_cast<int>(status), 4); }

bool CallProgress::advance(CallStatus status) noexcept {
  if (status_ && rank(status) <= rank(*status_)) return false;
  status_ = status;
  return true;
}

std::string_view to_string(AnsweredBy answered_by) noexcept {
  static constexpr std::array<std::string_view, 5> names = {"not_detected", "human", "machine",
                                                            "fax", "unknown"};
  return names[static_cast<std::size_t>(answered_by)];
}

AnsweredBy parse_answered_by(std::string_view word) noexcept {
  if (word.empty()) return AnsweredBy::not_detected;
  if (word == "human") return AnsweredBy::human;
  if (word == "fax") return AnsweredBy::fax;
  return word.starts_with("machine_") ? AnsweredBy::machine : AnsweredBy::unknown;
}

std::string_view to_string(DialOutcome outcome) noexcept {
  static constexpr std::array<std::string_view, 5> names = {"connected", "busy", "no_answer",
                                                            "canceled", "failed"};
  return names[static_cast<std::size_t>(outcome)];
}

DialOutcome parse_dial_outcome(std::string_view word) noexcept {
  if (word == "completed" || word == "answered") return DialOutcome::connected;
  if (word == "busy") return DialOutcome::busy;
  if (word == "no-answer") return DialOutcome::no_answer;
  return word == "canceled" ? DialOutcome::canceled : DialOutcome::failed;
}

std::string_view to_string(WebhookError error) noexcept {
  static constexpr std::array<std::string_view, 5> names = {
      "malformed_form", "call_id_missing", "account_missing", "unknown_status", "bad_number"};
  return names[static_cast<std::size_t>(error)];
}

core::Result<VoiceWebhook, WebhookError> parse_voice_webhook(std::string_view text) {
  Form form(text);
  VoiceWebhook webhook;
  form.identity(webhook);
  webhook.from = form.number("From");
  webhook.to = form.number("To");
  webhook.direction = parse_direction(form.text("Direction"));
  webhook.status = form.status();
  webhook.answered_by = parse_answered_by(form.text("AnsweredBy"));
  webhook.caller_name = form.text("CallerName");
  webhook.forwarded_from = form.number("ForwardedFrom");
  webhook.parent_call_id = form.text("ParentCallSid");
  webhook.stir_verstat = form.text("StirVerstat");
  webhook.error_code = form.text("ErrorCode");
  webhook.dial_call_status = form.text("DialCallStatus");
  return form.done(std::move(webhook));
}

core::Result<StatusCallback, WebhookError> parse_status_callback(std::string_view text) {
  Form form(text);
  StatusCallback callback;
  form.identity(callback);
  callback.status = form.status();
  callback.sequence_number = form.whole_number("SequenceNumber");
  callback.duration_s = form.whole_number("CallDuration");
  callback.from = form.number("From");
  callback.to = form.number("To");
  callback.direction = parse_direction(form.text("Direction"));
  callback.answered_by = parse_answered_by(form.text("AnsweredBy"));
  callback.sip_response_code = form.text("SipResponseCode");
  callback.timestamp = form.text("Timestamp");
  callback.error_code = form.text("ErrorCode");
  return form.done(std::move(callback));
}

core::Result<AmdCallback, WebhookError> parse_amd_callback(std::string_view text) {
  Form form(text);
  AmdCallback callback;
  form.identity(callback);
  callback.answered_by = parse_answered_by(form.text("AnsweredBy"));
  callback.detection_ms = form.whole_number("MachineDetectionDuration");
  return form.done(std::move(callback));
}

core::Result<StreamStatus, WebhookError> parse_stream_status(std::string_view text) {
  Form form(text);
  StreamStatus status;
  form.identity(status);
  status.event = form.stream_event();
  status.stream_id = core::CarrierStreamId(form.text("StreamSid"));
  status.stream_name = form.text("StreamName");
  status.error = form.text("StreamError");
  status.timestamp = form.text("Timestamp");
  return form.done(std::move(status));
}

}  // namespace tandem::twilio
