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

#include "bridge/call/call_state.hpp"
#include "bridge/call/carrier.hpp"
#include "bridge/call/end_reason.hpp"
#include "bridge/call/latency.hpp"
#include "bridge/call/playout.hpp"
#include "bridge/call/uplink.hpp"
#include "bridge/call/voice.hpp"
#include "bridge/core/limits.hpp"
#include "bridge/core/record.hpp"
#include "codec/energy.hpp"

namespace tandem::call {

/// What another process of ours knew of this phone call before it died.
struct PreviousCall {
  core::CallId call_id;
  core::ChatGroupId chat_group_id;  ///< empty: the history has to do
  std::vector<SpokenLine> history;
};

struct CallSettings {
  core::CallId id;
  core::CarrierCallId carrier_call_id;
  std::string account_id;  ///< the carrier account that `start` must name; empty accepts any
  core::Direction direction = core::Direction::inbound;
  core::PhoneNumber from;
  core::PhoneNumber to;
  std::string purpose;
  std::string node;
  std::chrono::seconds time_limit{3600};
  PlayoutSettings playout;
  /// The first words of the call cannot be interrupted for this long; the agent hears silence
  /// meanwhile. 0: they can.
  std::chrono::milliseconds protected_greeting{0};
  core::PhoneNumber transfer_to;  ///< where the agent may put the caller through to; empty: nowhere
  char opt_out_digit = 0;         ///< this key means "do not call me again"; 0: none
  bool keys_reach_agent = false;  ///< what the caller keys in is told to the agent as text
  /// Mu-law of "one moment, please", played when the agent is away; static storage, empty: none.
  std::span<const std::uint8_t> one_moment;
  std::optional<PreviousCall> previous;
};

// Inputs. Each comes with `now` and the state of the outboxes.
/// A media socket of the call opened; `start` must carry this one-time token. The newest socket
/// wins: an earlier one is closed quietly.
struct CarrierOpened {
  std::string_view token;
};
struct CarrierText {
  std::string_view text;
};
struct CarrierBinary {};
struct CarrierClosed {
  std::uint16_t code = 1006;
};
struct CarrierEnded {};  ///< the carrier's API or a callback says that the call is over
struct CarrierFull {};   ///< the carrier does not take what we send (T19)
struct VoiceOpened {};
struct VoiceMessage {
  std::string_view text;
};
struct VoiceClosed {
  std::uint16_t code = 1006;
  std::string_view reason;
};
/// The connection could not be made; `status` is the HTTP answer to the upgrade, 0 when there was
/// none.
struct VoiceUnreachable {
  int status = 0;
  std::string_view stage;  ///< "resolve", "connect", "tls", "upgrade"
};
struct TimerFired {};
struct OperatorHangUp {};
struct OperatorSay {
  std::string text;
};
struct OperatorContext {
  std::string text;
};
struct OperatorPause {
  bool paused = true;
};
/// Put the caller through to a person, who first hears `note`.
struct OperatorTransfer {
  core::PhoneNumber to;
  std::string note;
};
struct ShutDown {};
using Input = std::variant<CarrierOpened, CarrierText, CarrierBinary, CarrierClosed, CarrierEnded,
                           CarrierFull, VoiceOpened, VoiceMessage, VoiceClosed, VoiceUnreachable,
                           TimerFired, OperatorHangUp, OperatorSay, OperatorContext, OperatorPause,
                           OperatorTransfer, ShutDown>;

/// Everything outside that a decision may depend on.
struct Moment {
  core::TimePoint now{};
  std::size_t voice_outbox_bytes = 0;    ///< waiting to be written to the voice leg
  std::size_t carrier_outbox_bytes = 0;  ///< waiting to be written to the carrier leg
};

// Outputs, in the order in which they must be carried out.
enum class Leg : std::uint8_t { carrier, voice };
/// One complete message. `due` is the moment from which its transit time counts, zero for messages
/// that are not media in transit; give the string back by recycle().
struct Send {
  Leg leg = Leg::carrier;
  std::string text;
  core::TimePoint due{};
};
/// Drop queued messages of the carrier leg that were not begun: the clear that follows makes them
/// void.
struct DropUnsent {};
struct OpenVoice {
  VoiceEndpoint endpoint;
};
struct CloseLeg {
  Leg leg = Leg::carrier;
  std::uint16_t code = 1000;
  std::string_view reason;  ///< static text, at most 123 bytes
};
/// End the phone call at the carrier by its API; closing the leg alone does not do that reliably.
struct HangUpCall {};
/// When the carrier asks what to do next: put the caller through. The end of the call follows.
struct TransferCall {
  core::PhoneNumber to;
  std::string whisper;  ///< said to the person who answers, before the caller is connected
};
struct WriteDown {
  core::Record record;
};
enum class Counted : std::uint8_t {
  call_ended,           ///< label: the end reason
  carrier_bad_message,  ///< label: why
  voice_bad_message,    ///< label: why
  voice_closed,         ///< label: the provider's verdict
  barge_in,             ///< label: held, confirmed, rejected
  voice_freeze,         ///< label: the step of the ladder that was taken
  voice_reconnect,      ///< label: why a session was replaced
  dead_air_ms,          ///< label: which silence; amount: milliseconds, once per call
};
/// Add to a metric. Never per frame.
struct Count {
  Counted what{};
  std::string label;
  std::int64_t amount = 1;
};
enum class Measured : std::uint8_t {
  pickup_to_first_audio,  ///< stream began -> the agent's first frame is audible
  barge_in_stop,          ///< the caller cut in -> the agent is silent
  voice_gap,              ///< voice leg lost -> the next session is ready
};
struct Measure {
  Measured what{};
  core::Duration value{};
};
using Output = std::variant<Send, DropUnsent, OpenVoice, CloseLeg, HangUpCall, TransferCall,
                            WriteDown, Count, Measure>;

/// What operators may see of a running call.
struct Snapshot {
  State state = State::announced;
  std::optional<EndReason> end_reason;
  core::MediaOffset offset{0};
  core::AudioAccount audio;
  bool voice_is_ready = false;
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
  [[nodiscard]] Snapshot snapshot(core::TimePoint now) const;
  [[nodiscard]] std::string_view voice_name() const noexcept { return voice_->name(); }
  [[nodiscard]] const VoiceCapabilities& voice_capabilities() const noexcept {
    return voice_->capabilities();
  }
  [[nodiscard]] const CallSettings& settings() const noexcept { return settings_; }

