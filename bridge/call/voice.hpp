// Seam 2: what a call needs of a speech-to-speech voice agent. One folder per provider; bridge/call
// does not know any provider's name, only the capability flags.
//
// A VoiceProvider is symmetric and pure, and serves one call for its whole life, over several
// connections (resume). It owns what the provider's protocol needs remembered: session ids, the
// last error, utterance bookkeeping.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "bridge/core/http.hpp"
#include "bridge/core/result.hpp"
#include "bridge/core/types.hpp"

namespace tandem::call {

/// The session is usable: audio may flow. Nothing before this proves readiness, not even an open
/// socket.
struct VoiceReady {
  core::ChatId chat_id;
  core::ChatGroupId chat_group_id;  ///< empty when the provider cannot resume
  bool is_resumed = false;          ///< the agent remembers what was said before
};

/// A piece of agent speech. `samples` are mono and live until the next decode() on the same thread.
/// The pieces of one utterance are continuous: the first sample follows the last of the piece
/// before.
struct VoiceAudio {
  std::string_view utterance;  ///< id; lives as long as `samples`
  std::int64_t index = 0;      ///< counts the pieces of one utterance from 0
  std::span<const std::int16_t> samples;
  int sample_rate_hz = 0;
};

/// Words of one side. Interim texts replace each other and never reach the transcript.
struct VoiceText {
  core::Speaker speaker = core::Speaker::user;
  std::string text;       ///< valid UTF-8, never empty
  std::string utterance;  ///< assistant only: id of the audio that speaks this text, may be empty
  bool is_final = true;
  bool is_typed = false;  ///< came from text we sent, not from speech
  std::chrono::milliseconds begin{
      0};  ///< user speech only: position in the audio we sent, 0 when unknown
  std::chrono::milliseconds end{0};
};

/// What the provider took the voice of words for: a JSON object of names and scores from 0 to 1,
/// null for a score that is none. Of the caller's words it follows them at once; of the agent's it
/// names the utterance. Only from a provider that was told to keep them.
struct VoiceEmotions {
  core::Speaker speaker = core::Speaker::user;
  std::string utterance;  ///< assistant only
  std::string scores;
};

/// Generation of the agent's turn is over. Playback may go on for many seconds.
struct VoiceTurnEnded {};

/// The provider decided that the caller cut in: everything generated so far is void.
struct VoiceInterrupted {};

/// The provider hears the caller begin or stop speaking; says nothing about what becomes of the
/// agent's words (VoiceInterrupted does).
struct VoiceCallerSpeech {
  bool is_speaking = false;
};

/// The provider took our nudge: what it says from here on is the answer to it, no greeting.
struct VoiceNudged {};

/// The provider will close this session within `left`: open the next one before that, in a silence
/// if there is one.
struct VoiceGoingAway {
  std::chrono::milliseconds left{0};
};

/// What the provider bills, since the last such event of this call.
struct VoiceUsage {
  std::int64_t input_audio_tokens = 0;
  std::int64_t output_audio_tokens = 0;
  std::int64_t input_text_tokens = 0;
  std::int64_t output_text_tokens = 0;
};

/// The agent wants the call to end once what it said has been played.
struct VoiceHangUp {};

/// The agent calls a function of ours.
struct VoiceToolCall {
  std::string id;
  std::string name;
  std::string arguments;  ///< JSON text as the provider sent it
  bool response_required = false;
};
/// The provider does not want the answer to this tool call any more.
struct VoiceToolCancelled {
  std::string id;
};

/// What the protocol wants sent in answer to what just came: one complete message, to go out now,
/// before the session is ready too.
struct VoiceReply {
  std::string text;
};

enum class VoiceSeverity : std::uint8_t {
  warning,      ///< the session goes on
  retry,        ///< this session is lost; a new one (resumed if possible) may work
  retry_fresh,  ///< as retry, but without resuming
  ended,        ///< a regular end (time limits of the provider)
  fatal,        ///< do not try this provider again for this call
};

/// The provider reported trouble. `code` and `slug` are the provider's own short words, safe to
/// log.
struct VoiceError {
  VoiceSeverity severity = VoiceSeverity::warning;
  std::string code;
  std::string slug;
};

/// Part of the audio or text could not be used (E16, E17); the session goes on.
struct VoiceDefect {
  std::string why;  ///< short label for a metric: "wav_no_data", "base64", "index_gap", ...
};

using VoiceEvent =
    std::variant<VoiceReady, VoiceAudio, VoiceText, VoiceEmotions, VoiceTurnEnded, VoiceInterrupted,
                 VoiceNudged, VoiceCallerSpeech, VoiceGoingAway, VoiceUsage, VoiceHangUp,
                 VoiceToolCall, VoiceToolCancelled, VoiceReply, VoiceError, VoiceDefect>;

enum class VoiceWireError : std::uint8_t { not_json, bad_shape };
struct VoiceFailure {
  VoiceWireError error{};
  std::size_t offset = 0;
};

/// What a provider can do; behaviour differs by these flags, never by name.
struct VoiceCapabilities {
  bool can_resume = false;       ///< open() can continue an earlier session
  bool speaks_verbatim = false;  ///< encode_say() is spoken word for word
  bool sends_interim_text = false;
  bool reports_interruptions = false;  ///< sends VoiceInterrupted by itself
  bool transcribes_late = false;       ///< the caller's words may come after the answer to them
  bool reports_caller_speech = false;  ///< sends VoiceCallerSpeech
  bool can_truncate = false;           ///< encode_heard() shortens what the agent believes it said
  bool greets_by_itself = true;        ///< speaks first without encode_greeting()
  bool wants_client_pings = true;
  bool one_connection_at_a_time = false;  ///< the old connection must be gone before the next
  std::chrono::seconds session_cap{0};    ///< the provider ends a session of this age; 0: none
  std::chrono::seconds roll_over_at{0};   ///< a session of this age is replaced in the next silence
};

/// Where and how to connect: a WebSocket upgrade. Secrets are in headers only.
struct VoiceEndpoint {
  core::Url url;
  core::HttpHeaders headers;
};

/// How an upgrade refusal or a close is to be taken.
struct VoiceVerdict {
  VoiceSeverity severity = VoiceSeverity::retry;
  std::string why;  ///< short label: "auth", "rate_limit", "server", "closed_normal", "lost", ...
  /// Do not come back before; doubled with every attempt in a row. 0: as soon as we like.
  std::chrono::milliseconds retry_after{0};
};

/// One line of the conversation so far, for a session that cannot remember it.
struct SpokenLine {
  core::Speaker speaker = core::Speaker::user;
  std::string text;  ///< of the agent: only what the caller heard, as near as known
};

class VoiceProvider {
 public:
  virtual ~VoiceProvider() = default;

