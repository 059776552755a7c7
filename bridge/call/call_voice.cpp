// What the agent says, and the life of the voice leg.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bridge/call/call.hpp"
#include "codec/json_text.hpp"

namespace tandem::call {

namespace {

using namespace std::chrono_literals;

/// Before the n-th attempt in a row. A caller is waiting: the first two are quick, the others give
/// a server air.
constexpr std::array<std::chrono::milliseconds, limits::voice_attempts_max> attempt_delays = {
    0ms, 0ms, 250ms, 1000ms};

/// Control messages and invented silence are not media in transit.
constexpr core::TimePoint not_timed{};

std::string error_json(const VoiceError& error) {
  std::string json = R"({"code":)";
  codec::append_json_string(json, error.code);
  json += R"(,"slug":)";
  codec::append_json_string(json, error.slug);
  json += '}';
  return json;
}

bool has_two_words(std::string_view text) {
  const auto gap = text.find(' ');
  return gap != std::string_view::npos && gap + 1 < text.size();
}

}  // namespace

template <class Encode>
void Call::send_voice(core::TimePoint due, Encode encode) {
  if (voice_state_ != VoiceState::ready) return;
  std::string text = take_buffer();
  encode(text);
  if (!text.empty()) outputs_.emplace_back(Send{Leg::voice, std::move(text), due});
}

template <class Encode>
void Call::send_carrier(core::TimePoint due, Encode encode) {
  if (!carrier_is_open_ || !stream_began_) return;
  std::string text = take_buffer();
  encode(text);
  outputs_.emplace_back(Send{Leg::carrier, std::move(text), due});
}

void Call::on(const OperatorSay& input) {
  send_voice(not_timed, [&](std::string& out) { voice_->encode_say(input.text, out); });
}

void Call::on(const OperatorContext& input) {
  send_voice(not_timed, [&](std::string& out) { voice_->encode_context(input.text, out); });
}

void Call::on(const OperatorPause& input) {
  if (input.paused) interrupt("operator");
  send_voice(not_timed, [&](std::string& out) { voice_->encode_pause(input.paused, out); });
}

void Call::open_voice() {
  ++voice_attempts_;
  voice_state_ = VoiceState::opening;
  voice_deadline_ = moment_.now + limits::voice_attempt_timeout;
  outputs_.emplace_back(OpenVoice{voice_->open(resume_next_)});
}

void Call::on(const VoiceOpened&) {
  if (voice_state_ != VoiceState::opening) return;
  voice_state_ = VoiceState::open;
  std::vector<std::string> messages;
  voice_->encode_opening(messages);
  for (auto& text : messages) outputs_.emplace_back(Send{Leg::voice, std::move(text), not_timed});
}

void Call::on(const VoiceMessage& input) {
  if (voice_state_ != VoiceState::open && voice_state_ != VoiceState::ready) return;
  voice_events_.clear();
  const auto decoded = voice_->decode(input.text, voice_events_);
  if (!decoded) count(Counted::voice_bad_message, "undecodable");
  for (const auto& event : voice_events_) {
    if (voice_state_ == VoiceState::gone || has_ended()) break;
    std::visit([this](const auto& kind) { voice_event(kind); }, event);
  }
}

void Call::on(const VoiceClosed& input) {
  if (voice_state_ == VoiceState::gone || voice_state_ == VoiceState::waiting_to_open) return;
  lose_voice(voice_->classify_close(input.code, input.reason));
}

void Call::on(const VoiceUnreachable& input) {
  if (voice_state_ != VoiceState::opening) return;
  write_event("voice_unreachable",
              fmt::format(R"({{"stage":"{}","status":{}}})", input.stage, input.status));
  lose_voice(voice_->classify_refusal(input.status));
}

void Call::advance_voice() {
  const bool is_under_way = voice_state_ == VoiceState::opening || voice_state_ == VoiceState::open;
  if (voice_state_ == VoiceState::waiting_to_open && moment_.now >= voice_deadline_)
    return open_voice();
  if (!is_under_way || moment_.now < voice_deadline_) return;
  outputs_.emplace_back(CloseLeg{Leg::voice, 1001, "time-out"});
  lose_voice({VoiceSeverity::retry, "timeout"});
}

void Call::lose_voice(const VoiceVerdict& verdict) {
  count(Counted::voice_closed, verdict.why);
  std::string why = R"({"why":)";
  codec::append_json_string(why, verdict.why);
  write_event("voice_closed", why + "}");
  voice_state_ = VoiceState::gone;
  uplink_.stop_clock();
  uplink_.limit_backlog(limits::uplink_held_max);
  playout_.end_turn(moment_.now);
  if (state_ == State::closing) return;
  if (agent_hangs_up_) return fail_voice(EndReason::agent_hung_up);
  if (verdict.severity == VoiceSeverity::fatal) return fail_voice(EndReason::voice_refused);
  if (verdict.severity == VoiceSeverity::ended) return fail_voice(EndReason::voice_ended);
  const bool flaps = voice_attempts_ == 0 && ++voice_losses_ > limits::voice_losses_max;
  if (flaps || voice_attempts_ >= limits::voice_attempts_max) {
    return fail_voice(voice_was_ready_ ? EndReason::voice_lost : EndReason::voice_unavailable);
  }
  resume_next_ = voice_was_ready_ && verdict.severity != VoiceSeverity::retry_fresh;
  voice_state_ = VoiceState::waiting_to_open;
  voice_deadline_ = moment_.now + attempt_delays[static_cast<std::size_t>(voice_attempts_)];
  if (state_ == State::talking) enter(State::connecting);
}

void Call::fail_voice(EndReason reason) {
  voice_state_ = VoiceState::gone;
  if (stream_began_) return close(reason);
  voice_failure_ = reason;  // told to the caller as soon as there is a line to tell it on
}

void Call::close_voice(std::string_view reason) {
  const bool is_open =
      voice_state_ != VoiceState::gone && voice_state_ != VoiceState::waiting_to_open;
  voice_state_ = VoiceState::gone;
  uplink_.stop_clock();
  if (is_open) outputs_.emplace_back(CloseLeg{Leg::voice, 1000, reason});
}

void Call::voice_event(const VoiceReady& ready) {
  if (voice_state_ == VoiceState::ready) return;
  voice_state_ = VoiceState::ready;
  voice_was_ready_ = true;
  voice_attempts_ = 0;
  uplink_.start_clock(moment_.now);
  write(core::ChatOpened{ready.chat_id, ready.chat_group_id});
  write_event(
      "voice_ready",
      fmt::format(
          R"({{"after_ms":{}}})",
          std::chrono::duration_cast<std::chrono::milliseconds>(moment_.now - began_).count()));
  if (state_ == State::connecting) enter(State::talking);
}

void Call::voice_event(const VoiceAudio& audio) {
  const auto begins = playout_.produced_position();
  if (!playout_.push(audio, moment_.now)) return count(Counted::voice_bad_message, "late_audio");
  turn_is_over_ = false;
  if (turn_clock_.waiting_for_answer() && !answer_begins_) {
    turn_clock_.voice_first_audio(moment_.now);
    answer_begins_ = begins;
  }
}

void Call::voice_event(const VoiceText& text) {
  const bool is_user = text.speaker == core::Speaker::user;
  if (is_user && cuts_in(text)) interrupt("words");
  if (!text.is_final) return;
  if (is_user && !text.is_typed) turn_clock_.text_final(moment_.now);
  if (!is_user) last_spoken_utterance_ = text.utterance;
  write_transcript(text.speaker, text.text, is_user ? "user_message" : "assistant_message",
                   text.utterance);
}

/// An agent may give no verdict once it has finished generating; then words that are more than a
/// backchannel decide.
bool Call::cuts_in(const VoiceText& text) const {
  if (text.is_typed || !turn_is_over_ ||
      playout_.unplayed(moment_.now) < limits::cut_in_unplayed_min)
    return false;
  return has_two_words(text.text) || text.end - text.begin >= limits::cut_in_speech_min;
}

void Call::voice_event(const VoiceTurnEnded&) {
  turn_is_over_ = true;
  playout_.end_turn(moment_.now);
}

void Call::voice_event(const VoiceInterrupted&) { interrupt("agent"); }

void Call::voice_event(const VoiceHangUp&) {
  agent_hangs_up_ = true;
  write_event("agent_hang_up", "{}");
}

void Call::voice_event(const VoiceToolCall& tool) {
  if (!tool.response_required) return;
  send_voice(not_timed, [&](std::string& out) {
    voice_->encode_tool_result(tool, false, "This tool is not available on this line.", out);
  });
}

void Call::voice_event(const VoiceReply& reply) {
  outputs_.emplace_back(Send{Leg::voice, reply.text, not_timed});
}

void Call::voice_event(const VoiceError& error) {
  write_event("voice_error", error_json(error));
  if (error.severity == VoiceSeverity::warning || error.severity == VoiceSeverity::ended) return;
  outputs_.emplace_back(CloseLeg{Leg::voice, 1000, "error"});
  lose_voice({error.severity, error.slug.empty() ? error.code : error.slug});
}

void Call::voice_event(const VoiceDefect& defect) {
  count(Counted::voice_bad_message, defect.why);
  write_event("voice_defect", R"({"why":")" + defect.why + "\"}");
}