  /// A message was handed to the network: its transit time goes into the histograms.
  void note_written(Leg leg, core::TimePoint due, core::TimePoint written) noexcept;
  /// Gives a Send's string back, so that steady audio allocates nothing.
  void recycle(std::string&& text);
  /// Ends the call at once because of a bug of ours; the final record is emitted.
  void abandon(core::TimePoint now);

 private:
  enum class VoiceState : std::uint8_t { waiting_to_open, opening, open, ready, gone };
  struct Forwarded {
    core::TimePoint arrived{};
    core::TimePoint sent{};
  };
  /// A transcript entry of the agent whose playback is not settled yet.
  struct SpokenEntry {
    std::string utterance;
    std::int32_t seq = -1;  // -1: its audio came before its text
    std::int32_t audio_ms = 0;
    std::int32_t heard_ms = 0;
    bool is_settled = false;
  };

  // call.cpp: inputs, time, ends
  void on(const CarrierOpened&);
  void on(const CarrierText&);
  void on(const CarrierBinary&);
  void on(const CarrierClosed&);
  void on(const CarrierEnded&);
  void on(const CarrierFull&);
  void on(const VoiceOpened&);
  void on(const VoiceMessage&);
  void on(const VoiceClosed&);
  void on(const VoiceUnreachable&);
  void on(const TimerFired&) {}
  void on(const OperatorHangUp&);
  void on(const OperatorSay&);
  void on(const OperatorContext&);
  void on(const OperatorPause&);
  void on(const OperatorTransfer&);
  void on(const ShutDown&);
  void advance();
  void advance_closing();
  void enter(State state);
  void close(EndReason reason);  // let the last words play, then end
  void end(EndReason reason, std::uint16_t code, std::string_view text);  // end now

  // call_carrier.cpp: what the carrier says
  void carrier_event(const CarrierConnected&) {}
  void carrier_event(const CarrierIgnored&) {}
  void carrier_event(const CarrierStart&);
  void carrier_event(const CarrierMedia&);
  void carrier_event(const CarrierMark&);
  void carrier_event(const CarrierDtmf&);
  void carrier_event(const CarrierStop&);
  void carrier_failure(const CarrierFailure&);
  void watch_caller_speech(std::span<const std::uint8_t> ulaw);

