// One run: sets the calls up one after another, lets all of them talk by an absolute schedule, and
// measures what the bridge adds.
//
// Call i sends its k-th frame at t0 + i * 20 ms / N + k * 20 ms, whatever happened before: a bridge
// that falls behind is not given time to catch up. Frames are matched by their place in the stream
// of their connection; TCP keeps the order, so nothing has to be written into them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "tests/bench/load/carrier.hpp"
#include "tests/bench/load/figures.hpp"

namespace tandem::bench {

struct RunOptions {
  int calls = 100;
  std::chrono::milliseconds warm_up{2000};
  std::chrono::milliseconds window{10'000};
  bool in_bursts = false;  ///< all calls of a tick at once, instead of spread over it
  int core = -1;           ///< the only one to run on; any when negative
  std::uint16_t voice_port = 0;
  pid_t bridge = 0;
  std::string certificate;
  std::string key;
  CarrierAccount carrier;
};

/// Throws std::runtime_error when a call cannot be set up.
Figures run(const RunOptions& options);

}  // namespace tandem::bench
