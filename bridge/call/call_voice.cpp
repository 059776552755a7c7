// What the agent says.
#include <fmt/format.h>

#include <algorithm>

#include "bridge/call/call.hpp"
#include "bridge/call/opt_out_words.hpp"
#include "codec/json_object.hpp"

namespace tandem::call {

namespace {

using namespace std::chrono_literals;

std::string error_json(const VoiceError& error) {
  std::string json;
  codec::JsonObjectWriter object(json);
  object.text("code", error.code);
  object.text("slug", error.slug);
  object.close();
  return json;
}

}  // namespace

void Call::on(const VoiceMessage& input) {
  if (voice_state_ != VoiceState::open && voice_state_ != VoiceState::ready) return;
  voice_events_.clear();
  const auto decoded = voice().decode(input.text, voice_events_);
  if (!decoded) count(Counted::voice_bad_message, "undecodable");
  for (const auto& event : voice_events_) {
    const bool is_usable = voice_state_ == VoiceState::open || voice_state_ == VoiceState::ready;
    if (!is_usable || has_ended()) break;
    std::visit([this](const auto& kind) { voice_event(kind); }, event);
  }
}

/// After a session was replaced the agent may say hello again. Nobody asked: what begins in that
/// window is dropped, to the end of its turn.
bool Call::suppress_second_greeting(std::string_view utterance) {
  const auto now = moment_.now;
  if (suppressed_since_ && now - *suppressed_since_ > 2 * limits::second_greeting_window)
    suppressed_since_.reset();
  const bool begins = !suppressed_since_ && greeting_guard_until_ && now < *greeting_guard_until_;
  if (!begins && !suppressed_since_) return false;
  playout_.fence(utterance);
  if (!begins) return true;
  greeting_guard_until_.reset();
  suppressed_since_ = now;
  write_event("second_greeting_suppressed", "{}");
  return true;
}

void Call::voice_event(const VoiceAudio& audio) {
  if (suppress_second_greeting(audio.utterance)) return;
  const auto begins = playout_.produced_position();
  if (!playout_.push(audio, moment_.now)) return count(Counted::voice_bad_message, "late_audio");
  turn_is_over_ = false;
  agent_has_spoken_ = true;
  message_began_ = message_said_at_.has_value();
  one_moment_played_ = false;
  agent_acted_at_ = after_words_since_ = moment_.now;
  dead_air_.agent_acts();
  if (turn_clock_.waiting_for_answer() && !answer_begins_) {
    turn_clock_.voice_first_audio(moment_.now);
    answer_begins_ = begins;
  }
}

void Call::voice_event(const VoiceText& text) {
  const bool is_user = text.speaker == core::Speaker::user;
  if (is_user) {
    greeting_guard_until_.reset();
    if (cuts_in(text)) interrupt("words");
    if (is_news(text) && playout_.unplayed(moment_.now) <= 0ms) dead_air_.caller_words(moment_.now);
  } else if (suppress_second_greeting(text.utterance)) {
    return;
  }
  if (!text.is_final) return;
  if (is_user && !text.is_typed) turn_clock_.text_final(moment_.now);
  if (!is_user) last_spoken_utterance_ = text.utterance;
  take_words(text);
}

/// Final words of either side.
void Call::take_words(const VoiceText& text) {
  const bool is_user = text.speaker == core::Speaker::user;
  write_transcript(text.speaker, text.text, is_user ? "user_message" : "assistant_message",
                   text.utterance);
  if (!is_user || text.is_typed) return;
  answering_.caller_said(text.text);
  if (settings_.hears_opt_out && asks_not_to_be_called(text.text))
    opt_out("speech", fmt::format(R"("seq":{})", conversation_.entries() - 1));
}

void Call::voice_event(const VoiceEmotions& emotions) {
  const auto seq = conversation_.seq_of(emotions.speaker, emotions.utterance);
  if (!seq) return;
  std::string json;
  codec::JsonObjectWriter object(json);
  object.number("seq", *seq);
  object.raw("scores", emotions.scores);
  object.close();
  write_event("emotions", std::move(json));
}

/// Some providers write words down long after the agent has answered them. Those oblige nobody and
/// cut nobody off: news are words that were spoken since the agent spoke last.
bool Call::is_news(const VoiceText& text) const {
  if (text.is_typed || !voice().capabilities().transcribes_late) return true;
  return caller_speech_.is_speaking() || caller_spoke_at_ > agent_acted_at_;
}

void Call::voice_event(const VoiceTurnEnded&) {
  if (std::exchange(suppressed_since_, std::nullopt)) return;
  turn_is_over_ = true;
  turn_ended_since_request_ = true;
  playout_.end_turn(moment_.now);
}

void Call::voice_event(const VoiceInterrupted&) { interrupt("agent"); }

// What it says from here on is the answer that it was asked for.
void Call::voice_event(const VoiceNudged&) {
  if (greeting_guard_until_)
    greeting_guard_until_ =
        *greeting_guard_until_ - limits::second_greeting_window + limits::nudge_answer_min;
}

void Call::voice_event(const VoiceCallerSpeech& speech) {
  // The provider's ears are as good as ours: the first to hear it holds.
  if (caller_speech_.is_speaking()) return;
  if (speech.is_speaking) return hold_for_speech(moment_.now);
  barge_in_.caller_stopped(moment_.now);
}

void Call::voice_event(const VoiceGoingAway& notice) {
  going_away_at_ = moment_.now + notice.left;
  write_event("voice_going_away", fmt::format(R"({{"left_ms":{}}})", notice.left.count()));
}

void Call::voice_event(const VoiceUsage& usage) {
  usage_.input_audio_tokens += usage.input_audio_tokens;
  usage_.output_audio_tokens += usage.output_audio_tokens;
  usage_.input_text_tokens += usage.input_text_tokens;
  usage_.output_text_tokens += usage.output_text_tokens;
}

void Call::voice_event(const VoiceHangUp&) {
  if (after_words_ == AfterWords::hang_up) return;
  after_words_ = AfterWords::hang_up;
  after_words_since_ = moment_.now;
  turn_ended_since_request_ = false;
  write_event("agent_hang_up", "{}");
}

void Call::voice_event(const VoiceToolCall& tool) {
  const auto known = std::find(answered_tools_.begin(), answered_tools_.end(), tool.id);
  if (known != answered_tools_.end()) return;  // E24: once is enough
  if (answered_tools_.size() == limits::tool_calls_remembered)
    answered_tools_.erase(answered_tools_.begin());
  answered_tools_.push_back(tool.id);
  write_event("tool_call", "name", tool.name);
  // It works: what it owes is owed from now on.
  dead_air_.agent_acts();
  dead_air_.caller_words(moment_.now);
  if (tool.name == "hang_up") {
    answer_tool(tool, true, "The call ends after your last words.");
    return voice_event(VoiceHangUp{});
  }
  if (tool.name != "transfer")
    return answer_tool(tool, false, "This tool is not available on this line.");
  if (settings_.transfer_to.empty())
    return answer_tool(tool, false, "There is nobody to put the caller through to.");
  answer_tool(tool, true, "The caller is put through after your last words.");
  after_words_ = AfterWords::transfer;
  after_words_since_ = moment_.now;
  turn_ended_since_request_ = false;
}

void Call::answer_tool(const VoiceToolCall& tool, bool ok, std::string_view content) {
  if (!tool.response_required) return;
  send_voice(not_timed,
             [&](std::string& out) { voice().encode_tool_result(tool, ok, content, out); });
}

void Call::voice_event(const VoiceToolCancelled& cancelled) {
  write_event("tool_cancelled", "id", cancelled.id);
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
  if (++defects_ > limits::defects_written_max) return;  // counted all the same
  write_event("voice_defect", "why", defect.why);
}

/// The agent said that it is done. Its farewell may come before or after that, and its provider may
/// close the session later than the last word is heard, or never.
void Call::advance_last_words() {
  const auto now = moment_.now;
  if (after_words_ == AfterWords::nothing) return;
  if (state_ != State::talking && state_ != State::connecting) return;
  const bool is_done = turn_is_over_ && (turn_ended_since_request_ ||
                                         now >= after_words_since_ + limits::last_words_timeout);
  const bool is_mute = now >= after_words_since_ + 2 * limits::last_words_timeout;
  if (!playout_.is_idle(now) || !(is_done || is_mute)) return;
  if (after_words_ == AfterWords::hang_up) return close(EndReason::agent_hung_up);
  transfer(settings_.transfer_to, conversation_.last_words(limits::whisper_bytes_max));
}

}  // namespace tandem::call
