#include "tests/simulation/checks/life.hpp"

#include <fmt/format.h>

#include "tests/simulation/dialect.hpp"

namespace tandem::simulation {

namespace {

using namespace std::chrono_literals;
using call::State;
using Kind = Meaning::Kind;

constexpr auto grace = 1s;

/// Whether the table leads from one state to the other; a step may pass through several.
bool is_reachable(State from, State to, int steps = 4) {
  if (from == to) return true;
  if (steps == 0) return false;
  for (const auto& transition : call::transitions) {
    if (transition.from == from && is_reachable(transition.to, to, steps - 1)) return true;
  }
  return false;
}

template <class... Causes>
bool has_any(const Ledger& ledger, Causes... causes) {
  return (ledger.has(causes) || ...);
}

/// What must have happened before a call may end for this reason.
bool is_justified(call::EndReason reason, const Ledger& ledger) {
  using enum call::EndReason;
  switch (reason) {
    case caller_hung_up:
      return has_any(ledger, Cause::carrier_stop, Cause::carrier_reported_end);
    case agent_hung_up:
      return ledger.has(Cause::agent_hung_up);
    case operator_hung_up:
      return ledger.has(Cause::operator_hung_up);
    case time_limit:
      return true;  // the clock was checked
    case no_stream:
    case no_start:
      return has_any(ledger, Cause::bad_opening, Cause::carrier_silent, Cause::carrier_lost,
                     Cause::carrier_stop);
    case bad_token:
    case wrong_call:
    case unsupported_media:
      return ledger.has(Cause::bad_opening);
    case carrier_protocol:
      return has_any(ledger, Cause::bad_opening, Cause::carrier_misbehaved, Cause::carrier_lost);
    case carrier_lost:
      return has_any(ledger, Cause::carrier_lost, Cause::carrier_silent, Cause::carrier_stop,
                     Cause::bad_opening);
    case carrier_stalled:
      return ledger.has(Cause::carrier_unread);
    case voice_refused:
      return ledger.has(Cause::voice_refused);
    case voice_unavailable:
    case voice_lost:
      return has_any(ledger, Cause::voice_lost, Cause::voice_refused, Cause::voice_frozen);
    case voice_frozen:
      return has_any(ledger, Cause::voice_frozen, Cause::voice_lost);
    case voice_ended:
      return has_any(ledger, Cause::voice_ended, Cause::agent_hung_up);
    case transferred:
      return ledger.has(Cause::transferred);
    case opted_out:
      return has_any(ledger, Cause::key_pressed, Cause::opted_out);
    case answered_by_machine:
      return ledger.has(Cause::machine_answered);
    case shutdown:
      return ledger.has(Cause::shut_down);
    case internal:
      return false;
  }
  return false;
}

}  // namespace

void Life::begin() { must_end_by_ = world_.now() + limits::unclaimed_call_timeout + grace; }

void Life::input(const call::Input& input, const Meaning& meaning) {
  if (std::holds_alternative<call::CarrierOpened>(input)) {
    carrier_is_open_ = true;
    stream_has_started_ = false;
    if (!stream_began_) must_end_by_ = world_.now() + limits::start_timeout + grace;
  } else if (std::holds_alternative<call::CarrierClosed>(input)) {
    carrier_is_open_ = stream_has_started_ = false;
  } else if (std::holds_alternative<call::VoiceOpened>(input)) {
    voice_ = VoiceLegState::open;
  } else if (std::holds_alternative<call::VoiceClosed>(input) ||
             std::holds_alternative<call::VoiceUnreachable>(input)) {
    voice_ = VoiceLegState::none;
  }
  if (meaning.kind == Kind::carrier_start) {
    stream_has_started_ = world_.ledger.had_line = true;
    if (!stream_began_) {
      stream_began_ = world_.now();
      must_end_by_ = world_.now() + world_.scenario.time_limit + limits::closing_timeout +
                     limits::hang_up_timeout + grace;
    }
  }
  if (meaning.kind == Kind::voice_metadata && voice_ == VoiceLegState::open) {
    voice_ = VoiceLegState::ready;
  }
}

void Life::output(const call::Output& output) {
  if (was_ended_) fail("an ended call does nothing", fmt::format("output {}", output.index()));
  if (const auto* send = std::get_if<call::Send>(&output)) return sent(*send);
  if (const auto* close = std::get_if<call::CloseLeg>(&output)) {
    if (close->leg == call::Leg::voice) {
      voice_ = VoiceLegState::none;
    } else {
      carrier_is_open_ = stream_has_started_ = false;
    }
    if (close->reason.size() > 123)
      fail("a close reason fits its frame", std::string(close->reason));
  }
  if (std::holds_alternative<call::OpenVoice>(output)) {
    if (voice_ != VoiceLegState::none) {
      fail("no voice leg is left behind", "another is opened while one is open or being dialled");
    }
    voice_ = VoiceLegState::dialling;
  }
}

void Life::sent(const call::Send& send) {
  if (send.text.empty()) return fail("messages are not empty", "an empty one");
  if (send.leg == call::Leg::carrier) {
    if (!carrier_is_open_) fail("nothing is sent after close", send.text.substr(0, 60));
    if (!stream_has_started_) fail("nothing is sent before start", send.text.substr(0, 60));
    return;
  }
  const bool is_connected = voice_ == VoiceLegState::open || voice_ == VoiceLegState::ready;
  if (!is_connected) fail("nothing is sent to an agent that is not there", send.text.substr(0, 60));
  const bool is_audio = is_caller_audio(send.text);
  if (is_audio && voice_ != VoiceLegState::ready) {
    fail("no audio is sent before the agent is ready", send.text.substr(0, 60));
  }
}

void Life::check_state() {
  const auto now_in = call_.state();
  if (!is_reachable(state_, now_in)) {
    fail("states follow the table",
         fmt::format("{} -> {}", call::to_string(state_), call::to_string(now_in)));
  }
  if (now_in == state_) return;
  world_.note(Channel::bridge,
              fmt::format("state {} -> {}", call::to_string(state_), call::to_string(now_in)));
  state_ = now_in;
}

void Life::after_step() {
  check_state();
  if (!call_.has_ended()) {
    if (!call_.deadline()) fail("a live call has a deadline", "none");
    return;
  }
  if (call_.deadline()) fail("an ended call has no deadline", "it has one");
  if (std::exchange(was_ended_, true)) return;
  check_reason();
}

void Life::check_reason() {
  const auto reason = call_.end_reason();
  if (!reason) return fail("an ended call knows why", "no reason");
  world_.note(Channel::bridge, fmt::format("ended: {}", call::to_string(*reason)));
  if (*reason == call::EndReason::time_limit &&
      (!stream_began_ || world_.now() < *stream_began_ + world_.scenario.time_limit)) {
    fail("a call ends for a reason that really was one", "time_limit before its time");
  }
  const bool is_excused =
      world_.ledger.has(Cause::injected) && *reason != call::EndReason::internal;
  if (!is_excused && !is_justified(*reason, world_.ledger)) {
    fail("a call ends for a reason that really was one", std::string(call::to_string(*reason)));
  }
}

void Life::watch() {
  if (was_ended_ || world_.now() <= must_end_by_) return;
  fail("a call ends within its cap", fmt::format("still {}", call::to_string(call_.state())));
}

void Life::at_end(bool voice_leg_is_open, bool carrier_leg_is_open) {
  if (!was_ended_) fail("a call ends within its cap", "nothing is planned, yet it lives");
  if (voice_leg_is_open) fail("no voice leg is left behind", "one is open after the end");
  if (carrier_leg_is_open) fail("no carrier leg is left behind", "it is open after the end");
}

}  // namespace tandem::simulation
