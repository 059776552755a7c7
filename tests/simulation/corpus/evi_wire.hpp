// The chat messages of Hume EVI from the server's side: the few that a conversation of the corpus
// needs, written as the service writes them, and what the bridge sends, read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::corpus {

std::string chat_metadata(std::string_view chat, std::string_view group);
std::string user_message(std::string_view words, bool is_interim, bool is_typed,
                         std::int64_t begin_ms, std::int64_t end_ms);
std::string assistant_message(std::string_view id, std::string_view words);
std::string audio_output(std::string_view id, std::int64_t index, int rate_hz,
                         std::span<const std::int16_t> samples);
inline constexpr std::string_view assistant_end = R"({"type":"assistant_end"})";
inline constexpr std::string_view user_interruption =
    R"({"type":"user_interruption","time":1795000000})";

/// Appends the samples of an `audio_input`; false when the message is something else.
bool read_audio_input(std::string_view message, std::vector<std::int16_t>& samples);
/// The text of a `user_input`, which the caller "says"; empty when the message is something else.
std::string_view read_user_input(std::string_view message) noexcept;

}  // namespace tandem::corpus