  virtual std::string_view name() const noexcept = 0;
  virtual const VoiceCapabilities& capabilities() const noexcept = 0;

  /// The connection to make next. With `resume` it continues the last session when capabilities
  /// allow.
  virtual VoiceEndpoint open(bool resume) = 0;
  /// What the agent must know about this call before it speaks, in every session. Once at most,
  /// before the first open().
  virtual void set_brief(std::string_view text) = 0;
  /// What was said before, for the next open() that cannot resume natively (another provider took
  /// over, or the resume was refused). Empty: nothing was said.
  virtual void set_history(std::vector<SpokenLine> lines) = 0;
  /// The next open(true) continues this chat, which another process of ours began.
  virtual void adopt(core::ChatGroupId group) = 0;
  /// Appends one complete message per element that must be sent right after the upgrade; often
  /// none.
  virtual void encode_opening(std::vector<std::string>& messages) = 0;

  /// Decodes one text message and appends what it means, in order; 0 to n events. Never throws.
  virtual core::Result<core::Done, VoiceFailure> decode(std::string_view text,
                                                        std::vector<VoiceEvent>& events) = 0;

  /// The session is over: appends, as final VoiceTexts, the words that waited for others to come
  /// first. A provider that keeps none back needs none of this.
  virtual void settle(std::vector<VoiceEvent>& events) { (void)events; }

  // Each appends one complete message to `out`, or nothing when the provider has no such message.
  /// Caller audio, mu-law 8 kHz, normally 160 bytes. Allocates nothing once `out` has its capacity.
  virtual void encode_audio(std::span<const std::uint8_t> ulaw, std::string& out) = 0;
  virtual void encode_say(std::string_view text, std::string& out) = 0;      ///< agent speaks this
  virtual void encode_context(std::string_view text, std::string& out) = 0;  ///< agent knows this
  /// The caller "says" this by other means than speech (keys pressed): the agent answers it.
  virtual void encode_text(std::string_view text, std::string& out) = 0;
  virtual void encode_pause(bool paused, std::string& out) = 0;
  /// Asks for the first words of the call; nothing for an agent that greets_by_itself.
  virtual void encode_greeting(std::string& out) = 0;
  /// Asks an agent that owes an answer for it. What the provider echoes of this becomes
  /// VoiceNudged, never a VoiceText.
  virtual void encode_nudge(std::string& out) = 0;
  /// The caller heard only this much of the utterance. Nothing unless can_truncate.
  virtual void encode_heard(std::string_view utterance, std::chrono::milliseconds heard,
                            std::chrono::milliseconds length, std::string& out) = 0;
  virtual void encode_tool_result(const VoiceToolCall& call, bool ok, std::string_view content,
                                  std::string& out) = 0;

  /// `status` is the HTTP answer to the upgrade, 0 when there was none (name, TCP, TLS, time-out).
  virtual VoiceVerdict classify_refusal(int status) const = 0;
  /// `code` is the WebSocket close code, 1006 when the connection broke.
  virtual VoiceVerdict classify_close(std::uint16_t code, std::string_view reason) const = 0;
};

}  // namespace tandem::call
