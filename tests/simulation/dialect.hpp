// What an agent says and hears, whoever made it, and the dialects that put it on the wire. A
// further provider is a further dialect in `Dialect` and a line in make_dialect() and
// make_provider().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/call/voice.hpp"

namespace tandem::simulation {

/// Agent -> bridge.
struct Said {
  enum class Kind : std::uint8_t {
    ready,
    caller_text,
    agent_text,
    audio,
    audio_bad_base64,
    audio_bad_file,
    scores,
    turn_ended,
    interrupted,
    tool_call,
    hang_up,
    error,
    settings_echo,
    unknown,
    unreadable,
  };
  Kind kind = Kind::unknown;
  std::string id = {};    ///< of the chat, the utterance or the tool call
  std::string text = {};  ///< words, or the error's code; of `ready` the chat group
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
    audio,
    typed,
    say,
    context,
    pause,
    resume,
    tool_answer,
  };
  Kind kind = Kind::unreadable;
  std::string text = {};
  std::span<const std::int16_t> samples = {};  ///< 8 kHz; lives until the next read()
};

class EviDialect {
 public:
  [[nodiscard]] std::string write(const Said& said);
  [[nodiscard]] Overheard read(std::string_view text);

 private:
  std::string write_audio(const Said& said);
  std::vector<std::uint8_t> file_;
  std::vector<std::int16_t> samples_;
};

using Dialect = std::variant<EviDialect>;

/// By provider name ("hume"); throws std::invalid_argument for a name that nobody has.
Dialect make_dialect(std::string_view provider);
std::unique_ptr<call::VoiceProvider> make_provider(std::string_view provider);

}  // namespace tandem::simulation
