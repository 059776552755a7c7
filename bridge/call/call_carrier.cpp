// What the carrier says, and what follows from it.
#include <fmt/format.h>

#include "bridge/call/call.hpp"

namespace tandem::call {

namespace {

std::chrono::microseconds since(core::TimePoint begin, core::TimePoint at) {
  return std::chrono::duration_cast<std::chrono::microseconds>(at - begin);
}

}  // namespace

void Call::carrier_event(const CarrierStart& start) {
  if (state_ != State::waiting_for_start) {  // T07
    count(Counted::carrier_bad_message, "second_start");
    if (start.call_id != settings_.carrier_call_id)
      end(EndReason::wrong_call, 1008, "another call");
    return;
  }
  // T11 before T10: a token of another call must read as what it is.
  if (start.call_id != settings_.carrier_call_id ||
      (!settings_.account_id.empty() && start.account_id != settings_.account_id)) {
    return end(EndReason::wrong_call, 1008, "token_call_mismatch");
  }
  if (!core::equal_in_constant_time(start.token, stream_token_.expose()) || start.token.empty()) {
    return end(EndReason::bad_token, 1008, "bad token");
  }
  if (!start.media_is_ulaw_8k_mono)
    return end(EndReason::unsupported_media, 1003, "unsupported media");
  stream_began_ = moment_.now;
  write(core::CallAnswered{start.stream_id});
  playout_.open(moment_.now);
  if (voice_failure_) return close(*voice_failure_);
  enter(voice_state_ == VoiceState::ready ? State::talking : State::connecting);
}

void Call::carrier_event(const CarrierMedia& media) {
  if (!stream_began_) {  // T06
    count(Counted::carrier_bad_message, "media_before_start");
    return end(EndReason::carrier_protocol, 1008, "media before start");
  }
  watch_caller_speech(media.ulaw);
  uplink_.push(media, moment_.now);
}

void Call::carrier_event(const CarrierMark& mark) { playout_.mark_echoed(mark.name, moment_.now); }

void Call::carrier_event(const CarrierDtmf& dtmf) {
  write_event("dtmf", fmt::format(R"({{"digit":"{}"}})", dtmf.digit));
}

void Call::carrier_event(const CarrierStop&) {
  end(end_reason_.value_or(EndReason::caller_hung_up), 1000, "stop");
}

void Call::carrier_failure(const CarrierFailure& failure) {
  count(Counted::carrier_bad_message, to_string(failure.error));
  if (failure.error == CarrierError::bad_payload && stream_began_)
    return uplink_.conceal(moment_.now);                    // T23
  if (failure.error == CarrierError::payload_size) return;  // T24
  if (moment_.now - bad_messages_since_ > limits::bad_messages_window) {
    bad_messages_ = 0;
    bad_messages_since_ = moment_.now;
  }
  if (++bad_messages_ >= limits::bad_messages_max)
    end(EndReason::carrier_protocol, 1008, "bad messages");  // T01
}

void Call::watch_caller_speech(std::span<const std::uint8_t> ulaw) {
  const auto length = codec::duration_of(ulaw.size());
  const auto change = caller_speech_.push_ulaw(ulaw, since(began_, moment_.now) - length);
  if (caller_speech_.is_speaking()) caller_speech_us_ += length.count();
  if (!change) return;
  if (change->kind == codec::SpeechChange::Kind::started) return turn_clock_.reset();
  const auto stopped = began_ + change->position;
  auto sent = moment_.now;
  for (const auto& frame : forwarded_) {
    if (frame.arrived >= stopped && frame.sent < sent) sent = frame.sent;
  }
  turn_clock_.caller_stopped(stopped, sent);
}

}  // namespace tandem::call
