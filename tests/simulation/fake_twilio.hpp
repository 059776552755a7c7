// The carrier of a simulated call, byte for byte: opens media streams, writes what the caller says
// every 20 ms, plays what the bridge sends, echoes marks, ends the call over REST, and breaks in
// the ways that the scenario asks for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/bridge.hpp"
#include "tests/simulation/caller.hpp"
#include "tests/simulation/hearing.hpp"
#include "tests/simulation/playback_queue.hpp"
#include "tests/simulation/twilio_texts.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

/// Obviously invented.
inline constexpr std::string_view account_id = "AC00000000000000000000000000000001";
inline constexpr std::string_view call_id = "CA00000000000000000000000000000001";

class FakeTwilio {
 public:
  FakeTwilio(World& world, Bridge& bridge);

  /// The webhook was answered just now: a media stream follows, as the scenario says.
  void begin();
  /// True when this fault was one of the carrier's.
  bool strike(const TimedFault& fault);

  /// The phone call itself is over.
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }
  /// How long the caller has been waiting for the agent; nothing while not.
  [[nodiscard]] std::optional<milliseconds> caller_waits() const noexcept {
    return is_over_ || streams_.empty() ? std::nullopt : caller_.waiting_for_answer();
  }

 private:
  struct Stream {
    Wire* wire = nullptr;
    StreamIds ids;
    std::int64_t sequence = 0;
    std::int64_t chunk = 0;
    std::int64_t clock_ms = 120;
    bool has_started = false;
    bool is_running = false;
    core::TimePoint opened{};
    PlaybackQueue queue;
  };

  Stream& open_stream();
  void introduce(Stream& stream);
  void start(Stream& stream, bool is_good);
  void tick();
  void speak(Stream& stream, const Caller::Deed& deed);
  void send_media(Stream& stream, std::span<const std::uint8_t> ulaw, std::int64_t sequence);
  void send_oddly(Stream& stream, const codec::UlawFrame& frame);
  void send_unreadable(Stream& stream);
  void hear(Stream& stream);
  void echo_marks(Stream& stream);
  void echo(Stream& stream, const std::string& name);
  void read(Stream& stream, std::string_view text);
  void check_queue(const Stream& stream);
  void stream_closed(Stream& stream, std::uint16_t code);
  void stop(Stream& stream, bool closes);
  void hang_up(bool closes);
  void finish();
  void try_rest();
  bool strike_line(const TimedFault& fault, Stream& stream);
  bool strike_words(Fault what, Stream& stream);
  void flood(Stream& stream);
  void disturb(milliseconds lasting);
  [[nodiscard]] Stream* newest();

  World& world_;
  Bridge& bridge_;
  Random dice_;
  Caller caller_;
  Hearing hearing_;
  std::vector<std::unique_ptr<Stream>> streams_;
  bool is_ticking_ = false;
  bool is_over_ = false;
  int rest_tries_ = 0;
  std::int16_t ear_ = 0;
};

}  // namespace tandem::simulation
