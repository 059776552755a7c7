// The wire texts of a Twilio media stream, from Twilio's side: written as Twilio writes them, read
// as strictly as Twilio reads them (an extra field is a cause of its warning 31951).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::simulation {

struct StreamIds {
  std::string stream;
  std::string call;
  std::string account;
  std::string token;
  std::string encoding = "audio/x-mulaw";
};

std::string connected_text();
std::string start_text(const StreamIds& ids, std::int64_t sequence);
std::string media_text(const StreamIds& ids, std::int64_t sequence, std::int64_t chunk,
                       std::int64_t timestamp_ms, std::span<const std::uint8_t> ulaw);
std::string mark_text(const StreamIds& ids, std::int64_t sequence, std::string_view name);
std::string dtmf_text(const StreamIds& ids, std::int64_t sequence, char digit);
std::string stop_text(const StreamIds& ids, std::int64_t sequence);

/// What the bridge sent.
struct StreamCommand {
  enum class Kind : std::uint8_t { media, mark, clear };
  Kind kind = Kind::media;
  std::vector<std::uint8_t> ulaw;
  std::string name;         ///< of a mark
  std::string_view stream;  ///< lives as long as the text
};
/// Nothing when Twilio would refuse it.
std::optional<StreamCommand> read_command(std::string_view text);

}  // namespace tandem::simulation
