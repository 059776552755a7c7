#include "tests/simulation/corpus/evi_wire.hpp"

#include <fmt/format.h>

#include <cstring>

#include "codec/base64.hpp"

namespace tandem::corpus {

namespace {

constexpr std::size_t wav_header_bytes = 44;

void put(std::span<std::uint8_t> file, std::size_t at, std::uint32_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    file[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

std::vector<std::uint8_t> wav_file(int rate_hz, std::span<const std::int16_t> samples) {
  const auto bytes = static_cast<std::uint32_t>(samples.size_bytes());
  const auto rate = static_cast<std::uint32_t>(rate_hz);
  std::vector<std::uint8_t> file(wav_header_bytes + bytes);
  std::memcpy(file.data(), "RIFF....WAVEfmt ....................data", 40);
  put(file, 4, bytes + 36, 4);
  put(file, 16, 16, 4);  // length of the format
  put(file, 20, 1, 2);   // linear
  put(file, 22, 1, 2);   // one channel
  put(file, 24, rate, 4);
  put(file, 28, rate * 2, 4);
  put(file, 32, 2, 2);
  put(file, 34, 16, 2);
  put(file, 40, bytes, 4);
  std::memcpy(file.data() + wav_header_bytes, samples.data(), bytes);
  return file;
}

}  // namespace

std::string chat_metadata(std::string_view chat, std::string_view group) {
  return fmt::format(
      R"({{"type":"chat_metadata","chat_id":"{}","chat_group_id":"{}","request_id":"request-1"}})",
      chat, group);
}

std::string user_message(std::string_view words, bool is_interim, bool is_typed,
                         std::int64_t begin_ms, std::int64_t end_ms) {
  return fmt::format(
      R"({{"type":"user_message","message":{{"role":"user","content":"{}"}},"from_text":{},)"
      R"("interim":{},"time":{{"begin":{},"end":{}}},"models":{{}}}})",
      words, is_typed, is_interim, begin_ms, end_ms);
}

std::string assistant_message(std::string_view id, std::string_view words) {
  return fmt::format(
      R"({{"type":"assistant_message","id":"{}","message":{{"role":"assistant","content":"{}"}},)"
      R"("from_text":false,"is_quick_response":false,"models":{{}}}})",
      id, words);
}

std::string audio_output(std::string_view id, std::int64_t index, int rate_hz,
                         std::span<const std::int16_t> samples) {
  std::string text =
      fmt::format(R"({{"type":"audio_output","id":"{}","index":{},"data":")", id, index);
  codec::base64_encode(wav_file(rate_hz, samples), text);
  text += R"("})";
  return text;
}

bool read_audio_input(std::string_view message, std::vector<std::int16_t>& samples) {
  constexpr std::string_view head = R"({"type":"audio_input","data":")";
  constexpr std::string_view tail = R"("})";
  if (!message.starts_with(head) || !message.ends_with(tail)) return false;
  message.remove_prefix(head.size());
  message.remove_suffix(tail.size());
  std::vector<std::uint8_t> bytes(codec::decoded_size_max(message.size()));
  const auto decoded = codec::base64_decode(message, bytes);
  if (!decoded || decoded.size % 2 != 0) return false;
  const auto before = samples.size();
  samples.resize(before + decoded.size / 2);
  std::memcpy(samples.data() + before, bytes.data(), decoded.size);
  return true;
}

std::string_view read_user_input(std::string_view message) noexcept {
  constexpr std::string_view key = R"("text":")";
  if (message.find(R"("type":"user_input")") == std::string_view::npos) return {};
  const auto begin = message.find(key);
  if (begin == std::string_view::npos) return {};
  message.remove_prefix(begin + key.size());
  return message.substr(0, message.find('"'));  // what the bridge says there needs no escapes
}

}  // namespace tandem::corpus
