// One WebSocket between the bridge and a party: at our end the real outbox, between the ends a
// network that delays but keeps TCP's order, and that can stall, break or fall silent at any
// instant. Knows nothing of what the texts say.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "bridge/net/outbox.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/timeline.hpp"

namespace tandem::simulation {

/// What the checkers need to know of a message on its way to the bridge, so that they need not read
/// wire texts.
struct Meaning {
  enum class Kind : std::uint8_t {
    other,
    damaged,        ///< made unreadable on purpose
    carrier_start,  ///< a start that the call must accept
    caller_audio,   ///< `amount`: mu-law bytes
    carrier_stop,
    voice_metadata,
    agent_audio,  ///< `amount`: samples at 8 kHz
    agent_text,   ///< of `utterance`
    interruption,
    agent_hang_up,
  };
  Kind kind = Kind::other;
  std::int64_t amount = 0;
  int utterance = -1;  ///< index in Ledger::utterances
};

struct WireShape {
  std::chrono::microseconds delay{20'000};  ///< one way
  std::chrono::microseconds jitter{2'000};  ///< at most this much more
  std::size_t outbox_bytes_max = 0;
};

class Wire {
 public:
  Wire(Timeline& timeline, Random random, WireShape shape);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Who listens. Set before anything is sent.
  std::function<void(std::string_view, const Meaning&)> at_bridge;
  std::function<void()> at_bridge_binary;
  std::function<void(std::uint16_t, std::string_view)> at_bridge_closed;
  std::function<void(std::string_view)> at_party;
  std::function<void(std::uint16_t)> at_party_closed;  ///< 1006 when the connection broke
  std::function<void(core::TimePoint due, core::TimePoint written)> on_written;

  // The bridge's end.
  net::SendStatus send(std::string&& text, core::TimePoint due);
  void drop_unsent() { outbox_.drop_unsent(); }
  void close_by_bridge(std::uint16_t code);
  [[nodiscard]] std::size_t outbox_bytes() const noexcept { return outbox_.bytes(); }
  [[nodiscard]] std::string take_buffer() { return outbox_.take_buffer(); }
  [[nodiscard]] bool is_closed_by_bridge() const noexcept { return is_closed_by_bridge_; }

  // The party's end.
  void say(std::string text, Meaning meaning = {});
  void say_binary();
  /// In order behind what was said before.
  void close_by_party(std::uint16_t code, std::string reason = {});
  [[nodiscard]] bool party_may_speak() const noexcept { return party_end_is_open_; }

  // The network.
  /// Both ends learn of it at once; what was on its way is lost.
  void break_off();
  /// Half-open: nothing arrives any more, nobody is told.
  void fall_silent() noexcept { is_silent_ = true; }
  /// The party does not read until then: the outbox keeps what it has.
  void stall_outgoing(core::TimePoint until);
  /// What the party says arrives then, all at once.
  void stall_incoming(core::TimePoint until);

  [[nodiscard]] bool is_over() const noexcept { return !bridge_end_is_open_; }

 private:
  core::TimePoint arrival(core::TimePoint& latest, core::TimePoint not_before);
  void to_bridge(std::function<void()> arrive);
  void plan_flush();
  void flush();

  Timeline& timeline_;
  Random random_;
  WireShape shape_;
  net::Outbox outbox_;
  bool is_flush_planned_ = false;
  bool is_closed_by_bridge_ = false;
  std::uint16_t close_code_ = 0;
  bool bridge_end_is_open_ = true;  // until the bridge has seen the close
  bool party_end_is_open_ = true;   // until the party has closed or seen a close
  bool is_silent_ = false;
  core::TimePoint outgoing_stalled_until_{};
  core::TimePoint incoming_stalled_until_{};
  core::TimePoint latest_at_bridge_{};
  core::TimePoint latest_at_party_{};
};

}  // namespace tandem::simulation
