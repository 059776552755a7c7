// One phone call: a pure state machine. Bytes and time go in, bytes and a deadline come out.
//
// Usage, by net/call_runner and by the simulator alike: one handle(), then poll() until it answers
// false, then sleep until deadline() or the next input. The views inside an input live only during
// handle(). Nothing here reads a clock, touches a socket or blocks; the same inputs give the same
// outputs. No provider and no carrier is known by name.
//
// Which state follows which is data: see `transitions` in call_state.hpp and docs/architecture.md,
// section 3.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/call/answering.hpp"
#include "bridge/call/barge_in.hpp"
#include "bridge/call/call_io.hpp"
#include "bridge/call/call_state.hpp"
#include "bridge/call/carrier.hpp"
#include "bridge/call/conversation.hpp"
#include "bridge/call/dead_air.hpp"
#include "bridge/call/echo.hpp"
#include "bridge/call/end_reason.hpp"
#include "bridge/call/keypad.hpp"
#include "bridge/call/latency.hpp"
#include "bridge/call/levels.hpp"
#include "bridge/call/playout.hpp"
#include "bridge/call/uplink.hpp"
#include "bridge/call/voice.hpp"
#include "bridge/call/voice_attempts.hpp"
#include "bridge/core/limits.hpp"
#include "bridge/core/record.hpp"
#include "codec/energy.hpp"

namespace tandem::call {

/// What operators may see of a running call.
struct Snapshot {
  State state = State::announced;
  std::optional<EndReason> end_reason;
  core::MediaOffset offset{0};
  core::AudioAccount audio;
  bool voice_is_ready = false;
  bool paused = false;  ///< by an operator
  int listeners = 0;
  float caller_dbfs = codec::silence_dbfs;  ///< the loudest of the last second
  float agent_dbfs = codec::silence_dbfs;
  core::Percentiles uplink_transit;  ///< of the call so far
  core::Percentiles downlink_transit;
  std::size_t voice_outbox_bytes = 0;  ///< waiting to be written; filled by who owns the sockets
  std::size_t carrier_outbox_bytes = 0;
  std::int32_t turns = 0;  ///< in which the agent answered the caller
};

class Call {
 public:
  /// Emits CallStarted and the first OpenVoice at once: drain before the first handle().
  /// `wall` is the wall time of `now`; later wall times are derived from it, so a jumping wall
  /// clock cannot reorder the record. `voices`: at least one, in the order in which they are to be
  /// tried; no pointer may be null.
  Call(CallSettings settings, std::unique_ptr<CarrierCodec> carrier,
       std::vector<std::unique_ptr<VoiceProvider>> voices, core::TimePoint now,
       core::WallTime wall);

  /// Throws BugError when the drain before was not finished. Ignored once the call has ended.
  void handle(const Input& input, const Moment& moment);
  /// Takes the next output; false when there is none.
  bool poll(Output& output);
  /// When to come back with TimerFired at the latest; empty once the call has ended.
  [[nodiscard]] std::optional<core::TimePoint> deadline() const;

  [[nodiscard]] bool has_ended() const noexcept { return state_ == State::ended; }
  [[nodiscard]] State state() const noexcept { return state_; }
  /// Set from the moment it is decided that and why the call ends.
  [[nodiscard]] std::optional<EndReason> end_reason() const noexcept { return end_reason_; }
  /// Some microseconds of work: for people, not for every frame.
  [[nodiscard]] Snapshot snapshot(core::TimePoint now) const;
  [[nodiscard]] core::AudioAccount audio_account() const;
  [[nodiscard]] std::string_view voice_name() const noexcept { return voice().name(); }
  [[nodiscard]] const VoiceCapabilities& voice_capabilities() const noexcept {
    return voice().capabilities();
  }
  [[nodiscard]] const CallSettings& settings() const noexcept { return settings_; }

