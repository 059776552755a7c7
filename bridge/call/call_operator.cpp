// What people do to a call: operators, the caller's keypad, transfers.
#include <fmt/format.h>

#include "bridge/call/call.hpp"

namespace tandem::call {

void Call::on(const OperatorHangUp&) {
  write_event("operator_hang_up", "{}");
  if (is_announced()) {
    outputs_.emplace_back(HangUpCall{});
    return end(EndReason::operator_hung_up, 1000, "hung up");
  }
  interrupt("operator");
  close(EndReason::operator_hung_up);
}

void Call::on(const OperatorSay& input) {
  write_event("operator_say", "text", input.text);
  send_voice(not_timed, [&](std::string& out) { voice().encode_say(input.text, out); });
}

void Call::on(const OperatorContext& input) {
  write_event("operator_context", "text", input.text);
  send_voice(not_timed, [&](std::string& out) { voice().encode_context(input.text, out); });
}

void Call::on(const OperatorPause& input) {
  is_paused_ = input.paused;
  write_event(input.paused ? "operator_pause" : "operator_resume", "{}");
  if (input.paused) interrupt("operator");
  send_voice(not_timed, [&](std::string& out) { voice().encode_pause(input.paused, out); });
}

void Call::on(const OperatorTransfer& input) {
  if (!stream_is_live_ || state_ == State::closing)
    return write_event("operator_transfer_refused", "why", "nobody is on the line");
  write_event("operator_transfer", "{}");
  interrupt("operator");
  transfer(input.to,
           input.note.empty() ? conversation_.last_words(limits::whisper_bytes_max) : input.note);
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
  if (!is_opt_out || state_ == State::closing || !stream_is_live_) return;
  write_event("opt_out", fmt::format(R"({{"by":"key","digit":"{}"}})", dtmf.digit));
  interrupt("caller");
  close(EndReason::opted_out);
}

void Call::advance_keypad() {
  const auto keys = keypad_.take(moment_.now);
  if (!keys || !settings_.keys_reach_agent || !stream_is_live_) return;
  const auto text = fmt::format("(The caller pressed these keys: {})", *keys);
  send_voice(not_timed, [&](std::string& out) { voice().encode_text(text, out); });
}

}  // namespace tandem::call
