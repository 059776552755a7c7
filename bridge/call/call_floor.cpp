// Who has the floor: the caller's speech, two-stage barge-in, and what leaves for the caller's ear.
#include <fmt/format.h>

#include <algorithm>

#include "bridge/call/call.hpp"

namespace tandem::call {

namespace {

using namespace std::chrono_literals;

std::chrono::microseconds since(core::TimePoint begin, core::TimePoint at) {
  return std::chrono::duration_cast<std::chrono::microseconds>(at - begin);
}

}  // namespace

/// Levels that can be the echo of our own voice count as no more than noise.
void Call::watch_caller_speech(std::span<const std::uint8_t> ulaw) {
  if (ulaw.empty()) return;
  const auto length = codec::duration_of(ulaw.size());
  const auto begin = moment_.now - length;
  float level = codec::ulaw_level_dbfs(ulaw);
  levels_.add(Track::caller, offset(begin), level);
  const bool may_be_echo = level <= echo_.ceiling(moment_.now);
  if (may_be_echo && !caller_speech_.is_speaking()) echo_.overheard(level, moment_.now);
  if (may_be_echo) level = std::min(level, caller_speech_.noise_floor());
  const auto change = caller_speech_.push_level(level, since(began_, begin), length);
  if (caller_speech_.is_speaking()) caller_speech_us_ += length.count();
  if (!change) return;
  const auto at = began_ + change->position;
  if (change->kind == codec::SpeechChange::Kind::ended) return caller_stopped(at);
  trigger_level_ = level;
  caller_started(at);
}

void Call::caller_started(core::TimePoint began) {
  speech_began_ = began;
  turn_clock_.reset();
  dead_air_.caller_started(moment_.now);
  hold_for_speech(began);
}

/// First stage of a barge-in: the agent falls silent; whether it is cut off is decided later.
void Call::hold_for_speech(core::TimePoint began) {
  const auto now = moment_.now;
  const auto unplayed = playout_.unplayed(now);
  spoke_over_agent_ = unplayed > 0ms;
  const bool may_hold = state_ == State::talking &&
                        unplayed >= settings_.patience.hold_unplayed_min && !is_protected() &&
                        !congested_since_;
  if (!barge_in_.caller_started(began, now, may_hold)) return;
  if (!hold_playout()) return barge_in_.cancel();
  trigger_at_ = now;
  count(Counted::barge_in, "held");
}

void Call::caller_stopped(core::TimePoint stopped) {
  caller_spoke_at_ = stopped;
  barge_in_.caller_stopped(stopped);
  if (!spoke_over_agent_) dead_air_.caller_stopped(moment_.now, stopped - speech_began_);
  auto sent = moment_.now;
  for (const auto& frame : forwarded_) {
    if (frame.arrived >= stopped && frame.sent < sent) sent = frame.sent;
  }
  const bool agent_speaks = !turn_is_over_ && playout_.unplayed(moment_.now) > 0ms;
  turn_clock_.caller_stopped(stopped, sent, agent_speaks);
}

/// Stops the agent's voice at the caller's ear without losing any of it.
bool Call::hold_playout() {
  if (!playout_.hold(moment_.now)) return false;
  silence_line();
  return true;
}

/// The carrier drops what it has of the agent's voice.
void Call::silence_line() {
  echo_.flushed(moment_.now);
  levels_.cut_agent(offset(moment_.now));
  outputs_.emplace_back(DropUnsent{});
  send_carrier(not_timed, [this](std::string& out) { carrier_->encode_clear(out); });
}

void Call::release_playout() {
  if (!barge_in_.is_holding() && !congested_since_ && stream_is_live_)
    playout_.release(moment_.now);
}

void Call::advance_floor() {
  const auto now = moment_.now;
  if (barge_in_.advance(now)) {
    echo_.false_alarm(trigger_level_, trigger_at_);
    count(Counted::barge_in, "rejected");
    write_event("barge_in_rejected", "{}");
    release_playout();
  }
  playout_.advance(now, heard_);
  pump_playout();
  settle_heard();
}

/// An agent may give no verdict once it has finished generating; then words that are more than a
/// backchannel decide.
bool Call::cuts_in(const VoiceText& text) const {
  if (message_since_ || text.is_typed || !turn_is_over_) return false;
  if (is_backchannel(text.text) || !is_news(text)) return false;
  if (playout_.unplayed(moment_.now) < limits::cut_in_unplayed_min) return false;
  return text.is_final || has_two_words(text.text) ||
         text.end - text.begin >= limits::cut_in_speech_min;
}

/// The first words of the call, while they are being heard for the first time, and the message for
/// a machine, which talks into everything.
bool Call::is_protected() const {
  if (message_since_) return true;
  if (!protected_until_ || moment_.now >= *protected_until_) return false;
  return !(turn_is_over_ && playout_.is_idle(moment_.now));
}

void Call::interrupt(std::string_view by) {
  const auto now = moment_.now;
  const auto unplayed = playout_.unplayed(now);
  const auto stop = barge_in_.confirm(now);
  playout_.fence(last_spoken_utterance_);
  playout_.clear(now, heard_);
  silence_line();
  answer_begins_.reset();
  for (const auto& heard : heard_) {
    if (!heard.was_cut) continue;
    send_voice(not_timed, [&](std::string& out) {
      voice().encode_heard(heard.utterance, std::chrono::milliseconds(heard.heard_ms),
                           std::chrono::milliseconds(heard.audio_ms), out);
    });
  }
  settle_heard();
  suppressed_since_.reset();
  spoke_over_agent_ = false;
  turn_is_over_ = true;
  turn_clock_.agent_was_cut_off();
  if (unplayed <= 0ms) return;
  ++interruptions_;
  if (by != "operator" && by != "machine") {
    echo_.real_speech();
    measure(Measured::barge_in_stop, stop);
  }
  count(Counted::barge_in, "confirmed");
  write_event("barge_in",
              fmt::format(R"({{"by":"{}","unplayed_ms":{},"stop_ms":{}}})", by, unplayed.count(),
                          std::chrono::duration_cast<std::chrono::milliseconds>(stop).count()));
}

void Call::pump_playout() {
  if (!stream_is_live_ || congested_since_) return;
  while (auto piece = playout_.pull(moment_.now)) {
    if (const auto* mark = std::get_if<Playout::Mark>(&*piece)) {
      send_carrier(not_timed, [&](std::string& out) { carrier_->encode_mark(mark->name, out); });
    } else {
      send_media(std::get<Playout::Media>(*piece));
    }
  }
}

void Call::send_media(const Playout::Media& media) {
  const auto audible = media.plays_at + playout_.carrier_delay();
  if (!first_audio_sent_) {
    first_audio_sent_ = true;
    measure(Measured::pickup_to_first_audio, audible - *stream_began_);
    if (settings_.protected_greeting > 0ms)
      protected_until_ = media.plays_at + settings_.protected_greeting;
  }
  levels_.add(Track::agent, offset(audible), echo_.sent(media.ulaw, media.plays_at));
  answering_.agent_was_heard();
  let_listen(Track::agent, audible, media.ulaw);
  send_carrier(media.due, [&](std::string& out) { carrier_->encode_media(media.ulaw, out); });
  if (!answer_begins_ || playout_.sent_position() <= *answer_begins_) return;
  answer_begins_.reset();
  if (const auto turn = turn_clock_.carrier_first_audio(moment_.now, audible)) write_turn(*turn);
}

}  // namespace tandem::call