  // For the driver's histograms, after each handle(): they only grow.
  [[nodiscard]] std::int64_t caller_frames() const noexcept { return uplink_.counts().frames_in; }
  [[nodiscard]] std::int64_t underruns() const noexcept { return playout_.counts().underruns; }
  /// The turns that are complete; the view lives until the next handle().
  [[nodiscard]] std::span<const core::TurnLatency> turns() const noexcept { return turns_; }

  /// A message was handed to the network: its transit time goes into the histograms.
  void note_written(Leg leg, core::TimePoint due, core::TimePoint written) noexcept;
  /// Gives a Send's string back, so that steady audio allocates nothing.
  void recycle(std::string&& text);
  /// Ends the call at once because of a bug of ours; the final record is emitted.
  void abandon(core::TimePoint now);

 private:
  enum class VoiceState : std::uint8_t { waiting_to_open, opening, open, ready, gone };
  /// What follows once the agent's last words have been heard.
  enum class AfterWords : std::uint8_t { nothing, hang_up, transfer };
  struct Forwarded {
    core::TimePoint arrived{};
    core::TimePoint sent{};
  };

  // call.cpp: time, states, ends
  void on(const CarrierEnded&);
  void on(const CarrierFull&);
  void on(const TimerFired&) {}
  void on(const ShutDown&);
  void advance();
  void advance_stream();
  void advance_closing();
  void enter(State state);
  void close(EndReason reason);  // let the last words play, then end
  void end(EndReason reason, std::uint16_t code, std::string_view text);  // end now
  [[nodiscard]] bool is_announced() const noexcept {
    return state_ == State::announced || state_ == State::waiting_for_start;
  }

  // call_stream.cpp: the carrier's streams, one after the other, and what comes through them
  void on(const CarrierOpened&);
  void on(const CarrierText&);
  void on(const CarrierBinary&);
  void on(const CarrierClosed&);
  void carrier_event(const CarrierConnected&) {}
  void carrier_event(const CarrierIgnored&) {}
  void carrier_event(const CarrierStart&);
  void carrier_event(const CarrierMedia&);
  void carrier_event(const CarrierMark&);
  void carrier_event(const CarrierDtmf&);
  void carrier_event(const CarrierStop&);
  void carrier_failure(const CarrierFailure&);
  void park();
  void leave();
  void begin_stream(const CarrierStart& start);
  void refuse_stream(EndReason reason, std::uint16_t code, std::string_view text);
  bool is_flood(std::size_t bytes);

  // call_floor.cpp: who may speak: caller speech, barge-in, holds
  void watch_caller_speech(std::span<const std::uint8_t> ulaw);
  void caller_started(core::TimePoint began);
  void hold_for_speech(core::TimePoint began);
  void caller_stopped(core::TimePoint stopped);
  bool hold_playout();
  void silence_line();
  void release_playout();
  void advance_floor();
  void watch_congestion();
  void interrupt(std::string_view by);
  [[nodiscard]] bool cuts_in(const VoiceText& text) const;
  [[nodiscard]] bool is_protected() const;
  void pump_playout();
  void send_media(const Playout::Media& media);

  // call_voice.cpp: what the agent says
  void on(const VoiceMessage&);
  void voice_event(const VoiceReady&);
  void voice_event(const VoiceAudio&);
  void voice_event(const VoiceText&);
  void voice_event(const VoiceEmotions&);
  void voice_event(const VoiceTurnEnded&);
  void voice_event(const VoiceInterrupted&);
  void voice_event(const VoiceNudged&);
  void voice_event(const VoiceCallerSpeech&);
  void voice_event(const VoiceGoingAway&);
  void voice_event(const VoiceUsage&);
  void voice_event(const VoiceToolCall&);
  void voice_event(const VoiceToolCancelled&);
  void voice_event(const VoiceReply&);
  void voice_event(const VoiceHangUp&);
  void voice_event(const VoiceError&);
  void voice_event(const VoiceDefect&);
  void take_words(const VoiceText& text);
  [[nodiscard]] bool is_news(const VoiceText& text) const;
  bool suppress_second_greeting(std::string_view utterance);
  void answer_tool(const VoiceToolCall& tool, bool ok, std::string_view content);
  void advance_last_words();

