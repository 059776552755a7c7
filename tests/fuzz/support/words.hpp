// Right messages of both parties, so that an input need not spell out what every call says.
#pragma once

#include <fmt/format.h>

#include <string>

#include "codec/base64.hpp"
#include "tests/fuzz/support/input.hpp"

namespace tandem::fuzz {

inline constexpr std::string_view call_id = "CA00000000000000000000000000000001";
inline constexpr std::string_view account_id = "AC00000000000000000000000000000001";
inline constexpr std::string_view token = "TOKEN-1";

inline std::string stream_id(unsigned number) { return fmt::format("MZ{:032x}", number); }

inline std::string start_message(unsigned stream, std::string_view with_token) {
  return fmt::format(
      R"({{"event":"start","sequenceNumber":"1","start":{{"accountSid":"{0}","streamSid":"{1}",)"
      R"("callSid":"{2}","tracks":["inbound"],"mediaFormat":{{"encoding":"audio/x-mulaw",)"
      R"("sampleRate":8000,"channels":1}},"customParameters":{{"callToken":"{3}"}}}},)"
      R"("streamSid":"{1}"}})",
      account_id, stream_id(stream), call_id, with_token);
}

inline std::string media_message(unsigned stream, std::int64_t number, std::uint8_t value) {
  const std::vector<std::uint8_t> frame(160, value);
  std::string payload;
  codec::base64_encode(frame, payload);
  return fmt::format(
      R"({{"event":"media","sequenceNumber":"{}","media":{{"track":"inbound","chunk":"{}",)"
      R"("timestamp":"{}","payload":"{}"}},"streamSid":"{}"}})",
      number + 1, number, 20 * number, payload, stream_id(stream));
}

inline std::string mark_message(unsigned stream, std::string_view name) {
  return fmt::format(
      R"({{"event":"mark","sequenceNumber":"9","streamSid":"{}","mark":{{"name":"{}"}}}})",
      stream_id(stream), name);
}

inline std::string chat_message(unsigned chat) {
  return fmt::format(R"({{"type":"chat_metadata","chat_id":"chat-{0}","chat_group_id":"group-1"}})",
                     chat);
}

/// A mono WAV file of `samples` equal samples.
inline std::vector<std::uint8_t> wav_of(std::uint32_t rate, std::uint32_t samples) {
  std::vector<std::uint8_t> file;
  const auto text = [&file](std::string_view word) {
    file.insert(file.end(), word.begin(), word.end());
  };
  const auto number = [&file](std::uint32_t value, int width) {
    for (int i = 0; i < width; ++i) file.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  text("RIFF");
  number(36 + 2 * samples, 4);
  text("WAVEfmt ");
  number(16, 4);
  number(0x0001'0001, 4);  // PCM, one channel
  number(rate, 4);
  number(2 * rate, 4);
  number(0x0010'0002, 4);  // two bytes, 16 bits
  text("data");
  number(2 * samples, 4);
  for (std::uint32_t i = 0; i < samples; ++i) number(i % 2 == 0 ? 4000 : 60'000, 2);
  return file;
}

inline std::string audio_message(char utterance, std::int64_t index, std::uint32_t rate,
                                 std::uint32_t frames) {
  std::string data;
  codec::base64_encode(wav_of(rate, rate / 50 * frames), data);
  return fmt::format(R"({{"type":"audio_output","id":"u{:02x}","index":{},"data":"{}"}})",
                     static_cast<unsigned char>(utterance), index, data);
}

}  // namespace tandem::fuzz
