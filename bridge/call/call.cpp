#include "bridge/call/call.hpp"

#include <algorithm>

namespace tandem::call {

namespace {

constexpr std::size_t spare_buffers_max = 8;

}  // namespace

Call::Call(CallSettings settings, std::unique_ptr<CarrierCodec> carrier,
           std::vector<std::unique_ptr<VoiceProvider>> voices, core::TimePoint now,
           core::WallTime wall)
    : settings_(std::move(settings)),
      carrier_(std::move(carrier)),
      voices_(std::move(voices)),
      began_(now),
      wall_began_(wall),
      moment_{now},
      state_deadline_(now + limits::unclaimed_call_timeout),
      attempts_(voices_.size()),
      dead_air_(settings_.patience),
      answering_(settings_.answered_policy, !settings_.machine_message.empty()),
      barge_in_(settings_.patience),
      playout_(settings_.playout) {
  BRIDGE_ASSERT(carrier_ && !voices_.empty());
  uplink_.limit_backlog(limits::uplink_held_max);
  for (const auto& each : voices_) {
    if (!settings_.brief.empty()) each->set_brief(settings_.brief);
  }
  write(core::CallStarted{settings_.carrier_call_id, settings_.direction, settings_.from,
                          settings_.to, std::string(voice().name()), settings_.purpose,
                          settings_.node});
  if (settings_.previous) {
    write_event("resumed_call", "previous_call_id", settings_.previous->call_id.str());
    conversation_.begin_with(std::move(settings_.previous->history));
    resume_next_ = !settings_.previous->chat_group_id.empty();
    if (resume_next_) voice().adopt(settings_.previous->chat_group_id);
    agent_has_spoken_ = true;
  }
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
  if (is_announced() || state_ == State::parked || state_ == State::closing)
    consider(state_deadline_);
  if (voice_state_ != VoiceState::ready && voice_state_ != VoiceState::gone)
    consider(voice_deadline_);
  consider(uplink_.deadline());
  if (!congested_since_) consider(playout_.deadline());
  // These may pass without effect, because somebody speaks; every frame looks at them again.
  const auto consider_ahead = [&](std::optional<core::TimePoint> at) {
    if (at && *at > moment_.now) consider(at);
  };
  if (state_ == State::closing) {
    if (hung_up_at_) consider(*hung_up_at_ + limits::hang_up_timeout);
    consider_ahead(playout_.heard_at() + limits::goodbye_margin);
    return next;
  }
  consider(barge_in_.deadline());
  consider(message_deadline());
  consider(keypad_.deadline());
  if (!stream_began_) return next;
  consider(*stream_began_ + settings_.time_limit);
  if (!stream_is_live_) return next;
  consider(carrier_heard_at_ + limits::carrier_silence_timeout);
  if (congested_since_) consider(*congested_since_ + limits::carrier_congested_max);
  if (!is_paused_) consider_ahead(dead_air_.deadline());
  if (voice_away_since_ && !one_moment_played_)
    consider_ahead(
        std::max(*voice_away_since_ + settings_.patience.one_moment, playout_.heard_at()));
  if (after_words_ != AfterWords::nothing) {
    consider_ahead(after_words_since_ + limits::last_words_timeout);
    consider_ahead(after_words_since_ + 2 * limits::last_words_timeout);
  }
  consider_ahead(roll_over_latest());
  return next;
}

void Call::advance() {
  const auto now = moment_.now;
  if (state_ == State::announced && now >= state_deadline_)
    return end(EndReason::no_stream, 1001, "no stream");
  if (state_ == State::waiting_for_start && now >= state_deadline_)
    return end(EndReason::no_start, 1008, "no start");
  if (state_ == State::parked && now >= state_deadline_)
    return end(EndReason::carrier_lost, 1001, "no new stream");
  advance_stream();
  if (has_ended()) return;
  advance_voice();
  if (has_ended()) return;
  advance_message();
  heed_opt_out();
  if (has_ended()) return;
  advance_keypad();
  uplink_.advance(now);
  pump_uplink();
  advance_floor();
  advance_last_words();
  if (has_ended()) return;
  write_levels();
  if (state_ == State::closing) advance_closing();
}

/// Ends that need nobody's doing: a silent carrier, one that does not read, the hard cap.
void Call::advance_stream() {
  const auto now = moment_.now;
  if (state_ == State::closing) return watch_congestion();
  if (!stream_began_) return;
  if (stream_is_live_ && now >= carrier_heard_at_ + limits::carrier_silence_timeout)
    return end(EndReason::carrier_lost, 1001, "silence");
  watch_congestion();
  if (!has_ended() && now >= *stream_began_ + settings_.time_limit) close(EndReason::time_limit);
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
  if (!stream_is_live_) {  // nobody there to hear last words
    if (wants_hang_up(reason)) outputs_.emplace_back(HangUpCall{});
    return end(reason, 1000, "call is closing");
  }
  enter(State::closing);
  state_deadline_ = moment_.now + limits::closing_timeout;
  barge_in_.cancel();
  release_playout();
  playout_.end_turn(moment_.now);
  close_voice("call is closing");
  write_event("call_closing", "reason", to_string(reason));
}

void Call::end(EndReason reason, std::uint16_t code, std::string_view text) {
  if (has_ended()) return;
  end_reason_ = reason;
  close_voice("call ended");
  uplink_.drop_all();
  if (carrier_is_open_) outputs_.emplace_back(CloseLeg{Leg::carrier, code, text});
  carrier_is_open_ = stream_is_live_ = false;
  enter(State::ended);
  write_end();
  count(Counted::call_ended, to_string(reason));
}

void Call::abandon(core::TimePoint now) {
  moment_.now = now;
  end(EndReason::internal, 1011, "internal error");
}

void Call::on(const CarrierEnded&) {
  // A stream that broke and a call that is over: the line was lost, nobody hung up on us.
  const bool is_lost = state_ == State::parked && !carrier_is_open_;
  const auto otherwise = is_lost ? EndReason::carrier_lost : EndReason::caller_hung_up;
  end(end_reason_.value_or(otherwise), 1000, "call is over");
}

void Call::on(const CarrierFull&) { end(EndReason::carrier_stalled, 1013, "not reading"); }

void Call::on(const ShutDown&) {
  if (is_announced()) return end(EndReason::shutdown, 1001, "going away");
  close(EndReason::shutdown);
}

Snapshot Call::snapshot(core::TimePoint now) const {
  Snapshot seen;
  seen.state = state_;
  seen.end_reason = end_reason_;
  seen.offset = offset(now);
  seen.audio = audio_account();
  seen.voice_is_ready = voice_state_ == VoiceState::ready;
  seen.paused = is_paused_;
  seen.listeners = listeners_;
  seen.caller_dbfs = levels_.last_second(Track::caller, seen.offset);
  seen.agent_dbfs = levels_.last_second(Track::agent, seen.offset);
  seen.uplink_transit = uplink_transit_.percentiles();
  seen.downlink_transit = downlink_transit_.percentiles();
  seen.turns = static_cast<std::int32_t>(turns_.size());
  return seen;
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
