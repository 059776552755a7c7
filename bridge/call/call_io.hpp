// What a call is made of, what goes in and what comes out: plain values between bridge/call/call
// and whoever drives it (net/call_runner, the simulator, the fuzzer).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/call/patience.hpp"
#include "bridge/call/playout.hpp"
#include "bridge/call/voice.hpp"
#include "bridge/core/record.hpp"
#include "bridge/core/types.hpp"

namespace tandem::call {

/// What another process of ours knew of this phone call before it died.
struct PreviousCall {
  core::CallId call_id;
  core::ChatGroupId chat_group_id;  ///< empty: the history has to do
  std::vector<SpokenLine> history;
};

/// What to do when a machine answered the call that we placed.
enum class AnsweredPolicy : std::uint8_t {
  talk,           ///< nothing: the agent talks to whatever is there
  hang_up,        ///< end the call
  leave_message,  ///< say CallSettings::machine_message, then end the call; a fax gets none
};

/// Who or what picked up, as the carrier's detection says.
enum class AnsweredBy : std::uint8_t { human, machine, fax, unknown };
std::string_view to_string(AnsweredBy by) noexcept;

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
  Patience patience;
  /// The first words of the call cannot be interrupted for this long; the agent hears silence
  /// meanwhile. 0: they can.
  std::chrono::milliseconds protected_greeting{0};
  core::PhoneNumber transfer_to;  ///< where the agent may put the caller through to; empty: nowhere
  char opt_out_digit = 0;         ///< this key means "do not call me again"; 0: none
  bool keys_reach_agent = false;  ///< what the caller keys in is told to the agent as text
  /// Mu-law of "one moment, please", played when the agent is away; static storage, empty: none.
  std::span<const std::uint8_t> one_moment;
  std::optional<PreviousCall> previous;
  /// What the agent must know about this call before it speaks (why we call); empty: nothing.
  std::string brief;
  AnsweredPolicy answered_policy = AnsweredPolicy::talk;
  std::string machine_message;  ///< said to a machine before hanging up (leave_message)
  /// The caller's words "stop calling me" end the call as the opt-out key does.
  bool hears_opt_out = true;
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
/// The carrier found out, some time after the answer, who picked up. Repetitions change nothing.
struct CarrierAnswered {
  AnsweredBy by = AnsweredBy::unknown;
};
// `by` of an operator's input: who it was, for the record ("local", a user's name).
struct OperatorHangUp {
  std::string by = {};
};
struct OperatorSay {
  std::string text;
  std::string by = {};
};
struct OperatorContext {
  std::string text;
  std::string by = {};
};
struct OperatorPause {
  bool paused = true;
  std::string by = {};
};
/// Put the caller through to a person, who first hears `note`.
struct OperatorTransfer {
  core::PhoneNumber to;
  std::string note;
  std::string by = {};
};
/// From now on this many people listen to both tracks; `by` began or stopped (`on`).
struct OperatorListen {
  int listeners = 0;
  std::string by = {};
  bool on = true;
};
/// The person on the line was put on the do-not-call list by other means while they talk (O05).
struct OptedOutElsewhere {};
struct ShutDown {};
using Input =
    std::variant<CarrierOpened, CarrierText, CarrierBinary, CarrierClosed, CarrierEnded,
                 CarrierFull, VoiceOpened, VoiceMessage, VoiceClosed, VoiceUnreachable, TimerFired,
                 CarrierAnswered, OperatorHangUp, OperatorSay, OperatorContext, OperatorPause,
                 OperatorTransfer, OperatorListen, OptedOutElsewhere, ShutDown>;

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
  mark_rtt,               ///< how much later than our clock says a mark's echo came
  voice_connect,          ///< voice leg dialled -> its session is ready
  // Gaps between caller frames, underruns and turns: Call::caller_frames(), underruns(), turns().
};
struct Measure {
  Measured what{};
  core::Duration value{};
};
/// What became of an attempt or a session: for the health of that provider across calls.
struct VoiceReport {
  std::string provider;
  bool is_ready = false;  ///< the session became usable; otherwise it failed or was lost:
  VoiceSeverity severity = VoiceSeverity::retry;
  std::string why;
};
enum class Track : std::uint8_t { caller = 0, agent = 1 };
/// A copy of what is heard on one track, whole frames in order, only while somebody listens. Of the
/// agent's track a piece whose offset lies before the end of an earlier one replaces the rest of
/// that one: the agent was silenced and went on later, or not at all. Give the string back by
/// recycle().
struct Listen {
  Track track = Track::caller;
  core::MediaOffset offset{0};  ///< at which its first sample is heard
  std::string ulaw;             ///< 8 kHz
};
using Output = std::variant<Send, DropUnsent, OpenVoice, CloseLeg, HangUpCall, TransferCall,
                            WriteDown, Count, Measure, VoiceReport, Listen>;

}  // namespace tandem::call
