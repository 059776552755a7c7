// What a call writes down, in order.
#include <fmt/format.h>

#include <algorithm>

#include "bridge/call/call.hpp"
#include "codec/json_object.hpp"

namespace tandem::call {

core::MediaOffset Call::offset(core::TimePoint now) const noexcept {
  if (!stream_began_) return core::MediaOffset{0};
  return std::chrono::duration_cast<core::MediaOffset>(now - *stream_began_);
}

void Call::count(Counted what, std::string_view label, std::int64_t amount) {
  outputs_.emplace_back(Count{what, std::string(label), amount});
}

void Call::measure(Measured what, core::Duration value) {
  outputs_.emplace_back(Measure{what, value});
}

void Call::write(core::RecordBody body) {
  const auto wall =
      wall_began_ + std::chrono::duration_cast<std::chrono::microseconds>(moment_.now - began_);
  outputs_.emplace_back(WriteDown{{settings_.id, wall, offset(moment_.now), std::move(body)}});
}

void Call::write_event(std::string_view type, std::string json) {
  write(core::CallEvent{event_seq_++, std::string(type), std::move(json)});
}

/// An event of one text, which may be anything.
void Call::write_event(std::string_view type, std::string_view key, std::string_view text) {
  std::string json;
  codec::JsonObjectWriter object(json);
  object.text(key, text);
  object.close();
  write_event(type, std::move(json));
}

void Call::write_transcript(core::Speaker speaker, std::string_view text,
                            std::string_view event_type, std::string_view utterance) {
  write(conversation_.add(speaker, text, event_type, utterance));
  if (speaker == core::Speaker::user) return;
  if (auto heard = conversation_.heard_already(utterance)) write(*heard);
}

void Call::settle_heard() {
  for (const auto& heard : heard_) {
    if (auto record = conversation_.settle(heard)) write(*record);
  }
  heard_.clear();
}

void Call::write_turn(const core::TurnLatency& measured) {
  core::TurnLatency turn = measured;
  turn.turn = static_cast<std::int32_t>(turns_.size());
  turns_.push_back(turn);
  write_event(
      "turn_completed",
      fmt::format(
          R"({{"turn":{},"to_last_audio_sent_us":{},"to_text_final_us":{},"to_first_audio_us":{},)"
          R"("to_carrier_us":{},"to_audible_us":{},"unexplained_us":{},"gap_us":{}}})",
          turn.turn, turn.to_last_audio_sent_us, turn.to_text_final_us, turn.to_first_audio_us,
          turn.to_carrier_us, turn.to_audible_us, turn.unexplained_us, turn.gap_us));
}

core::AudioAccount Call::audio_account() const {
  constexpr std::int64_t samples_per_ms = codec::phone_rate_hz / 1000;
  const auto& up = uplink_.counts();
  const auto& down = playout_.counts();
  core::AudioAccount account;
  account.caller_frames_in = up.frames_in;
  account.caller_frames_sent = up.frames_sent;
  account.caller_frames_dropped = up.frames_dropped;
  account.silence_frames_sent = up.silence_sent;
  account.agent_ms_received = down.samples_received / samples_per_ms;
  account.agent_ms_sent = down.samples_sent / samples_per_ms;
  // From the difference, so that rounding cannot lose a millisecond: received = sent + cut +
  // waiting.
  const auto waiting = down.samples_received - down.samples_sent - down.samples_cut;
  account.agent_ms_cut =
      account.agent_ms_received - account.agent_ms_sent - waiting / samples_per_ms;
  return account;
}

/// What was counted all along and is worth one line: silences by kind, and what the provider bills.
void Call::write_totals() {
  std::string json = "{";
  for (std::size_t i = 1; i < silence_count; ++i) {
    const auto kind = static_cast<Silence>(i);
    const auto ms = dead_air_.total(kind).count();
    json += fmt::format(R"({}"{}_ms":{})", i > 1 ? "," : "", to_string(kind), ms);
    if (ms > 0) count(Counted::dead_air_ms, to_string(kind), ms);
  }
  write_event("silences", json + "}");
  const auto tokens = usage_.input_audio_tokens + usage_.output_audio_tokens +
                      usage_.input_text_tokens + usage_.output_text_tokens;
  if (tokens == 0) return;
  write_event("voice_usage", fmt::format(R"({{"input_audio_tokens":{},"output_audio_tokens":{},)"
                                         R"("input_text_tokens":{},"output_text_tokens":{}}})",
                                         usage_.input_audio_tokens, usage_.output_audio_tokens,
                                         usage_.input_text_tokens, usage_.output_text_tokens));
}

/// A crash loses at most one window.
void Call::write_levels() {
  if (!stream_began_) return;
  while (auto window = levels_.take_window(offset(moment_.now)))
    write_event("levels", std::move(*window));
}

void Call::write_end() {
  playout_.clear(moment_.now, heard_);
  settle_heard();
  for (const auto& heard : conversation_.never_heard()) write(heard);
  write_levels();
  if (auto rest = levels_.take_rest(offset(moment_.now))) write_event("levels", std::move(*rest));
  write_totals();
  core::CallEnded ended;
  ended.end_reason = to_string(*end_reason_);
  ended.duration_ms = offset(moment_.now).count();
  ended.total_messages = conversation_.entries();
  ended.interruptions = interruptions_;
  ended.audio = audio_account();
  const double caller_ms = static_cast<double>(caller_speech_us_) / 1000.0;
  const auto both = caller_ms + static_cast<double>(ended.audio.agent_ms_sent);
  ended.talk_ratio = both > 0 ? caller_ms / both : 0;
  ended.turns = turns_;
  ended.uplink_transit = uplink_transit_.percentiles();
  ended.downlink_transit = downlink_transit_.percentiles();
  write(std::move(ended));
}

}  // namespace tandem::call
