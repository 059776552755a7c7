#include "tests/bench/raw_ref/relay.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "codec/base64.hpp"
#include "codec/g711.hpp"
#include "codec/wav.hpp"

namespace tandem::bench {

namespace {

constexpr std::uint64_t listener_mark = UINT64_MAX;
constexpr std::size_t frame_samples = 160;
constexpr std::string_view stream_path = "/media-stream/";

std::string_view quoted_after(std::string_view text, std::string_view before) {
  const auto begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + before.size());
  return text.substr(0, text.find('"'));
}

}  // namespace

RawRelay::RawRelay(std::uint16_t port, std::uint16_t voice_port, std::string host)
    : listener_(port),
      voice_port_(voice_port),
      host_(std::move(host)),
      tls_(client_tls()),
      poll_(epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = listener_mark;
  epoll_ctl(poll_, EPOLL_CTL_ADD, listener_.fd(), &event);
}

RawRelay::~RawRelay() { close(poll_); }

void RawRelay::run(const volatile int& is_stopped) {
  std::array<epoll_event, 64> events;
  while (is_stopped == 0) {
    const int count = epoll_wait(poll_, events.data(), events.size(), 500);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t mark = events[static_cast<std::size_t>(i)].data.u64;
      if (mark == listener_mark) {
        accept();
      } else {
        received(mark >> 1, static_cast<Side>(mark & 1));
      }
    }
  }
}

void RawRelay::accept() {
  Connection connection = listener_.accept();
  const std::string head = connection.read_head();
  if (head.starts_with("POST ")) {
    take_call(connection, head);
  } else {
    take_stream(std::move(connection), head);
  }
}

void RawRelay::take_call(Connection& connection, const std::string& head) {
  connection.read_body(std::stoul(header(head, "Content-Length")));
  const std::string twiml = fmt::format(
      R"(<Response><Connect><Stream url="wss://{}{}{}"><Parameter name="callToken" value="none"/>)"
      R"(</Stream></Connect></Response>)",
      host_, stream_path, next_call_);
  connection.write_all(
      fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", twiml.size(), twiml));
  Connection voice = Connection::to_loopback(voice_port_);
  voice.connect_tls(*tls_);
  voice.write_all(
      "GET /v0/evi/chat?verbose_transcription=true HTTP/1.1\r\nHost: 127.0.0.1\r\n"
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  if (!voice.read_head().starts_with("HTTP/1.1 101")) throw std::runtime_error("no voice leg");
  const std::size_t index = next_call_++;
  Call& call = *calls_.emplace(index, std::make_unique<Call>(std::move(voice))).first->second;
  watch(call.voice, index, Side::voice);
}

void RawRelay::take_stream(Connection connection, const std::string& head) {
  const auto begin = head.find(stream_path);
  if (begin == std::string::npos) throw std::runtime_error("not a media stream: " + head);
  const std::size_t index = std::stoul(head.substr(begin + stream_path.size()));
  connection.write_all(
      fmt::format("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
                  accept_key(header(head, "Sec-WebSocket-Key"))));
  Call& call = *calls_.at(index);
  call.carrier.emplace(std::move(connection));
  watch(*call.carrier, index, Side::carrier);
}

void RawRelay::watch(Connection& connection, std::size_t call, Side side) {
  connection.stop_blocking();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = call << 1 | static_cast<std::uint64_t>(side);
  epoll_ctl(poll_, EPOLL_CTL_ADD, connection.fd(), &event);
}

void RawRelay::received(std::size_t index, Side side) {
  const auto found = calls_.find(index);
  if (found == calls_.end()) return;
  Call& call = *found->second;
  Connection& connection = side == Side::carrier ? *call.carrier : call.voice;
  bool is_over = !connection.receive();
  while (const auto frame = next_frame(connection.inbox())) {
    if (frame->opcode == Opcode::close) is_over = true;
    if (frame->opcode == Opcode::text && side == Side::carrier) from_carrier(call, unmask(*frame));
    if (frame->opcode == Opcode::text && side == Side::voice) from_voice(call, unmask(*frame));
    connection.consume(frame->size);
  }
  if (is_over) calls_.erase(found);
}

void RawRelay::from_carrier(Call& call, std::string_view message) {
  if (message.starts_with(R"({"event":"media")")) {
    to_voice(call, quoted_after(message, R"("payload":")"));
  } else if (message.starts_with(R"({"event":"start")")) {
    call.stream_id = quoted_after(message, R"("streamSid":")");
  }
}

void RawRelay::to_voice(Call& call, std::string_view payload) {
  bytes_.resize(codec::decoded_size_max(payload.size()));
  const auto decoded = codec::base64_decode(payload, bytes_);
  samples_.resize(decoded.size);
  codec::ulaw_decode(std::span(bytes_).first(decoded.size), samples_);
  message_ = R"({"type":"audio_input","data":")";
  const auto* linear = reinterpret_cast<const std::uint8_t*>(samples_.data());
  codec::base64_encode({linear, samples_.size() * sizeof(std::int16_t)}, message_);
  message_ += R"("})";
  frame_.clear();
  append_client_frame(frame_, message_);
  call.voice.send(frame_);
}

void RawRelay::from_voice(Call& call, std::string_view message) {
  if (message.starts_with(R"({"type":"assistant_end")") && call.resampler) {
    call.resampler->flush(call.waiting);
    call.waiting.resize((call.waiting.size() + frame_samples - 1) / frame_samples * frame_samples);
    return to_carrier(call, call.waiting.size());
  }
  if (!message.starts_with(R"({"type":"audio_output")")) return;
  const std::string_view data = quoted_after(message, R"("data":")");
  bytes_.resize(codec::decoded_size_max(data.size()));
  const auto decoded = codec::base64_decode(data, bytes_);
  const auto wav = codec::parse_wav(std::span(bytes_).first(decoded.size));
  samples_.clear();
  codec::append_mono(wav, samples_);
  if (!call.resampler) call.resampler = codec::Resampler::create(wav.sample_rate_hz, 8000);
  call.resampler->push(samples_, call.waiting);
  to_carrier(call, call.waiting.size() / frame_samples * frame_samples);
}

void RawRelay::to_carrier(Call& call, std::size_t samples) {
  if (samples == 0 || !call.carrier) return;
  bytes_.resize(samples);
  codec::ulaw_encode(std::span(call.waiting).first(samples), bytes_);
  call.waiting.erase(call.waiting.begin(),
                     call.waiting.begin() + static_cast<std::ptrdiff_t>(samples));
  message_ = R"({"event":"media","streamSid":")";
  message_ += call.stream_id;
  message_ += R"(","media":{"payload":")";
  codec::base64_encode(bytes_, message_);
  message_ += R"("}})";
  frame_.clear();
  append_server_frame(frame_, message_);
  call.carrier->send(frame_);
}

}  // namespace tandem::bench
