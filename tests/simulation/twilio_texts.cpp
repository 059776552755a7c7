#include "tests/simulation/twilio_texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "codec/base64.hpp"

namespace tandem::simulation {

std::string connected_text() {
  return R"({"event":"connected","protocol":"Call","version":"1.0.0"})";
}

std::string start_text(const StreamIds& ids, std::int64_t sequence) {
  return fmt::format(
      R"({{"event":"start","sequenceNumber":"{}","start":{{"accountSid":"{}","streamSid":"{}",)"
      R"("callSid":"{}","tracks":["inbound"],"mediaFormat":{{"encoding":"{}","sampleRate":8000,)"
      R"("channels":1}},"customParameters":{{"callToken":"{}"}}}},"streamSid":"{}"}})",
      sequence, ids.account, ids.stream, ids.call, ids.encoding, ids.token, ids.stream);
}

std::string media_text(const StreamIds& ids, std::int64_t sequence, std::int64_t chunk,
                       std::int64_t timestamp_ms, std::span<const std::uint8_t> ulaw) {
  std::string text;
  text.reserve(ulaw.size() * 4 / 3 + 200);
  fmt::format_to(std::back_inserter(text),
                 R"({{"event":"media","sequenceNumber":"{}","media":{{"track":"inbound",)"
                 R"("chunk":"{}","timestamp":"{}","payload":")",
                 sequence, chunk, timestamp_ms);
  codec::base64_encode(ulaw, text);
  text += R"("},"streamSid":")";
  text += ids.stream;
  text += R"("})";
  return text;
}

std::string mark_text(const StreamIds& ids, std::int64_t sequence, std::string_view name) {
  return fmt::format(
      R"({{"event":"mark","sequenceNumber":"{}","streamSid":"{}","mark":{{"name":"{}"}}}})",
      sequence, ids.stream, name);
}

std::string dtmf_text(const StreamIds& ids, std::int64_t sequence, char digit) {
  return fmt::format(R"({{"event":"dtmf","streamSid":"{}","sequenceNumber":"{}",)"
                     R"("dtmf":{{"track":"inbound_track","digit":"{}"}}}})",
                     ids.stream, sequence, digit);
}

std::string stop_text(const StreamIds& ids, std::int64_t sequence) {
  return fmt::format(R"({{"event":"stop","sequenceNumber":"{}","streamSid":"{}",)"
                     R"("stop":{{"accountSid":"{}","callSid":"{}"}}}})",
                     sequence, ids.stream, ids.account, ids.call);
}

namespace {

/// Moves over `prefix`.
bool skip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_until(std::string_view& text, char end, std::string_view& value) {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return false;
  value = text.substr(0, at);
  text.remove_prefix(at + 1);
  return true;
}

bool read_media(std::string_view rest, StreamCommand& command) {
  std::string_view payload;
  if (!skip(rest, R"(,"media":{"payload":")") || !take_until(rest, '"', payload)) return false;
  command.ulaw.resize(codec::decoded_size_max(payload.size()));
  const auto decoded = codec::base64_decode(payload, command.ulaw);
  command.ulaw.resize(decoded.size);
  return decoded && decoded.size > 0 && rest == "}}";
}

}  // namespace

std::optional<StreamCommand> read_command(std::string_view text) {
  StreamCommand command;
  std::string_view event;
  if (!skip(text, R"({"event":")") || !take_until(text, '"', event) ||
      !skip(text, R"(,"streamSid":")") || !take_until(text, '"', command.stream)) {
    return std::nullopt;
  }
  if (event == "media") {
    if (!read_media(text, command)) return std::nullopt;
    return command;
  }
  if (event == "clear") {
    command.kind = StreamCommand::Kind::clear;
    if (text != "}") return std::nullopt;
    return command;
  }
  std::string_view name;
  const bool is_mark = event == "mark" && skip(text, R"(,"mark":{"name":")") &&
                       take_until(text, '"', name) && !name.empty() && text == "}}";
  if (!is_mark) return std::nullopt;
  command.kind = StreamCommand::Kind::mark;
  command.name = name;
  return command;
}

}  // namespace tandem::simulation
