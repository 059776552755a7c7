// The carrier's streams of one call, one after the other, and what comes through them.
//
// A media socket that breaks does not end the call: the carrier asks what to do next, is told to
// open another stream, and the same agent goes on where the caller stopped hearing it. A second
// socket that opens while the first one lives takes over in the same way.
#include <fmt/format.h>

#include <algorithm>

#include "bridge/call/call.hpp"

namespace tandem::call {

void Call::on(const CarrierOpened& input) {
  if (state_ == State::closing) return leave();
  if (++streams_ > 1 + limits::reattach_max)
    return end(EndReason::carrier_lost, 1001, "too many streams");
  stream_token_ = core::Secret(std::string(input.token));
  carrier_heard_at_ = moment_.now;
  carrier_->begin_stream();
  carrier_is_open_ = true;
  if (state_ == State::announced) enter(State::waiting_for_start);
  if (state_ != State::waiting_for_start) park();
  state_deadline_ = moment_.now + limits::start_timeout;
}

/// The call is closing and its stream was replaced: nobody hears last words any more.
void Call::leave() {
  stream_is_live_ = false;
  carrier_is_open_ = true;
  if (!hung_up_at_ && wants_hang_up(*end_reason_)) outputs_.emplace_back(HangUpCall{});
  end(*end_reason_, 1000, "call is closing");
}

/// The stream is gone, the call is not. What the caller has not heard waits to be sent again.
void Call::park() {
  stream_is_live_ = false;
  if (state_ == State::parked) return;
  congested_since_.reset();
  barge_in_.cancel();
  playout_.hold(moment_.now);
  playout_.suspend();
  state_deadline_ = moment_.now + limits::reattach_timeout;
  enter(State::parked);
  write_event("stream_lost", "{}");
}

void Call::on(const CarrierText& input) {
  carrier_heard_at_ = moment_.now;
  const auto event = carrier_->decode(input.text);
  if (!event) return carrier_failure(event.error());
  std::visit([this](const auto& kind) { carrier_event(kind); }, *event);
}

void Call::on(const CarrierBinary&) {
  count(Counted::carrier_bad_message, "binary");
  end(EndReason::carrier_protocol, 1003, "text frames only");
}

void Call::on(const CarrierClosed& input) {
  carrier_is_open_ = false;
  if (end_reason_) return end(*end_reason_, 1000, "");
  const bool was_ours_to_refuse = input.code == 1009 || input.code == 1007 || input.code == 1002;
  if (was_ours_to_refuse) return end(EndReason::carrier_protocol, 1000, "");
  if (is_announced()) return end(EndReason::carrier_lost, 1000, "");
  park();
}

/// A stream that is not the call's. The call itself may still be waiting for the right one.
void Call::refuse_stream(EndReason reason, std::uint16_t code, std::string_view text) {
  if (state_ != State::parked) return end(reason, code, text);
  outputs_.emplace_back(CloseLeg{Leg::carrier, code, text});
  carrier_is_open_ = false;
}

void Call::carrier_event(const CarrierStart& start) {
  if (state_ != State::waiting_for_start && state_ != State::parked) {  // T07
    count(Counted::carrier_bad_message, "second_start");
    if (start.call_id != settings_.carrier_call_id)
      end(EndReason::wrong_call, 1008, "another call");
    return;
  }
  // T11 before T10: a token of another call must read as what it is.
  if (start.call_id != settings_.carrier_call_id ||
      (!settings_.account_id.empty() && start.account_id != settings_.account_id)) {
    return refuse_stream(EndReason::wrong_call, 1008, "token_call_mismatch");
  }
  if (!core::equal_in_constant_time(start.token, stream_token_.expose()) || start.token.empty())
    return refuse_stream(EndReason::bad_token, 1008, "bad token");
  if (!start.media_is_ulaw_8k_mono)
    return refuse_stream(EndReason::unsupported_media, 1003, "unsupported media");
  begin_stream(start);
}

void Call::begin_stream(const CarrierStart& start) {
  stream_is_live_ = true;
  if (!stream_began_) {
    stream_began_ = moment_.now;
    write(core::CallAnswered{start.stream_id});
  } else {
    write_event("stream_resumed", "{}");
  }
  uplink_.begin_stream();
  frame_tokens_at_ = moment_.now;
  playout_.open(moment_.now);
  playout_.release(moment_.now);
  if (voice_state_ != VoiceState::ready && !voice_away_since_) voice_away_since_ = moment_.now;
  if (voice_failure_) return close(*voice_failure_);
  enter(voice_state_ == VoiceState::ready ? State::talking : State::connecting);
  greet_or_return();
}

/// T18: far more audio than a line can carry is an attack or a loop, and would starve other calls.
/// A carrier that was silent may bring what it owes for that time at once.
bool Call::is_flood(std::size_t bytes) {
  const auto passed = std::chrono::duration<double>(moment_.now - frame_tokens_at_).count();
  frame_tokens_at_ = moment_.now;
  constexpr double frames_per_second = 1000.0 / codec::frame_duration.count();
  const double owed = passed > 1.0 ? passed * frames_per_second : 0.0;
  const double earned = frame_tokens_ + passed * limits::caller_frames_per_second_max;
  frame_tokens_ = std::max(frame_tokens_, std::min(limits::caller_frames_burst_max + owed, earned));
  frame_tokens_ -= std::max(1.0, static_cast<double>(bytes) / codec::frame_bytes);
  return frame_tokens_ < 0;
}

void Call::carrier_event(const CarrierMedia& media) {
  if (!stream_is_live_) {  // T06
    count(Counted::carrier_bad_message, "media_before_start");
    return refuse_stream(EndReason::carrier_protocol, 1008, "media before start");
  }
  if (is_flood(media.ulaw.size())) {
    count(Counted::carrier_bad_message, "flood");
    return end(EndReason::carrier_protocol, 1008, "flood");
  }
  watch_caller_speech(media.ulaw);
  let_listen(Track::caller, moment_.now - codec::duration_of(media.ulaw.size()), media.ulaw);
  if (is_protected()) return uplink_.push_muted(media, moment_.now);
  uplink_.push(media, moment_.now, caller_speech_.is_speaking());
}

void Call::carrier_event(const CarrierMark& mark) {
  const auto round_trip = playout_.mark_echoed(mark.name, moment_.now);
  if (round_trip) measure(Measured::mark_rtt, *round_trip);
}

void Call::carrier_event(const CarrierStop&) {
  end(end_reason_.value_or(EndReason::caller_hung_up), 1000, "stop");
}

void Call::carrier_failure(const CarrierFailure& failure) {
  count(Counted::carrier_bad_message, to_string(failure.error));
  if (failure.error == CarrierError::bad_payload && stream_is_live_)
    return uplink_.conceal(moment_.now);                    // T23
  if (failure.error == CarrierError::payload_size) return;  // T24
  if (moment_.now - bad_messages_since_ > limits::bad_messages_window) {
    bad_messages_ = 0;
    bad_messages_since_ = moment_.now;
  }
  if (++bad_messages_ >= limits::bad_messages_max)
    end(EndReason::carrier_protocol, 1008, "bad messages");  // T01
}

/// T19: what the carrier does not read is stale by the time it does. So nothing waits at the
/// socket: the playout is held, and goes on from what the caller really heard once the line is free
/// again.
void Call::watch_congestion() {
  if (!stream_is_live_) return;
  const bool is_congested = moment_.carrier_outbox_bytes > limits::carrier_congested_bytes;
  if (is_congested && !congested_since_) {
    congested_since_ = moment_.now;
    write_event("carrier_congested", "{}");
    hold_playout();
  }
  if (!congested_since_) return;
  if (moment_.carrier_outbox_bytes == 0) {
    congested_since_.reset();
    release_playout();
  } else if (moment_.now - *congested_since_ >= limits::carrier_congested_max) {
    end(EndReason::carrier_stalled, 1013, "not reading");
  }
}

}  // namespace tandem::call