  // call_voice.cpp: what the agent says, and the life of the voice leg
  void voice_event(const VoiceReady&);
  void voice_event(const VoiceAudio&);
  void voice_event(const VoiceText&);
  void voice_event(const VoiceTurnEnded&);
  void voice_event(const VoiceInterrupted&);
  void voice_event(const VoiceCallerSpeech&) {}
  void voice_event(const VoiceGoingAway&) {}
  void voice_event(const VoiceUsage&) {}
  void voice_event(const VoiceToolCancelled&) {}
  void voice_event(const VoiceReply&);
  void voice_event(const VoiceHangUp&);
  void voice_event(const VoiceToolCall&);
  void voice_event(const VoiceError&);
  void voice_event(const VoiceDefect&);
  void open_voice();
  void lose_voice(const VoiceVerdict& verdict);
  void fail_voice(EndReason reason);
  void close_voice(std::string_view reason);
  void advance_voice();
  [[nodiscard]] bool cuts_in(const VoiceText& text) const;
  void interrupt(std::string_view by);
  void pump_uplink();
  void pump_playout();
  template <class Encode>
  void send_voice(core::TimePoint due, Encode encode);
  template <class Encode>
  void send_carrier(core::TimePoint due, Encode encode);

  // call_record.cpp: what is written down
  void write(core::RecordBody body);
  void write_event(std::string_view type, std::string json);
  void write_transcript(core::Speaker speaker, std::string_view text, std::string_view event_type,
                        std::string_view utterance);
  SpokenEntry& spoken_entry(std::string_view utterance);
  void settle_heard();
  void write_heard(const SpokenEntry& entry);
  void write_turn(const core::TurnLatency& turn);
  void write_end();
  [[nodiscard]] core::AudioAccount audio_account() const;
  [[nodiscard]] core::MediaOffset offset(core::TimePoint now) const noexcept;
  void count(Counted what, std::string_view label);

  std::string take_buffer();

  CallSettings settings_;
  std::unique_ptr<CarrierCodec> carrier_;
  std::unique_ptr<VoiceProvider> voice_;
  core::TimePoint began_;
  core::WallTime wall_began_;
  Moment moment_;

  State state_ = State::announced;
  core::TimePoint state_deadline_;
  std::optional<EndReason> end_reason_;
  std::optional<core::TimePoint> hung_up_at_;
  std::optional<core::TimePoint> stream_began_;
  core::Secret stream_token_;
  bool carrier_is_open_ = false;
  core::TimePoint carrier_heard_at_;
  int bad_messages_ = 0;
  core::TimePoint bad_messages_since_{};

  VoiceState voice_state_ = VoiceState::gone;
  core::TimePoint voice_deadline_{};  // of the attempt, or when to make the next one
  int voice_attempts_ = 0;            // in a row
  int voice_losses_ = 0;              // of sessions that had become ready
  bool voice_was_ready_ = false;
  bool resume_next_ = false;
  bool agent_hangs_up_ = false;
  std::optional<EndReason> voice_failure_;  // known before there was a stream to tell it on
  std::string last_spoken_utterance_;
  bool turn_is_over_ = false;  // the agent's turn is generated; it may still be playing

  Uplink uplink_;
  Playout playout_;
  codec::SpeechDetector caller_speech_;
  std::array<Forwarded, 32> forwarded_{};  // ring: which frame left when, for the turn clock
  std::size_t forwarded_next_ = 0;
  TurnClock turn_clock_;
  std::optional<std::int64_t>
      answer_begins_;  // playout position of an answer of which nothing was sent yet

  std::vector<core::TurnLatency> turns_;
  Histogram uplink_transit_;
  Histogram downlink_transit_;
  std::vector<SpokenEntry> spoken_;
  std::int32_t transcript_seq_ = 0;
  std::int32_t event_seq_ = 0;
  std::int32_t interruptions_ = 0;
  std::int64_t caller_speech_us_ = 0;

  std::vector<VoiceEvent> voice_events_;
  std::vector<Heard> heard_;
  std::vector<Output> outputs_;
  std::size_t polled_ = 0;
  std::vector<std::string> spare_;
};

}  // namespace tandem::call
