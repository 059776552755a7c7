// Uplink: caller audio on its way to the agent, in frames of 20 ms.
//
// It re-chunks what the carrier sends, fills holes of the media clock, invents silence by our own
// clock when nothing comes (agents need an unbroken stream), and keeps a bounded backlog while the
// voice leg cannot take audio: caller audio is live, so the oldest frame goes first, and every
// frame is accounted for (in = sent + dropped + waiting). It does not encode or send;
// bridge/call/call.cpp pulls.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bridge/call/carrier.hpp"
#include "bridge/core/types.hpp"
#include "codec/audio.hpp"

namespace tandem::call {

class Uplink {
 public:
  struct Frame {
    std::array<std::uint8_t, codec::frame_bytes> ulaw{};
    core::TimePoint arrived{};
    bool is_invented = false;
    bool is_speech = false;
  };

  struct Counts {
    std::int64_t frames_in = 0;
    std::int64_t frames_sent = 0;
    std::int64_t frames_dropped = 0;
    std::int64_t silence_sent = 0;
    std::int64_t duplicates =
        0;  ///< messages whose sequence number was seen before; their frames are dropped
    std::int64_t clock_jumps =
        0;  ///< the media clock went back or leapt; arrival order was used instead
  };

  /// Takes one message of caller audio of any length from 0 to one second.
  void push(const CarrierMedia& media, core::TimePoint now, bool is_speech = false);
  /// Takes it, but the agent hears silence in its place: the audio counts as dropped.
  void push_muted(const CarrierMedia& media, core::TimePoint now);
  /// Stands in 20 ms of silence for a message whose payload could not be read (T23).
  void conceal(core::TimePoint now);

  /// From now on silence is invented whenever nothing came for limits::silence_after.
  void start_clock(core::TimePoint now);
  void stop_clock() noexcept { silence_due_.reset(); }
  /// Invents the silence that is due.
  void advance(core::TimePoint now);
  /// When advance() has something to do; empty while the clock is stopped.
  [[nodiscard]] std::optional<core::TimePoint> deadline() const noexcept { return silence_due_; }

  /// How many frames may wait; older ones are dropped at once.
  void limit_backlog(std::chrono::milliseconds backlog);

  /// A new stream of the carrier: its media clock and its counters begin anew.
  void begin_stream() noexcept;
  /// Of what was held while the agent was away, keeps speech and `margin` around it: an agent that
  /// comes back hears what was said without the pauses. The newest `margin` stays as well.
  void drop_silence(std::chrono::milliseconds margin);

  /// The oldest waiting frame, or nothing. Counts as sent. The view lives until the next call of
  /// this object.
  const Frame* pull();
  /// Drops what waits: the call is over.
  void drop_all() noexcept;

  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return size_; }

 private:
  void append(std::span<const std::uint8_t> ulaw, core::TimePoint now);
  void append_frame(const Frame& frame);
  void append_silence(std::int64_t frames, core::TimePoint now);
  void drop_oldest() noexcept;
  /// Frames of silence owed for a jump of the media clock to `timestamp_ms`, and moves that clock.
  std::int64_t frames_missing(const CarrierMedia& media);
  [[nodiscard]] bool is_duplicate(std::int64_t sequence) noexcept;

  std::vector<Frame> ring_;  // grows to the backlog that really occurs, then stays
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t frames_max_ = 25;

  Frame partial_;  // a frame still being filled from odd payload sizes
  std::size_t partial_bytes_ = 0;
  bool is_speech_ = false;  // of the message that is being taken

  std::optional<std::int64_t> expected_ms_;  // media clock at which the next payload should begin
  std::int64_t last_sequence_ = 0;
  std::int64_t invented_since_media_ = 0;  // frames of clock silence since the last payload
  std::optional<core::TimePoint> silence_due_;
  Counts counts_;
};

}  // namespace tandem::call
