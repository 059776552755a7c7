// The states of a call as data: the running code, the documentation and the tests of illegal
// transitions read this table.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tandem::call {

enum class State : std::uint8_t {
  announced,  ///< the carrier asked what to do with a call; the voice leg is being dialled; no
              ///< stream yet
  waiting_for_start,  ///< the media socket is open, `start` has not come
  connecting,         ///< the stream runs, the voice leg is not ready
  talking,            ///< both legs are ready
  parked,             ///< the media socket is gone or being replaced; the voice leg stays
  closing,            ///< it is decided that the call ends; last words may play
  ended,              ///< the final record is written; nothing happens any more
};

struct Transition {
  State from;
  State to;
  std::string_view when;
};

inline constexpr std::array<Transition, 19> transitions = {{
    {State::announced, State::waiting_for_start, "the media socket opened"},
    {State::announced, State::ended, "no stream came, or the call was given up"},
    {State::waiting_for_start, State::connecting, "a valid start came, the voice leg is not ready"},
    {State::waiting_for_start, State::talking, "a valid start came, the voice leg is ready"},
    {State::waiting_for_start, State::closing,
     "a valid start came, but the voice leg cannot be had"},
    {State::waiting_for_start, State::ended, "no start, a wrong token, or the socket closed"},
    {State::connecting, State::talking, "the voice leg became ready"},
    {State::connecting, State::closing, "the voice leg cannot be had, or the call is to end"},
    {State::connecting, State::ended, "the carrier ended the call or broke the protocol"},
    {State::talking, State::connecting, "the voice leg was lost and is dialled again"},
    {State::talking, State::closing,
     "agent or operator hang-up, a cap, shutdown, or the voice leg is lost for good"},
    {State::talking, State::ended, "the carrier ended the call or broke the protocol"},
    {State::connecting, State::parked, "the media socket broke, or another one took its place"},
    {State::talking, State::parked, "the media socket broke, or another one took its place"},
    {State::parked, State::connecting, "a valid start came, the voice leg is not ready"},
    {State::parked, State::talking, "a valid start came, the voice leg is ready"},
    {State::parked, State::closing, "a valid start came, but the voice leg is gone for good"},
    {State::parked, State::ended, "no new stream came, or the call was ended"},
    {State::closing, State::ended, "the last words were played, or the time for them is over"},
}};

constexpr bool is_allowed(State from, State to) noexcept {
  for (const auto& transition : transitions) {
    if (transition.from == from && transition.to == to) return true;
  }
  return false;
}

constexpr std::string_view to_string(State state) noexcept {
  constexpr std::array<std::string_view, 7> names = {
      "announced", "waiting_for_start", "connecting", "talking", "parked", "closing", "ended"};
  return names[static_cast<std::size_t>(state)];
}

}  // namespace tandem::call
