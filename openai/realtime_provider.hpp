// OpenAI Realtime as a voice provider (seam 2, bridge/call/voice.hpp): one call over several
// sessions. The key travels in a header, never in a URL. Pure: no sockets, no clock. A session
// cannot be resumed; the next one is told the conversation so far as text. Not here: GPT-Live, SIP,
// what transcription costs.
//
// Rules of time count the caller audio that was sent, which runs at real time.
//
// Mu-law goes both ways as it is. What the server really sends is checked (openai/audio_format),
// and PCM at 24 kHz is understood too, said once per session by VoiceDefect "pcm_fallback".
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/call/voice.hpp"
#include "openai/audio_format.hpp"
#include "openai/realtime_errors.hpp"
#include "openai/realtime_messages.hpp"
#include "openai/realtime_session.hpp"
#include "openai/response_queue.hpp"
#include "openai/transcript_order.hpp"

namespace tandem::openai {

class RealtimeProvider final : public call::VoiceProvider {
 public:
  explicit RealtimeProvider(std::shared_ptr<const RealtimeSettings> settings);

  std::string_view name() const noexcept override { return "openai"; }
  const call::VoiceCapabilities& capabilities() const noexcept override;

  call::VoiceEndpoint open(bool resume) override;
  /// The newest 32 KB of it are told.
  void set_brief(std::string_view text) override;
  void set_history(std::vector<call::SpokenLine> lines) override;
  void adopt(core::ChatGroupId) override {}  // nothing can be resumed
  void encode_opening(std::vector<std::string>& messages) override;
  void settle(std::vector<call::VoiceEvent>& events) override;

  /// VoiceAudio::samples and ::utterance live until the next decode() of any RealtimeProvider on
  /// the same thread.
  core::Result<core::Done, call::VoiceFailure> decode(
      std::string_view text, std::vector<call::VoiceEvent>& events) override;

  void encode_audio(std::span<const std::uint8_t> ulaw, std::string& out) override;
  /// Near verbatim; waits for an answer that is being generated, and is remembered by the agent.
  void encode_say(std::string_view text, std::string& out) override;
  void encode_context(std::string_view text, std::string& out) override;
  void encode_text(std::string_view text, std::string& out) override;
  void encode_pause(bool paused, std::string& out) override;
  void encode_greeting(std::string& out) override;
  void encode_nudge(std::string& out) override;
  void encode_heard(std::string_view utterance, std::chrono::milliseconds heard,
                    std::chrono::milliseconds length, std::string& out) override;
  /// A result that was given already is not given again.
  void encode_tool_result(const call::VoiceToolCall& call, bool ok, std::string_view content,
                          std::string& out) override;

  call::VoiceVerdict classify_refusal(int status) const override;
  call::VoiceVerdict classify_close(std::uint16_t code, std::string_view reason) const override;

 private:
  using Events = std::vector<call::VoiceEvent>;
  struct Response {
    std::string id;
    std::int64_t audio_bytes = 0;  // received, also what was not passed on
    bool has_spoken = false;       // audio of it was passed on
    bool is_void = false;          // cut: what still comes of it is late
  };
  /// An item of the agent that speaks.
  struct Utterance {
    std::string id;
    std::int64_t next_index = 0;
    std::size_t samples = 0;  // received
    int content_index = 0;
    bool is_void = false;                    // cut short at the server
    std::optional<std::uint8_t> odd_byte{};  // half a sample of PCM, the other half is on its way
  };
  struct Formats {
    AudioFormat input = AudioFormat::ulaw_8k;
    AudioFormat output = AudioFormat::ulaw_8k;
    bool is_output_proved = false;  // by its sound, or by the bytes of a whole response
    bool is_fallback_told = false;
  };

  void handle(const SessionCreated& message, Events& events);
  void handle(const SessionUpdated& message, Events& events);
  void handle(const SpeechStarted& message, Events& events);
  void handle(const SpeechStopped& message, Events& events);
  void handle(const InputCommitted& message, Events& events);
  void handle(const ItemAdded& message, Events& events);
  void handle(const Transcribed& message, Events& events);
  void handle(const TranscriptionFailed& message, Events& events);
  void handle(const ResponseCreated& message, Events& events);
  void handle(const AudioDelta& message, Events& events);
  void handle(const SpokenText& message, Events& events);
  void handle(const ResponseDone& message, Events& events);
  void handle(const RateLimits& message, Events& events);
  void handle(const ErrorMessage& message, Events& events);
  void handle(const Ignored&, Events&) {}

  // realtime_provider.cpp
  void seed(std::vector<std::string>& messages);
  void end_turn(Events& events);
  void hear_caller(bool is_speaking, Events& events);
  void report_end(const ResponseDone& message, Response& response, Events& events);
  void report_failure(const ResponseDone& message, Events& events);
  void call_tools(const std::vector<FunctionCall>& calls, Events& events);
  void reply(Events& events);
  std::string next_id(std::string_view kind);
  WantedResponse wish(std::string_view purpose, std::string_view instructions);
  void ask(std::string_view purpose, std::string_view instructions, std::string& out);
  void answer_after(std::string item);
  Response& response_of(std::string_view id);

  // provider_audio.cpp
  void check_formats(const SessionUpdated& message, Events& events);
  void check_sound(std::span<const std::uint8_t> bytes, Events& events);
  void check_rate(const Response& response, const ResponseDone& message, Events& events);
  void fall_back(Events& events);
  void append_pcm(std::span<const std::uint8_t> ulaw, std::string& out);
  Utterance& utterance_of(std::string_view id);

  std::shared_ptr<const RealtimeSettings> settings_;
  std::string instructions_;  ///< the persona's, and what it must know of this call
  std::vector<Tool> tools_;
  std::vector<call::SpokenLine> history_;
  std::vector<std::string> notes_;  // contexts given so far, for the next session
  std::int64_t ids_ = 0;
  bool is_paused_ = false;
  TranscriptOrder order_;  // lines of a lost session leave through the next

  // Of the present connection; open() starts them anew.
  bool is_ready_ = false;
  bool is_seeded_ = false;
  bool is_hanging_up_ = false;
  bool caller_speaks_ = false;
  std::chrono::microseconds sent_{0};         // caller audio: runs at real time, so it is the clock
  std::chrono::microseconds plays_until_{0};  // by that clock, the agent's audio at the earliest
  bool spoke_over_agent_ = false;             // the caller, since the last response began
  bool has_words_out_ = false;                // audio of an answer that was not cut
  bool turn_has_ended_ = false;  // to be reported when no words of the turn are outstanding
  bool must_cancel_ = false;     // the response being generated is not wanted any more
  int failures_in_a_row_ = 0;
  const ErrorRule* last_error_ = nullptr;
  std::chrono::milliseconds limit_reset_{0};
  std::string chat_id_;
  Formats formats_;
  std::int16_t last_sample_ = 0;  // sent, where the server insists on PCM
  ResponseQueue queue_;
  std::array<Response, 4> responses_;    // the latest; replaced in turn
  std::array<Utterance, 8> utterances_;  // the latest; replaced in turn
  std::size_t next_response_ = 0;
  std::size_t next_utterance_ = 0;
  std::vector<std::string> calls_made_;     // tool calls by id, each reported once
  std::vector<std::string> calls_awaited_;  // of these, the ones not answered yet
};

}  // namespace tandem::openai