  // call_voice_leg.cpp: the life of the voice leg
  void on(const VoiceOpened&);
  void on(const VoiceClosed&);
  void on(const VoiceUnreachable&);
  void open_voice();
  void lose_voice(const VoiceVerdict& verdict);
  void write_held_words();
  void follow(const VoiceAttempts::Decision& decision);
  void fail_voice(EndReason reason);
  void close_voice(std::string_view reason);
  void drop_session(std::string_view why);
  void advance_voice();
  void advance_roll_over();
  void advance_dead_air();
  void take_step(FreezeStep step);
  void greet_or_return();
  void play_one_moment();
  void pump_uplink();
  [[nodiscard]] std::optional<core::TimePoint> roll_over_due() const;
  [[nodiscard]] std::optional<core::TimePoint> roll_over_latest() const;
  [[nodiscard]] VoiceProvider& voice() noexcept { return *voices_[attempts_.provider()]; }
  [[nodiscard]] const VoiceProvider& voice() const noexcept {
    return *voices_[attempts_.provider()];
  }

  // call_operator.cpp: people, keys and transfers
  void on(const OperatorHangUp&);
  void on(const OperatorSay&);
  void on(const OperatorContext&);
  void on(const OperatorPause&);
  void on(const OperatorTransfer&);
  void on(const OperatorListen&);
  void let_listen(Track track, core::TimePoint heard_at, std::span<const std::uint8_t> ulaw);
  void transfer(core::PhoneNumber to, std::string note);
  void advance_keypad();

  // call_wishes.cpp: a machine that picked up, and people who do not want to be called again
  void on(const CarrierAnswered&);
  void on(const OptedOutElsewhere&);
  void advance_message();
  void opt_out(std::string_view by, std::string_view detail);
  void heed_opt_out();
  [[nodiscard]] std::optional<core::TimePoint> message_deadline() const;

  // call_record.cpp: what is written down
  void write(core::RecordBody body);
  void write_event(std::string_view type, std::string json);
  void write_event(std::string_view type, std::string_view key, std::string_view text);
  void write_transcript(core::Speaker speaker, std::string_view text, std::string_view event_type,
                        std::string_view utterance);
  void settle_heard();
  void write_turn(const core::TurnLatency& turn);
  void write_levels();
  void write_end();
  void write_totals();
  [[nodiscard]] core::MediaOffset offset(core::TimePoint now) const noexcept;
  void count(Counted what, std::string_view label, std::int64_t amount = 1);
  void measure(Measured what, core::Duration value);

  std::string take_buffer();
  template <class Encode>
  void send_voice(core::TimePoint due, Encode encode);
  template <class Encode>
  void send_carrier(core::TimePoint due, Encode encode);

  /// Control messages and invented silence are not media in transit.
  static constexpr core::TimePoint not_timed{};

  CallSettings settings_;
  std::unique_ptr<CarrierCodec> carrier_;
  std::vector<std::unique_ptr<VoiceProvider>> voices_;
  core::TimePoint began_;
  core::WallTime wall_began_;
  Moment moment_;

  State state_ = State::announced;
  core::TimePoint state_deadline_;
  std::optional<EndReason> end_reason_;
  std::optional<core::TimePoint> hung_up_at_;

  // The carrier's stream.
  core::Secret stream_token_;
  std::optional<core::TimePoint> stream_began_;  // the first one: media offsets count from here
  bool carrier_is_open_ = false;                 // a socket is there
  bool stream_is_live_ = false;                  // and its start was valid
  int streams_ = 0;
  core::TimePoint carrier_heard_at_;
  int bad_messages_ = 0;
  core::TimePoint bad_messages_since_{};
  double frame_tokens_ = limits::caller_frames_burst_max;
  core::TimePoint frame_tokens_at_{};
  std::optional<core::TimePoint> congested_since_;

