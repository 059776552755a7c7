#include "bridge/call/call.hpp"

#include <algorithm>

namespace tandem::call {

namespace {

/// Reasons after which the line itself must go dead; after the others the carrier asks what to do
/// next and gets an apology or a transfer.
bool wants_hang_up(EndReason reason) noexcept {
  switch (reason) {
    case EndReason::agent_hung_up:
    case EndReason::operator_hung_up:
    case EndReason::time_limit:
    case EndReason::voice_ended:
      return true;
    default:
      return false;
  }
}

constexpr std::size_t spare_buffers_max = 8;

}  // namespace

Call::Call(CallSettings settings, std::unique_ptr<CarrierCodec> carrier,
           std::vector<std::unique_ptr<VoiceProvider>> voices, core::TimePoint now,
           core::WallTime wall)
    : settings_(std::move(settings)),
      carrier_(std::move(carrier)),
      voice_(std::move(voices.at(0))),
      began_(now),
      wall_began_(wall),
      moment_{now},
      state_deadline_(now + limits::unclaimed_call_timeout),
      playout_(settings_.playout) {
  BRIDGE_ASSERT(carrier_ && voice_);
  uplink_.limit_backlog(limits::uplink_held_max);
  write(core::CallStarted{settings_.carrier_call_id, settings_.direction, settings_.from,
                          settings_.to, std::string(voice_->name()), settings_.purpose,
                          settings_.node});
  open_voice();
}

void Call::handle(const Input& input, const Moment& moment) {
  BRIDGE_ASSERT(polled_ == outputs_.size());
  outputs_.clear();
  polled_ = 0;
  if (has_ended()) return;
  moment_ = moment;
  std::visit([this](const auto& event) { on(event); }, input);
  if (!has_ended()) advance();
}

bool Call::poll(Output& output) {
  if (polled_ == outputs_.size()) return false;
  output = std::move(outputs_[polled_++]);
  return true;
}

std::optional<core::TimePoint> Call::deadline() const {
  if (has_ended()) return std::nullopt;
  std::optional<core::TimePoint> next;
  const auto consider = [&next](std::optional<core::TimePoint> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  const bool has_own_deadline =
      state_ == State::announced || state_ == State::waiting_for_start || state_ == State::closing;
  if (has_own_deadline) consider(state_deadline_);
  if (voice_state_ != VoiceState::ready && voice_state_ != VoiceState::gone)
    consider(voice_deadline_);
  consider(uplink_.deadline());
  consider(playout_.deadline());
  if (stream_began_ && state_ != State::closing) {
    consider(*stream_began_ + settings_.time_limit);
    consider(carrier_heard_at_ + limits::carrier_silence_timeout);
  }
  if (state_ == State::closing) {
    consider(hung_up_at_ ? *hung_up_at_ + limits::hang_up_timeout
                         : playout_.heard_at() + limits::goodbye_margin);
  }
  return next;
}

void Call::advance() {
  const auto now = moment_.now;
  if (state_ == State::announced && now >= state_deadline_)
    return end(EndReason::no_stream, 1001, "no stream");
  if (state_ == State::waiting_for_start && now >= state_deadline_)
    return end(EndReason::no_start, 1008, "no start");
  advance_voice();
  if (has_ended()) return;
  if (stream_began_ && state_ != State::closing) {
    if (now >= carrier_heard_at_ + limits::carrier_silence_timeout) {
      return end(EndReason::carrier_lost, 1001, "silence");
    }
    if (now >= *stream_began_ + settings_.time_limit) close(EndReason::time_limit);
  }
  uplink_.advance(now);
  pump_uplink();
  playout_.advance(now, heard_);
  pump_playout();
  settle_heard();
  // The agent said that it is done; its provider may close the session later than the last word is
  // heard, or never.
  if (agent_hangs_up_ && turn_is_over_ && stream_began_ && playout_.is_idle(now))
    close(EndReason::agent_hung_up);
  if (state_ == State::closing) advance_closing();
}

void Call::advance_closing() {
  const auto now = moment_.now;
  if (hung_up_at_) {
    if (now >= *hung_up_at_ + limits::hang_up_timeout) end(*end_reason_, 1000, "hung up");
    return;
  }
  const bool all_heard =
      playout_.is_idle(now) && now >= playout_.heard_at() + limits::goodbye_margin;
  if (!all_heard && now < state_deadline_) return;
  if (!wants_hang_up(*end_reason_)) return end(*end_reason_, 1000, "no agent");
  hung_up_at_ = now;
  state_deadline_ = now + limits::hang_up_timeout;
  outputs_.emplace_back(HangUpCall{});
}

void Call::enter(State state) {
  BRIDGE_ASSERT(is_allowed(state_, state));
  state_ = state;
}

void Call::close(EndReason reason) {
  if (state_ == State::closing || state_ == State::ended) return;
  end_reason_ = reason;
  enter(State::closing);
  state_deadline_ = moment_.now + limits::closing_timeout;
  playout_.end_turn(moment_.now);
  close_voice("call is closing");
  write_event("call_closing",
              std::string(R"({"reason":")") + std::string(to_string(reason)) + "\"}");
}

void Call::end(EndReason reason, std::uint16_t code, std::string_view text) {
  if (has_ended()) return;
  end_reason_ = reason;
  close_voice("call ended");
  uplink_.drop_all();
  if (carrier_is_open_) outputs_.emplace_back(CloseLeg{Leg::carrier, code, text});
  carrier_is_open_ = false;
  enter(State::ended);
  write_end();
  count(Counted::call_ended, to_string(reason));
}

void Call::abandon(core::TimePoint now) {
  moment_.now = now;
  end(EndReason::internal, 1011, "internal error");
}

void Call::on(const CarrierOpened& input) {
  if (state_ != State::announced) return;
  stream_token_ = core::Secret(std::string(input.token));
  carrier_is_open_ = true;
  carrier_heard_at_ = moment_.now;
  enter(State::waiting_for_start);
  state_deadline_ = moment_.now + limits::start_timeout;
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
  end(was_ours_to_refuse ? EndReason::carrier_protocol : EndReason::carrier_lost, 1000, "");
}

void Call::on(const CarrierEnded&) {
  end(end_reason_.value_or(EndReason::caller_hung_up), 1000, "call is over");
}

void Call::on(const CarrierFull&) { end(EndReason::carrier_stalled, 1013, "not reading"); }

void Call::on(const OperatorHangUp&) {
  if (state_ == State::announced || state_ == State::waiting_for_start) {
    outputs_.emplace_back(HangUpCall{});
    return end(EndReason::operator_hung_up, 1000, "hung up");
  }
  interrupt("operator");
  close(EndReason::operator_hung_up);
}

void Call::on(const OperatorTransfer& input) {
  outputs_.emplace_back(TransferCall{input.to, input.note});
  close(EndReason::transferred);
}

void Call::on(const ShutDown&) {
  if (state_ == State::announced || state_ == State::waiting_for_start) {
    return end(EndReason::shutdown, 1001, "going away");
  }
  close(EndReason::shutdown);
}

Snapshot Call::snapshot(core::TimePoint now) const {
  return {state_, end_reason_, offset(now), audio_account(), voice_state_ == VoiceState::ready};
}

void Call::note_written(Leg leg, core::TimePoint due, core::TimePoint written) noexcept {
  if (due == core::TimePoint{}) return;
  (leg == Leg::voice ? uplink_transit_ : downlink_transit_).add(written - due);
}

void Call::recycle(std::string&& text) {
  if (spare_.size() < spare_buffers_max) spare_.push_back(std::move(text));
}

std::string Call::take_buffer() {
  if (spare_.empty()) return {};
  std::string buffer = std::move(spare_.back());
  spare_.pop_back();
  buffer.clear();
  return buffer;
}

}  // namespace tandem::call
