// EVI's wire text: what a client may send (refused strictly) and what the server sends. Pure. Field
// names and rules are those of Hume's published schemas (empathicVoice, npm `hume` 0.16).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http.hpp"
#include "json.hpp"

namespace tandem::standins {

// Empty when `message` is one of the client's messages with only known keys of the right types.
std::string client_message_problem(const json::object& message);

// The bracketed session_settings of the query as the message they stand for; `variables` also as
// JSON text.
json::object settings_of_query(const Fields& query);

json::object chat_metadata(std::string_view chat_id, std::string_view group_id);
json::object user_message(std::string_view text, bool from_text, bool interim,
                          std::int64_t begin_ms, std::int64_t end_ms);
json::object assistant_message(std::string_view id, std::string_view text, bool from_text);
json::object audio_output(std::string_view id, std::int64_t index, std::string_view wav_bytes);
json::object assistant_prosody(std::string_view id);
json::object evi_error(std::string_view code, std::string_view slug, std::string_view message);
json::object plain_message(std::string_view type);

}  // namespace tandem::standins
