// The yardstick of the benchmark: the least code that does a bridge's work on one epoll loop.
//
// It parses, transcodes and resamples with the product's codec, and speaks the same messages over
// the same kinds of socket. Everything else is missing on purpose: no signatures, tokens, pacing,
// lead, marks, interruption, records, timers or limits, and a call is set up with blocking calls.
// What the bridge costs beyond it is the price of being a product. Never put it on a network.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "codec/resampler.hpp"
#include "tests/bench/wire/connection.hpp"
#include "tests/bench/wire/frames.hpp"

namespace tandem::bench {

class RawRelay {
 public:
  /// Listens on `port`; dials 127.0.0.1:`voice_port` with TLS for each call. `host` is the name in
  /// its stream addresses.
  RawRelay(std::uint16_t port, std::uint16_t voice_port, std::string host);
  ~RawRelay();
  RawRelay(const RawRelay&) = delete;
  RawRelay& operator=(const RawRelay&) = delete;

  /// Serves until `is_stopped` is set by a signal handler.
  void run(const volatile int& is_stopped);

 private:
  struct Call {
    explicit Call(Connection dialled) : voice(std::move(dialled)) {}
    Connection voice;
    std::optional<Connection> carrier;
    std::string stream_id;
    std::optional<codec::Resampler> resampler;
    std::vector<std::int16_t> waiting;  // less than one frame at 8 kHz, and what comes in addition
  };
  enum class Side : std::uint8_t { carrier = 0, voice = 1 };

  void accept();
  void take_call(Connection& connection, const std::string& head);
  void take_stream(Connection connection, const std::string& head);
  void watch(Connection& connection, std::size_t call, Side side);
  void received(std::size_t index, Side side);
  void from_carrier(Call& call, std::string_view message);
  void from_voice(Call& call, std::string_view message);
  void to_voice(Call& call, std::string_view payload);
  void to_carrier(Call& call, std::size_t samples);

  Listener listener_;
  std::uint16_t voice_port_;
  std::string host_;
  TlsContext tls_;
  int poll_;
  std::size_t next_call_ = 0;
  std::unordered_map<std::size_t, std::unique_ptr<Call>> calls_;

  // shared by all calls: filled and used up within one message
  std::vector<std::uint8_t> bytes_;
  std::vector<std::int16_t> samples_;
  std::string message_;
  std::string frame_;
};

}  // namespace tandem::bench
