#include "tests/bench/load/voice.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <stdexcept>

#include "tests/bench/wire/frames.hpp"

namespace tandem::bench {

namespace {

constexpr std::uint32_t rate_hz = 48'000;
constexpr int chunks_per_text = 20;

void append_little_endian(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

/// A complete WAV file of 16-bit mono at 48 kHz, as base64.
std::string chunk_data(int frames) {
  const auto samples = static_cast<std::uint32_t>(frames) * rate_hz / 50;
  std::string wav = "RIFF";
  append_little_endian(wav, 36 + samples * 2, 4);
  wav += "WAVEfmt ";
  append_little_endian(wav, 16, 4);
  append_little_endian(wav, 1, 2);
  append_little_endian(wav, 1, 2);
  append_little_endian(wav, rate_hz, 4);
  append_little_endian(wav, rate_hz * 2, 4);
  append_little_endian(wav, 2, 2);
  append_little_endian(wav, 16, 2);
  wav += "data";
  append_little_endian(wav, samples * 2, 4);
  for (std::uint32_t i = 0; i < samples; ++i) {
    const double level = 8000 * std::sin(2 * std::numbers::pi * 500 * i / rate_hz);
    append_little_endian(wav, static_cast<std::uint32_t>(std::lround(level)), 2);
  }
  return base64(wav);
}

}  // namespace

VoiceInput classify(std::string_view message) noexcept {
  if (message.find(R"("audio_input")") == std::string_view::npos) return VoiceInput::other;
  // linear16 silence is all zeros
  constexpr std::string_view silence = R"("data":"AAAA)";
  const bool is_silent = message.find(silence) != std::string_view::npos;
  return is_silent ? VoiceInput::silence : VoiceInput::caller_audio;
}

VoiceLeg::VoiceLeg(const Listener& listener, SSL_CTX& tls, int number)
    : connection_(listener.accept()),
      message_id_(fmt::format("00000000-0000-4000-8000-{:012d}", number)) {
  connection_.accept_tls(tls);
  const std::string head = connection_.read_head();
  if (!head.starts_with("GET /v0/evi/chat?")) {
    throw std::runtime_error("not an EVI upgrade: " + head.substr(0, head.find("\r\n")));
  }
  connection_.write_all(fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n\r\n",
      accept_key(header(head, "Sec-WebSocket-Key"))));
  send(fmt::format(R"({{"type":"chat_metadata","chat_group_id":"{}","chat_id":"{}",)"
                   R"("request_id":"{}"}})",
                   message_id_, message_id_, message_id_));
}

bool VoiceLeg::send(std::string_view message) {
  frame_.clear();
  append_server_frame(frame_, message);
  return connection_.send(frame_);
}

bool VoiceLeg::send_chunk() {
  static const std::string first_data = chunk_data(first_chunk_frames);
  static const std::string data = chunk_data(chunk_frames);
  message_.clear();
  fmt::format_to(std::back_inserter(message_),
                 R"({{"type":"audio_output","id":"{}","index":{},"data":")", message_id_, index_);
  message_ += index_ == 0 ? first_data : data;
  message_ += R"("})";
  const bool is_time_for_text = ++index_ % chunks_per_text == 0;
  if (!send(message_)) return false;
  return !is_time_for_text ||
         send(fmt::format(R"({{"type":"assistant_message","id":"{}","from_text":false,)"
                          R"("is_quick_response":false,"message":{{"role":"assistant",)"
                          R"("content":"This is sentence {} of the benchmark."}}}})",
                          message_id_, index_ / chunks_per_text));
}

bool VoiceLeg::send_end_of_turn() { return send(R"({"type":"assistant_end"})"); }

}  // namespace tandem::bench
