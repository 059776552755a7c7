// Gemini Live as a voice provider (seam 2, bridge/call/voice.hpp): one call over several
// connections of the BidiGenerateContent WebSocket. The key travels in a header, never in a URL.
// Pure: no sockets, no clock; rules of time count the caller audio that was sent, which runs at
// real time. Not here: barge-in by the caller's level, the watchdog of a silent model, the timer
// that replaces a session before its ten minutes are over: all of these are the call's.
//
// What the protocol lacks and is made here: utterance ids ("gemini-7"), the end of a turn where the
// server forgets it, and the order of the transcript (gemini/live_transcript).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bridge/call/voice.hpp"
#include "codec/resampler.hpp"
#include "gemini/live_errors.hpp"
#include "gemini/live_messages.hpp"
#include "gemini/live_tools.hpp"
#include "gemini/live_transcript.hpp"

namespace tandem::gemini {

/// The same for every call of the process.
struct LiveSettings {
  core::Url base_url;  ///< http and ws mean an unencrypted socket, for tests
  core::Secret api_key;
  std::string model = "gemini-3.8-live";
  std::string prompt;
  std::string greeting;  ///< empty: the agent finds its own words
  std::string voice;     ///< one of Google's voice names; empty: the model's own
  std::string language;  ///< BCP 47; empty: the model guesses
  bool offers_transfer = false;
};

class LiveProvider final : public call::VoiceProvider {
 public:
  explicit LiveProvider(std::shared_ptr<const LiveSettings> settings);

  std::string_view name() const noexcept override { return "gemini"; }
  const call::VoiceCapabilities& capabilities() const noexcept override;

  call::VoiceEndpoint open(bool resume) override;
  void set_brief(std::string_view text) override;
  void set_history(std::vector<call::SpokenLine> lines) override;
  void adopt(core::ChatGroupId group) override { handle_ = group.str(); }
  void encode_opening(std::vector<std::string>& messages) override;
  void settle(std::vector<call::VoiceEvent>& events) override;

  /// VoiceAudio::samples live until the next decode() of any LiveProvider on the same thread,
  /// VoiceAudio::utterance until the next decode() of this one. Words that a lost connection left
  /// unsettled come with the first message of the next one, unless settle() gave them out.
  core::Result<core::Done, call::VoiceFailure> decode(
      std::string_view text, std::vector<call::VoiceEvent>& events) override;

  void encode_audio(std::span<const std::uint8_t> ulaw, std::string& out) override;
  void encode_say(std::string_view text, std::string& out) override;
  void encode_context(std::string_view text, std::string& out) override;
  void encode_text(std::string_view text, std::string& out) override;
  /// Sends nothing: Gemini cannot be paused. What it says is dropped, the caller is silence to it.
  void encode_pause(bool paused, std::string& out) override;
  void encode_greeting(std::string& out) override;
  void encode_nudge(std::string& out) override;
  void encode_heard(std::string_view, std::chrono::milliseconds, std::chrono::milliseconds,
                    std::string&) override {}
  /// Nothing when the session that asked is gone, or does not want the answer any more.
  void encode_tool_result(const call::VoiceToolCall& call, bool ok, std::string_view content,
                          std::string& out) override;

  call::VoiceVerdict classify_refusal(int status) const override;
  call::VoiceVerdict classify_close(std::uint16_t code, std::string_view reason) const override;

 private:
  using Events = std::vector<call::VoiceEvent>;
  /// Where the model's turn stands.
  enum class Turn : std::uint8_t {
    none,
    speaking,   ///< output comes
    generated,  ///< output is complete; the server waits for its idea of playback
    cut,        ///< interrupted or paused: what still comes of it is dropped
  };

  // live_provider.cpp
  [[nodiscard]] LiveSetup setup() const;
  void begin_session(const LiveServerMessage& message, Events& events);
  void handle_tools(const LiveServerMessage& message, Events& events);
  void handle_call(const LiveFunctionCall& call, Events& events);
  void handle_session(const LiveServerMessage& message, Events& events);
  void ask(std::string_view text, std::string& out);

  // live_turn.cpp: what the model says
  void handle_content(const LiveServerMessage& message, Events& events);
  void interrupted(Events& events);
  void take_audio(const LiveServerMessage& message, Events& events);
  void add_audio(const LiveAudio& part, std::span<std::int16_t>& room, Events& events);
  void generation_complete(Events& events);
  void turn_complete(const LiveServerMessage& message, Events& events);
  void take_words(Events& events);
  /// Output came; false when it is to be dropped.
  bool output_begins(bool is_audio);
  void cut_turn();

  std::shared_ptr<const LiveSettings> settings_;
  std::string instruction_;  ///< the persona's, and what it must know of this call
  std::string handle_;       ///< newest one that may be resumed
  std::vector<call::SpokenLine> history_;
  LiveTranscript transcript_;
  std::int64_t utterances_ = 0;
  std::string utterance_;  ///< id of the present or last one
  std::int64_t next_index_ = 0;

  bool paused_ = false;
  std::chrono::microseconds sent_{0};  ///< caller audio of the whole call
  codec::Resampler resampler_;
  std::vector<std::int16_t> narrow_, wide_;  ///< a frame at 8 and at 16 kHz

  // Of the present connection; open() starts them anew.
  LiveProgress progress_;
  bool is_seeding_ = false;
  LiveTools tools_;
  Turn turn_ = Turn::none;
  bool turn_has_audio_ = false;
  bool end_is_due_ = false;  ///< of a turn: told as soon as its words are settled
  bool is_hollow_ = false;   ///< the turn was interrupted before it said anything
  std::chrono::microseconds cut_at_{0};
};

}  // namespace tandem::gemini
