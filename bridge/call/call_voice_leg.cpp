// The life of the voice leg: dialling, losing, replacing, and an agent that froze.
#include <fmt/format.h>

#include <algorithm>

#include "bridge/call/call.hpp"

namespace tandem::call {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view back_note =
    "The connection was interrupted for a moment and is back. Go on with the conversation where it "
    "stopped. Do not greet the caller again.";

/// 0 to 1, the same for the same call: many calls must not come back in the same instant.
double spread_of(std::string_view id) noexcept {
  std::uint32_t hash = 2166136261U;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return static_cast<double>(hash % 1000) / 1000.0;
}

std::int64_t ms_between(core::TimePoint from, core::TimePoint to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

}  // namespace

void Call::open_voice() {
  attempts_.dialled();
  voice_state_ = VoiceState::opening;
  voice_dialled_at_ = moment_.now;
  voice_deadline_ = moment_.now + limits::voice_attempt_timeout;
  going_away_at_.reset();
  voice_stalled_since_.reset();
  const bool resumes = resume_next_ && voice().capabilities().can_resume;
  if (!resumes && !conversation_.is_empty()) voice().set_history(conversation_.lines());
  outputs_.emplace_back(OpenVoice{voice().open(resumes)});
}

void Call::on(const VoiceOpened&) {
  if (voice_state_ != VoiceState::opening) return;
  voice_state_ = VoiceState::open;
  std::vector<std::string> messages;
  voice().encode_opening(messages);
  for (auto& text : messages) outputs_.emplace_back(Send{Leg::voice, std::move(text), not_timed});
}

void Call::on(const VoiceClosed& input) {
  if (voice_state_ == VoiceState::gone || voice_state_ == VoiceState::waiting_to_open) return;
  lose_voice(voice().classify_close(input.code, input.reason));
}

void Call::on(const VoiceUnreachable& input) {
  if (voice_state_ != VoiceState::opening) return;
  write_event("voice_unreachable",
              fmt::format(R"({{"stage":"{}","status":{}}})", input.stage, input.status));
  lose_voice(voice().classify_refusal(input.status));
}

void Call::advance_voice() {
  const auto now = moment_.now;
  const bool is_under_way = voice_state_ == VoiceState::opening || voice_state_ == VoiceState::open;
  if (voice_state_ == VoiceState::waiting_to_open && now >= voice_deadline_) {
    open_voice();
  } else if (is_under_way && now >= voice_deadline_) {
    outputs_.emplace_back(CloseLeg{Leg::voice, 1001, "time-out"});
    lose_voice({VoiceSeverity::retry, "timeout"});
  } else if (voice_stalled_since_ && now - *voice_stalled_since_ >= limits::voice_stalled_max) {
    drop_session("not_reading");
  }
  const bool is_waiting =
      voice_away_since_ && stream_is_live_ && !one_moment_played_ && state_ != State::closing;
  if (is_waiting && now >= *voice_away_since_ + settings_.patience.one_moment) play_one_moment();
  if (!stream_is_live_ || state_ == State::closing) return;
  advance_dead_air();
  if (voice_state_ == VoiceState::ready) advance_roll_over();
}

/// Closes a session that is of no use any more, as if it had been lost.
void Call::drop_session(std::string_view why) {
  outputs_.emplace_back(CloseLeg{Leg::voice, 1000, "replaced"});
  lose_voice({VoiceSeverity::retry, std::string(why)});
}

void Call::lose_voice(const VoiceVerdict& verdict) {
  const bool was_ready = voice_state_ == VoiceState::ready;
  count(Counted::voice_closed, verdict.why);
  outputs_.emplace_back(
      VoiceReport{std::string(voice().name()), false, verdict.severity, verdict.why});
  write_held_words();
  write_event("voice_closed", "why", verdict.why);
  voice_state_ = VoiceState::gone;
  voice_stalled_since_.reset();
  uplink_.stop_clock();
  uplink_.limit_backlog(limits::uplink_held_max);
  playout_.end_turn(moment_.now);
  if (was_ready && !turn_is_over_) dead_air_.agent_was_cut(moment_.now);
  turn_is_over_ = true;
  turn_ended_since_request_ = true;
  if (state_ == State::closing) return;
  if (was_ready && !voice_away_since_) voice_away_since_ = moment_.now;
  if (after_words_ == AfterWords::hang_up) return fail_voice(EndReason::agent_hung_up);
  if (verdict.severity == VoiceSeverity::retry_fresh && attempts_.was_ready())
    write_event("context_lost", "{}");  // E26: the conversation is retold, not remembered
  if (was_ready) count(Counted::voice_reconnect, verdict.why);
  follow(attempts_.lost(verdict, spread_of(settings_.id.str())));
}

void Call::follow(const VoiceAttempts::Decision& decision) {
  if (decision.next == VoiceAttempts::Next::give_up) return fail_voice(decision.reason);
  if (decision.next == VoiceAttempts::Next::next_provider) {
    write_event("voice_failover", fmt::format(R"({{"to":"{}","after":"{}"}})", voice().name(),
                                              to_string(decision.reason)));
    if (dead_air_.owes_answer()) {  // the newcomer has its own patience
      dead_air_.agent_acts();
      dead_air_.caller_words(moment_.now);
    }
  }
  resume_next_ = decision.resume;
  voice_state_ = VoiceState::waiting_to_open;
  voice_deadline_ = moment_.now + decision.delay;
  if (state_ == State::talking) enter(State::connecting);
}

void Call::fail_voice(EndReason reason) {
  voice_state_ = VoiceState::gone;
  if (stream_is_live_) return close(reason);
  voice_failure_ = reason;  // told to the caller as soon as there is a line to tell it on
}

void Call::close_voice(std::string_view reason) {
  const bool is_open =
      voice_state_ != VoiceState::gone && voice_state_ != VoiceState::waiting_to_open;
  voice_state_ = VoiceState::gone;
  uplink_.stop_clock();
  if (!is_open) return;
  write_held_words();
  outputs_.emplace_back(CloseLeg{Leg::voice, 1000, reason});
}

/// What the agent's provider kept back is said now or never: the next one has to know it too.
void Call::write_held_words() {
  std::vector<VoiceEvent> events;
  voice().settle(events);
  for (const auto& event : events) {
    const auto* text = std::get_if<VoiceText>(&event);
    if (text == nullptr || !text->is_final) continue;
    const bool is_user = text->speaker == core::Speaker::user;
    if (!is_user && suppress_second_greeting(text->utterance)) continue;
    take_words(*text);
  }
}

void Call::voice_event(const VoiceReady& ready) {
  if (voice_state_ == VoiceState::ready) return;
  const auto now = moment_.now;
  voice_state_ = VoiceState::ready;
  attempts_.ready();
  measure(Measured::voice_connect, now - voice_dialled_at_);
  ++sessions_;
  uplink_.start_clock(now);
  outputs_.emplace_back(
      VoiceReport{std::string(voice().name()), true, VoiceSeverity::warning, "ready"});
  write(core::ChatOpened{ready.chat_id, ready.chat_group_id, std::string(voice().name())});
  write_event("voice_ready",
              fmt::format(R"({{"provider":"{}","after_ms":{},"resumed":{}}})", voice().name(),
                          ms_between(voice_dialled_at_, now), ready.is_resumed));
  if (sessions_ > 1) uplink_.drop_silence(limits::uplink_kept_around_speech);
  if (voice_away_since_ && sessions_ > 1) measure(Measured::voice_gap, now - *voice_away_since_);
  voice_away_since_.reset();
  returns_ = agent_has_spoken_;
  if (state_ == State::connecting) enter(State::talking);
  if (stream_is_live_) greet_or_return();
}

/// The first moment at which both legs of this session are there: an agent that has spoken before
/// must go on and not begin again, one that never speaks first must be asked to.
void Call::greet_or_return() {
  if (voice_state_ != VoiceState::ready) return;
  if (is_paused_)
    send_voice(not_timed, [this](std::string& out) { voice().encode_pause(true, out); });
  if (message_since_) {  // whoever picked up is a machine, and is not greeted
    is_greeted_ = true;
    returns_ = false;
    return;
  }
  if (!std::exchange(returns_, false)) {
    const auto encode_first_words = [this](std::string& out) {
      is_greeted_ ? voice().encode_nudge(out) : voice().encode_greeting(out);
    };
    // Lost before its first word, while the caller had spoken already: an answer is owed all the
    // same.
    if (!is_greeted_ || dead_air_.owes_answer()) send_voice(not_timed, encode_first_words);
    is_greeted_ = true;
    return;
  }
  is_greeted_ = true;
  if (settings_.previous && sessions_ == 1) dead_air_.caller_words(moment_.now);
  const bool owes = dead_air_.owes_answer();
  if (voice().capabilities().greets_by_itself) {
    greeting_guard_until_ = moment_.now + limits::second_greeting_window;
  }
  send_voice(not_timed, [this](std::string& out) { voice().encode_context(back_note, out); });
  if (owes) send_voice(not_timed, [this](std::string& out) { voice().encode_nudge(out); });
}

/// From when on a silence is used to replace the session.
std::optional<core::TimePoint> Call::roll_over_due() const {
  if (voice_state_ != VoiceState::ready || after_words_ != AfterWords::nothing) return std::nullopt;
  if (going_away_at_) return voice_dialled_at_;
  const auto age = voice().capabilities().roll_over_at;
  return age > 0s ? std::optional(voice_dialled_at_ + age) : std::nullopt;
}

/// When it is replaced although somebody speaks.
std::optional<core::TimePoint> Call::roll_over_latest() const {
  if (!roll_over_due()) return std::nullopt;
  if (going_away_at_) return *going_away_at_ - limits::going_away_margin;
  const auto& can = voice().capabilities();
  auto age = can.roll_over_at + limits::roll_over_patience;
  if (can.session_cap > 0s) age = std::min(age, can.session_cap - limits::roll_over_margin);
  return voice_dialled_at_ + age;
}

/// Before the provider ends the session by its own rules, it is replaced: in a silence, or, when
/// there is none for too long, without.
void Call::advance_roll_over() {
  const auto now = moment_.now;
  const auto due = roll_over_due();
  if (!due || now < *due) return;
  const auto latest = *roll_over_latest();
  const bool is_quiet = !caller_speech_.is_speaking() && turn_is_over_ && playout_.is_idle(now) &&
                        !dead_air_.owes_answer();
  if (!is_quiet && now < latest) return;
  write_event("voice_rollover",
              fmt::format(R"({{"age_ms":{}}})", ms_between(voice_dialled_at_, now)));
  count(Counted::voice_reconnect, "rollover");
  close_voice("rolling over");
  uplink_.limit_backlog(limits::uplink_held_max);
  voice_away_since_ = now;
  resume_next_ = true;
  if (state_ == State::talking) enter(State::connecting);
  open_voice();
}

void Call::advance_dead_air() {
  DeadAir::Scene scene;
  scene.caller_speaks = caller_speech_.is_speaking();
  scene.agent_is_heard = playout_.unplayed(moment_.now) > 0ms;
  scene.agent_is_away = voice_state_ != VoiceState::ready;
  scene.is_held = is_paused_ || after_words_ != AfterWords::nothing || message_since_;
  scene.carrier_heard_at = carrier_heard_at_;
  // It stopped in mid-sentence: the rest is owed from the moment at which it should have followed.
  const bool is_cut_short = voice_state_ == VoiceState::ready && !turn_is_over_ &&
                            !scene.agent_is_heard && !scene.caller_speaks;
  if (is_cut_short && !dead_air_.owes_answer()) dead_air_.agent_was_cut(moment_.now);
  const auto before = dead_air_.silence();
  const auto step = dead_air_.advance(moment_.now, scene);
  const bool went_dead = dead_air_.silence() == Silence::line_dead && before != Silence::line_dead;
  if (went_dead) write_event("line_silent", "{}");  // T13
  take_step(step);
}

void Call::take_step(FreezeStep step) {
  if (step == FreezeStep::none) return;
  count(Counted::voice_freeze, to_string(step));
  write_event("agent_frozen", "step", to_string(step));
  switch (step) {
    case FreezeStep::nudge:
      send_voice(not_timed, [this](std::string& out) { voice().encode_nudge(out); });
      return play_one_moment();
    case FreezeStep::resume:
      return drop_session("frozen");
    case FreezeStep::give_up:
      close_voice("frozen");
      return follow(attempts_.frozen());
    case FreezeStep::none:
      return;
  }
}

/// The bridge's own voice, when there is no other: no provider, no disk and no network is needed.
void Call::play_one_moment() {
  const bool is_over_words = !settings_.one_moment.empty() && !playout_.is_idle(moment_.now);
  if (is_over_words || std::exchange(one_moment_played_, true)) return;
  if (settings_.one_moment.empty()) return;
  playout_.push_own("bridge:one_moment", settings_.one_moment, moment_.now);
  write_event("one_moment_played", "{}");
}

void Call::pump_uplink() {
  if (voice_state_ != VoiceState::ready) return;
  // What was held until the agent was ready is sent, not dropped; the tighter bound comes after it.
  if (uplink_.waiting() * codec::frame_duration <= limits::uplink_backlog_max) {
    uplink_.limit_backlog(limits::uplink_backlog_max);
  }
  std::size_t queued = moment_.voice_outbox_bytes;
  const bool is_stalled = queued >= limits::uplink_outbox_bytes_max;
  if (!is_stalled) voice_stalled_since_.reset();
  if (is_stalled && !voice_stalled_since_) voice_stalled_since_ = moment_.now;  // E20
  while (queued < limits::uplink_outbox_bytes_max) {
    const auto* frame = uplink_.pull();
    if (frame == nullptr) return;
    std::string text = take_buffer();
    voice().encode_audio(frame->ulaw, text);
    if (text.empty()) continue;
    queued += text.size();
    if (!frame->is_invented) {
      forwarded_[forwarded_next_++ % forwarded_.size()] = {frame->arrived, moment_.now};
    }
    outputs_.emplace_back(
        Send{Leg::voice, std::move(text), frame->is_invented ? not_timed : frame->arrived});
  }
}

}  // namespace tandem::call
