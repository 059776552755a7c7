#include "tests/simulation/wire.hpp"

#include <algorithm>
#include <utility>

namespace tandem::simulation {

namespace {

using namespace std::chrono_literals;

/// Between handing a message over and its being written.
constexpr auto writing_time = 50us;
constexpr std::uint16_t broken = 1006;

}  // namespace

Wire::Wire(Timeline& timeline, Random random, WireShape shape)
    : timeline_(timeline), random_(random), shape_(shape), outbox_(shape.outbox_bytes_max) {}

net::SendStatus Wire::send(std::string&& text, core::TimePoint due) {
  const auto status = outbox_.push(std::move(text), due);
  if (status == net::SendStatus::queued) plan_flush();
  return status;
}

void Wire::plan_flush() {
  if (is_flush_planned_) return;
  is_flush_planned_ = true;
  timeline_.at(std::max(timeline_.now() + writing_time, outgoing_stalled_until_), [this] {
    is_flush_planned_ = false;
    if (timeline_.now() < outgoing_stalled_until_) return plan_flush();
    flush();
  });
}

void Wire::flush() {
  while (const auto* entry = outbox_.begin()) {
    if (bridge_end_is_open_) {
      if (on_written) on_written(entry->due, timeline_.now());
      timeline_.at(arrival(latest_at_party_, {}), [this, text = entry->text] {
        if (party_end_is_open_ && !is_silent_ && at_party) at_party(text);
      });
    }
    outbox_.finish();
  }
  if (!is_closed_by_bridge_ || !bridge_end_is_open_) return;
  timeline_.at(arrival(latest_at_party_, {}), [this] {
    if (!party_end_is_open_) return;
    party_end_is_open_ = false;
    if (at_party_closed) at_party_closed(close_code_);
    to_bridge([this] {
      bridge_end_is_open_ = false;
      if (at_bridge_closed) at_bridge_closed(close_code_, {});
    });
  });
}

void Wire::close_by_bridge(std::uint16_t code) {
  if (is_closed_by_bridge_) return;
  is_closed_by_bridge_ = true;
  close_code_ = code;
  outbox_.close();
  plan_flush();
}

core::TimePoint Wire::arrival(core::TimePoint& latest, core::TimePoint not_before) {
  const auto delay = shape_.delay + random_.between(0us, shape_.jitter);
  latest = std::max({latest, timeline_.now() + delay, not_before});
  return latest;
}

void Wire::to_bridge(std::function<void()> arrive) {
  timeline_.at(arrival(latest_at_bridge_, incoming_stalled_until_),
               [this, action = std::move(arrive)] {
                 if (bridge_end_is_open_ && !is_silent_) action();
               });
}

void Wire::say(std::string text, Meaning meaning) {
  if (!party_end_is_open_) return;
  to_bridge([this, words = std::move(text), meaning] {
    if (at_bridge) at_bridge(words, meaning);
  });
}

void Wire::say_binary() {
  if (party_end_is_open_) to_bridge([this] { at_bridge_binary(); });
}

void Wire::close_by_party(std::uint16_t code, std::string reason) {
  if (!party_end_is_open_) return;
  party_end_is_open_ = false;
  to_bridge([this, code, why = std::move(reason)] {
    bridge_end_is_open_ = false;
    outbox_.close();
    if (at_bridge_closed) at_bridge_closed(code, why);
  });
}

void Wire::break_off() {
  if (!bridge_end_is_open_ && !party_end_is_open_) return;
  const bool party_was_open = std::exchange(party_end_is_open_, false);
  const bool bridge_was_open = std::exchange(bridge_end_is_open_, false);
  outbox_.close();
  // Not at once: the bridge may be in the middle of carrying something out.
  timeline_.at(timeline_.now(), [this, bridge_was_open, party_was_open] {
    if (bridge_was_open && at_bridge_closed) at_bridge_closed(broken, {});
    if (party_was_open && at_party_closed) at_party_closed(broken);
  });
}

void Wire::stall_outgoing(core::TimePoint until) {
  outgoing_stalled_until_ = std::max(outgoing_stalled_until_, until);
}

void Wire::stall_incoming(core::TimePoint until) {
  incoming_stalled_until_ = std::max(incoming_stalled_until_, until);
}

}  // namespace tandem::simulation