  // The voice leg.
  VoiceAttempts attempts_;
  VoiceState voice_state_ = VoiceState::gone;
  core::TimePoint voice_deadline_{};  // of the attempt, or when to make the next one
  core::TimePoint voice_dialled_at_{};
  bool resume_next_ = false;
  int sessions_ = 0;                                 // that became ready
  std::optional<core::TimePoint> voice_away_since_;  // since the stream lives without an agent
  std::optional<core::TimePoint> voice_stalled_since_;
  std::optional<core::TimePoint> going_away_at_;  // the provider said when it will close
  std::optional<EndReason> voice_failure_;        // known before there was a stream to tell it on
  bool one_moment_played_ = false;                // since the agent spoke last
  bool is_greeted_ = false;
  bool returns_ = false;  // this session continues a talk: no second greeting
  std::optional<core::TimePoint> greeting_guard_until_;
  std::optional<core::TimePoint> suppressed_since_;  // a second greeting is being dropped
  DeadAir dead_air_;
  bool is_paused_ = false;
  int listeners_ = 0;

  // Who picked up, the message to a machine, and the wish not to be called again.
  Answering answering_;
  std::optional<core::TimePoint> message_since_;    // a machine is to hear the message
  std::optional<core::TimePoint> message_said_at_;  // the agent was told to say it
  int message_session_ = 0;                         // to which it was told
  bool message_began_ = false;                      // its first sound came
  std::string_view opted_out_by_;                   // "key", "speech", "list"; empty: nobody did

  // The agent's turn.
  AfterWords after_words_ = AfterWords::nothing;
  core::TimePoint after_words_since_{};
  bool turn_is_over_ = true;  // nothing more is generated; it may still be playing
  bool turn_ended_since_request_ = false;
  bool agent_has_spoken_ = false;
  core::TimePoint agent_acted_at_{};  // its last audio came
  int defects_ = 0;
  std::string last_spoken_utterance_;
  std::vector<std::string> answered_tools_;

  // The floor.
  codec::SpeechDetector caller_speech_;
  EchoReference echo_;
  BargeIn barge_in_;
  float trigger_level_ = codec::silence_dbfs;
  core::TimePoint trigger_at_{};
  core::TimePoint speech_began_{};
  core::TimePoint caller_spoke_at_{};  // the end of what it said last
  bool spoke_over_agent_ = false;
  bool first_audio_sent_ = false;
  std::optional<core::TimePoint> protected_until_;
  Keypad keypad_;

  Uplink uplink_;
  Playout playout_;
  std::array<Forwarded, 32> forwarded_{};  // ring: which frame left when, for the turn clock
  std::size_t forwarded_next_ = 0;
  TurnClock turn_clock_;
  std::optional<std::int64_t>
      answer_begins_;  // playout position of an answer of which nothing was sent yet

  Conversation conversation_;
  LevelTimeline levels_;
  std::vector<core::TurnLatency> turns_;
  Histogram uplink_transit_;
  Histogram downlink_transit_;
  std::int32_t event_seq_ = 0;
  std::int32_t interruptions_ = 0;
  std::int64_t caller_speech_us_ = 0;
  VoiceUsage usage_;

  std::vector<VoiceEvent> voice_events_;
  std::vector<Heard> heard_;
  std::vector<Output> outputs_;
  std::size_t polled_ = 0;
  std::vector<std::string> spare_;
};

template <class Encode>
void Call::send_voice(core::TimePoint due, Encode encode) {
  if (voice_state_ != VoiceState::ready) return;
  std::string text = take_buffer();
  encode(text);
  if (!text.empty()) outputs_.emplace_back(Send{Leg::voice, std::move(text), due});
}

template <class Encode>
void Call::send_carrier(core::TimePoint due, Encode encode) {
  if (!stream_is_live_) return;
  std::string text = take_buffer();
  encode(text);
  outputs_.emplace_back(Send{Leg::carrier, std::move(text), due});
}

}  // namespace tandem::call
