// The only two clocks of the program, read where the world comes in: on the threads of sockets,
// files and the database. The pure folders (codec, bridge/core, bridge/call, bridge/dial,
// bridge/twilio, hume, gemini, openai, web) are told the time and never include this file;
// tests/tidy holds that.
#pragma once

#include <chrono>

#include "bridge/core/types.hpp"

namespace tandem {

/// Steady, in nanoseconds since nothing in particular: for deadlines and for how long something
/// took. Nobody sets it; it means nothing outside this process.
inline core::TimePoint clock_now() { return std::chrono::steady_clock::now(); }

/// UTC in whole microseconds since 1970: for the record and for people. May jump, backwards too,
/// whenever the machine's clock is set: never subtract two of them to time something.
inline core::WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace tandem
