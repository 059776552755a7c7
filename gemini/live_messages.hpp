// The messages of Gemini Live (WebSocket BidiGenerateContent, v1beta): what the server sends,
// decoded, and what a client may send, encoded. Text to structs and back; no state, no sockets. Who
// remembers what a message means for a call is gemini/live_provider.
//
// One server message may hold several keys, several fields of `serverContent` and several parts at
// once; all of them come out. Decoding is tolerant: unknown keys are no errors, null counts as
// absent, and so does a plain value of the wrong type (proto JSON drops false, 0 and empty anyway).
// Sources: ai.google.dev, "Live API WebSockets reference"; the types of @google/genai 3.1.0.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/call/voice.hpp"
#include "bridge/core/result.hpp"

namespace tandem::gemini {

// ---- Server to client. Views live until the next decode_live_message() on the same thread.

/// One `inlineData` part of the model's turn.
struct LiveAudio {
  std::string_view mime_type;  ///< "audio/pcm;rate=24000"; may lack the rate
  std::string_view data;       ///< base64, not checked here
};

struct LiveFunctionCall {
  std::string id;  ///< may be empty: then it cannot be answered
  std::string name;
  std::string arguments;  ///< JSON object as text, minified; "{}" when absent
};

/// What one answer cost. Every message counts for itself: the sum is what is billed.
struct LiveUsage {
  std::int64_t prompt = 0;  ///< all that was read, audio included
  std::optional<std::int64_t> prompt_audio;
  std::int64_t response = 0;  ///< all that was generated, audio included, thoughts not
  std::optional<std::int64_t> response_audio;
  std::int64_t thoughts = 0;
};

struct LiveResumption {
  std::string handle;
  bool resumable = false;
};

struct LiveServerMessage {
  bool setup_complete = false;
  std::string_view session_id;  ///< with setup_complete, may be empty

  bool interrupted = false;
  std::vector<LiveAudio> audio;  ///< thoughts and written text of the model are left out
  std::string_view input_text;   ///< delta of what the caller said
  std::string_view interim_input_text;
  std::string_view output_text;  ///< delta of what is spoken
  bool generation_complete = false;
  bool turn_complete = false;
  std::string_view turn_complete_reason;  ///< "NEED_MORE_INPUT", "RESPONSE_REJECTED", ...
  bool waiting_for_input = false;

  std::vector<LiveFunctionCall> calls;
  std::vector<std::string> cancelled_calls;
  std::optional<LiveResumption> resumption;
  std::optional<LiveUsage> usage;
  std::optional<std::chrono::milliseconds> go_away;  ///< time left, 0 when not said
  std::optional<bool> caller_speaks;                 ///< allow-listed projects only

  /// As new, but keeps the capacity of its lists.
  void clear();
};

enum class LiveError : std::uint8_t {
  not_json,
  not_an_object,
  wrong_type,  ///< a key that holds an object or a list holds something else
};
std::string_view to_string(LiveError error) noexcept;

struct LiveFailure {
  LiveError error{};
  std::string_view field;  ///< the key meant, a literal; empty for the first two
};

/// Decodes one message, text or binary frame alike, into `message`. Never throws on bad input.
/// After `wrong_type`, `message` holds everything else that could be read. Allocates nothing for
/// audio once its buffers have grown.
core::Result<core::Done, LiveFailure> decode_live_message(std::string_view text,
                                                          LiveServerMessage& message);

// ---- Client to server. Each appends one complete message to `out`. Unset optional texts are left
// out.

/// The first message of a connection, once. Holds nothing that gemini-3.8-live refuses.
struct LiveSetup {
  std::string_view model;                    ///< "gemini-3.8-live" or "models/..."
  std::string_view system_instruction = {};  ///< optional
  std::string_view voice = {};               ///< optional: one of Google's names, "Kore"
  std::string_view language = {};            ///< optional: BCP 47, "en-US"
  std::string_view handle = {};              ///< optional: resumes that session
  bool seeds_history = false;                ///< the first clientContent is history, not a question
  bool offers_transfer = false;              ///< declares the tool `transfer` beside `hang_up`
};
void encode_setup(const LiveSetup& setup, std::string& out);

/// `clientContent` of one user turn. `asks`: the model answers it, and stops what it generates now;
/// else it only knows it.
void encode_content(std::string_view text, bool asks, std::string& out);
/// `clientContent` of what was said before; `lines` not empty. The API wants the user first, so a
/// conversation that the agent opened gets a user turn of ours in front.
void encode_history(std::span<const call::SpokenLine> lines, std::string& out);
/// `clientContent` of lines that a resumed session missed: known, not answered. `lines` not empty.
void encode_missed(std::span<const call::SpokenLine> lines, std::string& out);
/// `realtimeInput.text`: counts as words of the user.
void encode_realtime_text(std::string_view text, std::string& out);

/// When the model takes notice of a result.
enum class LiveScheduling : std::uint8_t { silent, when_idle };
/// `content` becomes the value of "output", or of "error" when not `ok`; it is cut at
/// tool_result_bytes_max.
void encode_tool_response(std::string_view id, std::string_view name, bool ok,
                          std::string_view content, LiveScheduling scheduling, std::string& out);

/// Larger results make the server close the connection.
inline constexpr std::size_t tool_result_bytes_max = 7 * 1024;

/// `realtimeInput.audio` around base64 that the caller appends in between. Saves a copy per frame.
inline constexpr std::string_view live_audio_head =
    R"({"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":")";
inline constexpr std::string_view live_audio_tail = R"("}}})";
inline constexpr int live_input_rate_hz = 16'000;
/// Of audio that does not name its rate.
inline constexpr int live_output_rate_hz = 24'000;

}  // namespace tandem::gemini