void Call::interrupt(std::string_view by) {
  const auto unplayed = playout_.unplayed(moment_.now);
  playout_.fence(last_spoken_utterance_);
  playout_.clear(moment_.now, heard_);
  outputs_.emplace_back(DropUnsent{});
  send_carrier(not_timed, [this](std::string& out) { carrier_->encode_clear(out); });
  answer_begins_.reset();
  settle_heard();
  if (unplayed <= 0ms) return;
  ++interruptions_;
  count(Counted::barge_in, "confirmed");
  write_event("barge_in", fmt::format(R"({{"by":"{}","unplayed_ms":{}}})", by, unplayed.count()));
}

void Call::pump_uplink() {
  if (voice_state_ != VoiceState::ready) return;
  // What was held until the agent was ready is sent, not dropped; the tighter bound comes after it.
  if (uplink_.waiting() * codec::frame_duration <= limits::uplink_backlog_max) {
    uplink_.limit_backlog(limits::uplink_backlog_max);
  }
  std::size_t queued = moment_.voice_outbox_bytes;
  while (queued < limits::uplink_outbox_bytes_max) {
    const auto* frame = uplink_.pull();
    if (frame == nullptr) return;
    std::string text = take_buffer();
    voice_->encode_audio(frame->ulaw, text);
    queued += text.size();
    if (!frame->is_invented) {
      forwarded_[forwarded_next_++ % forwarded_.size()] = {frame->arrived, moment_.now};
    }
    outputs_.emplace_back(
        Send{Leg::voice, std::move(text), frame->is_invented ? not_timed : frame->arrived});
  }
}

void Call::pump_playout() {
  while (auto piece = playout_.pull(moment_.now)) {
    if (const auto* mark = std::get_if<Playout::Mark>(&*piece)) {
      send_carrier(not_timed, [&](std::string& out) { carrier_->encode_mark(mark->name, out); });
      continue;
    }
    const auto& media = std::get<Playout::Media>(*piece);
    send_carrier(media.due, [&](std::string& out) { carrier_->encode_media(media.ulaw, out); });
    if (!answer_begins_ || playout_.sent_position() <= *answer_begins_) continue;
    answer_begins_.reset();
    if (const auto turn = turn_clock_.carrier_first_audio(
            moment_.now, media.plays_at + playout_.carrier_delay())) {
      write_turn(*turn);
    }
  }
}

}  // namespace tandem::call
