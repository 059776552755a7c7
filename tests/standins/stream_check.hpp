// Judges one message that the bridge sends into a media stream, as strictly as Twilio's pages allow
// (warning 31951: bad JSON, unknown event, missing or extra field, wrong streamSid). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tandem::standins {

struct StreamMedia {
  std::vector<std::uint8_t> audio;
};
struct StreamMark {
  std::string name;
};
struct StreamClear {};
struct StreamWarning {
  int code = 0;
  std::string reason;
};

using StreamMessage = std::variant<StreamMedia, StreamMark, StreamClear, StreamWarning>;

StreamMessage check_stream_message(std::string_view text, std::string_view stream_sid);

}  // namespace tandem::standins
