// What an agent says and hears, whoever made it, and the dialects that put it on the wire. A
// further provider is a further dialect in `Dialect` and a line in make_dialect() and
// make_provider().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/call/voice.hpp"
#include "tests/simulation/habits.hpp"

namespace tandem::simulation {

/// Agent -> bridge.
struct Said {
  enum class Kind : std::uint8_t {
    ready,
    speech_began,  ///< of the caller
    speech_ended,
    committed,  ///< what was said becomes part of the conversation
    caller_text,
    turn_begins,
    agent_text,
    audio,
    audio_bad_base64,
    audio_bad_file,
    scores,
    sentence_ended,
    turn_ended,
    interrupted,
    tool_call,
    hang_up,
    error,
    settings_echo,
    item_echo,     ///< what the client added to the conversation
    turn_refused,  ///< one that was asked for while another goes on
    unknown,
    unreadable,
  };
  Kind kind = Kind::unknown;
  std::string id = {};  ///< of the chat, the utterance, the tool call or the words of the caller
  std::string asked_by = {};  ///< of a turn: the id of the message that asked for it
  std::string text = {};      ///< words, or the error's code; of `ready` the chat group
  bool is_interim = false;
  bool is_typed = false;
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;
  std::int64_t index = 0;
  int rate_hz = 0;
  std::span<const std::int16_t> samples = {};
};

/// Bridge -> agent.
struct Overheard {
  enum class Kind : std::uint8_t {
    unreadable,
    opening,  ///< the settings; `text`: what the agent is to remember, empty: nothing
    audio,
    typed,  ///< words of the caller that the agent repeats as such
    nudge,  ///< is to be answered, and is not repeated
    greet,
    say,
    context,
    pause,
    resume,
    tool_answer,
    item,    ///< was added to the conversation: `id`, `text`
    cancel,  ///< what is being said
    noted,   ///< wants nothing
  };
  Kind kind = Kind::unreadable;
  std::string text = {};
  std::span<const std::int16_t> samples = {};  ///< 8 kHz; lives until the next read()
  std::string id = {};                         ///< of the message, where its answer names it
  bool is_paused = false;                      ///< of an opening
};

// A dialect writes an empty text for what its service has no message for.

class EviDialect {
 public:
  static constexpr Habits habits{};
  [[nodiscard]] std::string write(const Said& said);
  [[nodiscard]] Overheard read(std::string_view text);

 private:
  std::string write_audio(const Said& said);
  std::vector<std::uint8_t> file_;
  std::vector<std::int16_t> samples_;
};

/// Gemini Live, BidiGenerateContent.
class GeminiDialect {
 public:
  static constexpr Habits habits{.waits_for_opening = true,
                                 .greets_by_itself = false,
                                 .can_be_paused = false,
                                 .counts_turns = true,
                                 .writes_late = true,
                                 .keeps_samples = false};
  [[nodiscard]] std::string write(const Said& said);
  [[nodiscard]] Overheard read(std::string_view text);

 private:
  std::string write_audio(const Said& said);
  Overheard read_audio(std::string_view base64);
  std::vector<std::uint8_t> bytes_;
  std::vector<std::int16_t> samples_;
  bool expects_history_ = false;
  int turns_ = 0;  // that are over: the handle of the session says how many
};

/// OpenAI Realtime, in mu-law both ways.
class OpenAiDialect {
 public:
  static constexpr Habits habits{.waits_for_opening = true,
                                 .greets_by_itself = false,
                                 .counts_turns = true,
                                 .reports_speech = true,
                                 .big_is_final = true,
                                 .writes_late = true};
  [[nodiscard]] std::string write(const Said& said);
  [[nodiscard]] Overheard read(std::string_view text);

 private:
  std::string write_audio(const Said& said);
  std::string write_done(std::string_view status);
  std::string write_call(std::string_view id, std::string_view name);
  Overheard read_audio(std::string_view base64);
  std::vector<std::uint8_t> bytes_;
  std::vector<std::int16_t> samples_;
  int responses_ = 0;
  bool is_answering_ = false;  // a response is being made
  std::int64_t audio_ms_ = 0;  // of it
  std::string call_;           // that it ends with
};

using Dialect = std::variant<EviDialect, GeminiDialect, OpenAiDialect>;

inline constexpr std::array<std::string_view, 3> providers = {"hume", "gemini", "openai"};

/// By provider name; throws std::invalid_argument for a name that nobody has.
Dialect make_dialect(std::string_view provider);
std::unique_ptr<call::VoiceProvider> make_provider(std::string_view provider);

/// Whether this text, in whatever dialect, carries the caller's audio.
bool is_caller_audio(std::string_view text) noexcept;

}  // namespace tandem::simulation
