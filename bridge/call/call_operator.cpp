// What people do to a call: operators, the caller's keypad, transfers.
#include <fmt/format.h>

#include "bridge/call/call.hpp"
#include "codec/json_object.hpp"

namespace tandem::call {

namespace {

std::string told_json(std::string_view text, std::string_view by) {
  std::string json;
  codec::JsonObjectWriter object(json);
  object.text("text", text);
  object.text("by", by);
  object.close();
  return json;
}

}  // namespace

void Call::on(const OperatorHangUp& input) {
  write_event("operator_hang_up", "by", input.by);
  if (is_announced()) {
    outputs_.emplace_back(HangUpCall{});
    return end(EndReason::operator_hung_up, 1000, "hung up");
  }
  interrupt("operator");
  close(EndReason::operator_hung_up);
}

void Call::on(const OperatorSay& input) {
  write_event("operator_say", told_json(input.text, input.by));
  send_voice(not_timed, [&](std::string& out) { voice().encode_say(input.text, out); });
}

void Call::on(const OperatorContext& input) {
  write_event("operator_context", told_json(input.text, input.by));
  send_voice(not_timed, [&](std::string& out) { voice().encode_context(input.text, out); });
}

void Call::on(const OperatorPause& input) {
  is_paused_ = input.paused;
  write_event(input.paused ? "operator_pause" : "operator_resume", "by", input.by);
  if (input.paused) interrupt("operator");
  send_voice(not_timed, [&](std::string& out) { voice().encode_pause(input.paused, out); });
}

void Call::on(const OperatorTransfer& input) {
  if (!stream_is_live_ || state_ == State::closing)
    return write_event("operator_transfer_refused", "why", "nobody is on the line");
  write_event("operator_transfer", "by", input.by);
  interrupt("operator");
  transfer(input.to,
           input.note.empty() ? conversation_.last_words(limits::whisper_bytes_max) : input.note);
}

void Call::on(const OperatorListen& input) {
  listeners_ = std::max(0, input.listeners);
  std::string json;
  codec::JsonObjectWriter object(json);
  object.text("by", input.by);
  object.raw("on", input.on ? "true" : "false");
  object.close();
  write_event("operator_listen", std::move(json));
}

/// The one place where audio is copied for ears of our own; nothing happens while nobody listens.
void Call::let_listen(Track track, core::TimePoint heard_at, std::span<const std::uint8_t> ulaw) {
  if (listeners_ == 0 || ulaw.empty()) return;
  std::string copy = take_buffer();
  copy.assign(ulaw.begin(), ulaw.end());
  outputs_.emplace_back(Listen{track, offset(heard_at), std::move(copy)});
}

void Call::transfer(core::PhoneNumber to, std::string note) {
  outputs_.emplace_back(TransferCall{std::move(to), std::move(note)});
  close(EndReason::transferred);
}

void Call::carrier_event(const CarrierDtmf& dtmf) {
  const bool is_opt_out = settings_.opt_out_digit != 0 && dtmf.digit == settings_.opt_out_digit;
  const bool is_human = keypad_.press(dtmf.digit, moment_.now);
  if (!is_human && !is_opt_out) return count(Counted::carrier_bad_message, "dtmf_flood");  // T25
  write_event("dtmf", "digit", std::string_view(&dtmf.digit, 1));
  if (is_opt_out && stream_is_live_) opt_out("key", fmt::format(R"("digit":"{}")", dtmf.digit));
}

void Call::advance_keypad() {
  const auto keys = keypad_.take(moment_.now);
  if (!keys || !settings_.keys_reach_agent || !stream_is_live_) return;
  const auto text = fmt::format("(The caller pressed these keys: {})", *keys);
  send_voice(not_timed, [&](std::string& out) { voice().encode_text(text, out); });
}

}  // namespace tandem::call
