// The messages of the OpenAI Realtime API (GA shape, WebSocket /v1/realtime): what the server
// sends, decoded, and what a client sends, encoded. Text to structs and back; no state, no sockets.
// Who remembers what a message means for a call is openai/realtime_provider.
//
// Decoding is tolerant: unknown types and keys are no errors, optional values of the wrong type
// count as absent. Not here: the beta shape, WebRTC and SIP, GPT-Live.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/core/result.hpp"
#include "bridge/core/types.hpp"

namespace tandem::openai {

// ---- Server to client: every view lives until the next decode_server_message() on the same
// thread.

/// First event of every connection, with the server's defaults; proves nothing yet.
struct SessionCreated {
  std::string_view id;  ///< may be empty
};

/// Our settings hold. Formats are "audio/pcmu", "audio/pcm", "audio/pcma"; empty when not told.
struct SessionUpdated {
  std::string_view id;  ///< may be empty
  std::string_view input_format;
  std::string_view output_format;
};

/// The server's detector heard the caller begin; the item exists only once it is committed.
struct SpeechStarted {
  std::string_view item_id;
  std::chrono::milliseconds begin{0};  ///< in the audio we appended
};

struct SpeechStopped {
  std::string_view item_id;
  std::chrono::milliseconds end{0};  ///< in the audio we appended
};

/// The caller's speech became an item of the conversation, behind `previous_item_id`.
struct InputCommitted {
  std::string_view item_id;
  std::string_view previous_item_id;  ///< empty: the first
};

/// An item, of whoever, is in the conversation.
struct ItemAdded {
  std::string_view item_id;
  std::string_view previous_item_id;  ///< empty: the first, or not told
  std::string_view type;              ///< "message", "function_call", "function_call_output", ...
  std::string_view role;              ///< of a message: "user", "assistant", "system"
  std::string_view text;              ///< of a typed message: its first text; else empty
};

/// The caller's words; come before, during or after the answer to them.
struct Transcribed {
  std::string_view item_id;
  std::string_view text;
};
struct TranscriptionFailed {
  std::string_view item_id;
  std::string_view code;
};

struct ResponseCreated {
  std::string_view id;
  std::string_view wanted_by;  ///< event id of our response.create; empty: the server's own
};

/// Base64, not checked here. The bytes are of the format that the session has, or claims to have.
struct AudioDelta {
  std::string_view response_id;
  std::string_view item_id;
  std::string_view data;
  int content_index = 0;  ///< which part of the item speaks
};

/// Words of the agent: a piece as they are spoken, or all of them at the end. The end also comes
/// for an answer that was cut, and then holds what was generated.
struct SpokenText {
  std::string_view item_id;
  std::string_view text;
  bool is_whole = false;
};

struct FunctionCall {
  std::string_view call_id;
  std::string_view name;
  std::string_view arguments;  ///< JSON text, not checked here
};
struct SpokenItem {
  std::string_view item_id;
  std::string_view text;  ///< may be empty
};
struct TokenUsage {
  std::int64_t input_text = 0;
  std::int64_t input_audio = 0;
  std::int64_t output_text = 0;
  std::int64_t output_audio = 0;  ///< 50 ms each (community measurement)
};
enum class ResponseStatus : std::uint8_t { completed, cancelled, incomplete, failed, unknown };

/// Generation is over. May come without its response.created (around interruptions).
struct ResponseDone {
  std::string_view id;
  ResponseStatus status = ResponseStatus::unknown;
  std::string_view reason;      ///< "turn_detected", "client_cancelled", "max_output_tokens", ...
  std::string_view error_type;  ///< of a failed one; may be empty
  std::string_view error_code;  ///< of a failed one; may be empty
  std::vector<FunctionCall> calls;  ///< whose item is complete
  std::vector<SpokenItem> spoken;
  TokenUsage usage;
};

/// The longest wait until a limit that is used up is full again.
struct RateLimits {
  std::chrono::milliseconds reset{0};  ///< 0: nothing is used up
};

/// openai/realtime_errors says what to make of it. Its text may quote the caller and is not read.
struct ErrorMessage {
  std::string_view type;
  std::string_view code;      ///< often null, then empty
  std::string_view event_id;  ///< of the message of ours that it answers, or empty
};

/// A `type` that means nothing to a call, or that we do not know.
struct Ignored {};

using ServerMessage =
    std::variant<Ignored, SessionCreated, SessionUpdated, SpeechStarted, SpeechStopped,
                 InputCommitted, ItemAdded, Transcribed, TranscriptionFailed, ResponseCreated,
                 AudioDelta, SpokenText, ResponseDone, RateLimits, ErrorMessage>;

enum class MessageError : std::uint8_t {
  not_json,
  not_an_object,
  missing_field,  ///< a required key is absent or null
  wrong_type,     ///< a required key has a value of another type
};
std::string_view to_string(MessageError error) noexcept;

struct MessageFailure {
  MessageError error{};
  std::string_view field;  ///< the key meant, a literal; empty for not_json and not_an_object
};

/// Decodes one text message. Never throws on bad input.
core::Result<ServerMessage, MessageFailure> decode_server_message(std::string_view text);

// ---- Client to server. Texts are UTF-8; ids are ours, at most 32 characters.

struct Tool {
  std::string name;
  std::string description;
  std::string parameters;  ///< a JSON schema as text, copied as it is
};

/// Mu-law both ways, voice detection at the server.
struct SessionUpdate {
  std::string_view event_id;
  std::string_view instructions;
  std::string_view voice;                ///< empty: the server's
  std::string_view transcription_model;  ///< of the caller's words
  const std::vector<Tool>* tools = nullptr;
  bool answers_speech = true;  ///< false: listens only
};

/// Changes nothing but whether the agent answers, and is cut by, speech.
struct TurnDetection {
  bool answers_speech = true;
};

enum class ItemRole : std::uint8_t { system, user, assistant };
/// Appends a text to the conversation; asks for no answer.
struct CreateMessage {
  std::string_view id;  ///< of the item and of the event
  ItemRole role = ItemRole::user;
  std::string_view text;
};
struct CreateToolOutput {
  std::string_view id;  ///< of the item and of the event
  std::string_view call_id;
  std::string_view output;
};

/// At most one response at a time may write to the conversation.
struct CreateResponse {
  std::string_view event_id;      ///< comes back as ResponseCreated::wanted_by or with the error
  std::string_view purpose;       ///< for whoever reads the provider's logs
  std::string_view instructions;  ///< replace those of the session; empty: those of the session
  bool may_call_tools = true;
};
struct CancelResponse {};
/// The caller heard the first `audio_end` of the item. The server forgets the words of all of it.
struct TruncateItem {
  std::string_view item_id;
  int content_index = 0;
  std::chrono::milliseconds audio_end{0};
};
struct DeleteItem {
  std::string_view item_id;
};

// Each appends one complete message to `out`.
void encode(const SessionUpdate& message, std::string& out);
void encode(const TurnDetection& message, std::string& out);
void encode(const CreateMessage& message, std::string& out);
void encode(const CreateToolOutput& message, std::string& out);
void encode(const CreateResponse& message, std::string& out);
void encode(const CancelResponse& message, std::string& out);
void encode(const TruncateItem& message, std::string& out);
void encode(const DeleteItem& message, std::string& out);

/// `input_audio_buffer.append` around base64 that the caller appends in between.
inline constexpr std::string_view append_head = R"({"type":"input_audio_buffer.append","audio":")";
inline constexpr std::string_view append_tail = R"("})";

}  // namespace tandem::openai
