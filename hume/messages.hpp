// The chat messages of Hume EVI (Speech-to-speech API, WebSocket /v0/evi/chat): what the server
// sends, decoded, and what a client may send, encoded. Text to structs and back; no state, no
// sockets. Who remembers what a message means for a call is hume/provider.
//
// Decoding is tolerant: unknown types and keys are no errors, and optional values of the wrong type
// count as absent. Emotion scores are read only when asked for; a NaN among them (E27) costs
// neither the words nor the other scores.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "bridge/core/result.hpp"
#include "bridge/core/types.hpp"

namespace tandem::hume {

// ---- Server to client
// -----------------------------------------------------------------------------------------

/// First message of every chat; only this proves that the chat is usable.
struct ChatMetadata {
  std::string chat_id;
  std::string chat_group_id;  ///< may be resumed by a later chat
  std::string request_id;     ///< may be empty
};

/// Words of the user. Interim ones replace each other.
struct UserMessage {
  std::string content;  ///< empty when `content` was null
  bool interim = false;
  bool from_text = false;              ///< came from `user_input`, not from speech
  std::chrono::milliseconds begin{0};  ///< in the audio of the chat; 0 when absent
  std::chrono::milliseconds end{0};
  std::string scores;  ///< as AssistantProsody's
};

/// Words of the assistant, before their sound is played; never shortened after an interruption.
struct AssistantMessage {
  std::string id;       ///< the id of the `audio_output`s that speak it; may be empty
  std::string content;  ///< empty when `content` was null (a message that only carries a tool call)
  bool from_text = false;
  bool is_quick_response = false;
};

struct AssistantProsody {
  std::string id;  ///< of the message meant; may be empty
  /// A JSON object of at most scores_max names with a number from 0 to 1 or null; empty: there were
  /// none, or they were not asked for.
  std::string scores;
};
inline constexpr std::size_t scores_max = 64;  ///< EVI has 48

/// One complete WAV file in base64. The views live until the next decode_server_message() on the
/// same thread, and no longer than the decoded text.
struct AudioOutput {
  std::string_view id;
  std::int64_t index = 0;  ///< counts the chunks of one id from 0
  std::string_view data;   ///< base64, not checked here
};

/// Generation of the turn is over; its sound may play on for many seconds.
struct AssistantEnd {};

/// The server decided that the user cut in. `time` is a Unix time of unknown unit, 0 when absent:
/// do not rely on it.
struct UserInterruption {
  double time = 0;
};

struct ToolCall {
  std::string tool_call_id;
  std::string name;
  std::string parameters;  ///< JSON text, not checked here
  std::string tool_type;   ///< "function" or "builtin"; may be empty
  bool response_required = false;
};

/// From the server: a built-in tool has run. To the server: the result of a function of ours.
struct ToolResponse {
  std::string tool_call_id;
  std::string content;
  std::string tool_name;  ///< optional
  std::string tool_type;  ///< optional
  std::string custom_session_id = {};
};

struct ToolError {
  std::string tool_call_id;
  std::string error;
  std::string code;     ///< optional
  std::string content;  ///< optional: what the assistant should say
  std::string level;    ///< optional; the only known level is "warn"
  std::string tool_type;
  std::string custom_session_id = {};
};

/// The server applied settings. Their content is not decoded: we know what we sent.
struct SettingsEcho {};

/// hume/errors says what to make of it.
struct ErrorMessage {
  std::string code;  ///< a letter and four digits
  std::string slug;
  std::string message;  ///< may quote what the caller said: never log it
  std::string request_id;
};

/// A `type` that we do not know: to be ignored.
struct UnknownMessage {
  std::string type;
};

using ServerMessage =
    std::variant<ChatMetadata, UserMessage, AssistantMessage, AssistantProsody, AudioOutput,
                 AssistantEnd, UserInterruption, ToolCall, ToolResponse, ToolError, SettingsEcho,
                 ErrorMessage, UnknownMessage>;

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

using DecodedMessage = core::Result<ServerMessage, MessageFailure>;

enum class EmotionScores : std::uint8_t { skip, read };

/// Decodes one text message. Never throws on bad input.
DecodedMessage decode_server_message(std::string_view text,
                                     EmotionScores emotions = EmotionScores::skip);

/// The fast way for `audio_output`, tens of kilobytes each and nearly all of the traffic: finds id,
/// index and data without building a document. Nothing when the text is anything else or in any way
/// unusual (nested values, escapes, repeated keys, ...); the general decoder then decides. What it
/// accepts, the general decoder decodes to the same, except that bytes inside `data` which no JSON
/// string may hold are left to the base64 decoder to refuse.
std::optional<AudioOutput> scan_audio_output(std::string_view text) noexcept;

/// The general decoder alone; decode_server_message() is scan_audio_output() or else this.
DecodedMessage decode_document(std::string_view text, EmotionScores emotions = EmotionScores::skip);

// ---- Client to server
// ----------------------------------------------------------------------------------------- Empty
// optional texts are left out: the schema knows no empty ones. Every message may carry
// custom_session_id.

struct AudioSettings {
  int sample_rate = 8000;
  int channels = 1;
  std::string codec = {};  ///< optional
};                         // `encoding` is always "linear16": the schema refuses everything else

struct ContextSetting {
  std::string text;
  std::string type = {};  ///< "persistent" or "temporary"; empty: the server's default, temporary
};

using VariableValue = std::variant<std::string, bool, std::int64_t, double>;

struct ToolSetting {
  std::string type;  ///< "function" or "builtin"
  std::string name;
  std::string parameters;  ///< a JSON schema as text
  std::string description = {};
  std::string fallback_content = {};
};

struct BuiltinToolSetting {
  std::string name;  ///< "web_search" or "hang_up"
  std::string fallback_content = {};
};

struct SessionSettings {
  std::string custom_session_id = {};
  std::optional<AudioSettings> audio = {};
  std::string system_prompt = {};
  std::optional<ContextSetting> context = {};
  bool clear_context = false;  ///< sends `context: null`; `context` must then be empty
  std::vector<std::pair<std::string, VariableValue>> variables = {};
  std::vector<ToolSetting> tools = {};
  std::vector<BuiltinToolSetting> builtin_tools = {};
  std::string voice_id = {};
  core::Secret language_model_api_key = {};
  std::string metadata_json = {};  ///< a JSON object, copied as it is
};

struct UserInput {
  std::string_view text;
  std::string_view custom_session_id = {};
};

/// Spoken by the assistant word for word.
struct AssistantInput {
  std::string_view text;
  std::string_view custom_session_id = {};
};

struct PauseAssistant {
  std::string_view custom_session_id = {};
};

struct ResumeAssistant {
  std::string_view custom_session_id = {};
};

// Each appends one complete message to `out`.
void encode(const SessionSettings& message, std::string& out);
void encode(const UserInput& message, std::string& out);
void encode(const AssistantInput& message, std::string& out);
void encode(const PauseAssistant& message, std::string& out);
void encode(const ResumeAssistant& message, std::string& out);
void encode(const ToolResponse& message, std::string& out);
void encode(const ToolError& message, std::string& out);

/// `audio_input` around base64 that the caller appends in between: head, base64, tail. Saves a copy
/// per frame.
inline constexpr std::string_view audio_input_head = R"({"type":"audio_input","data":")";
inline constexpr std::string_view audio_input_tail = R"("})";

}  // namespace tandem::hume
