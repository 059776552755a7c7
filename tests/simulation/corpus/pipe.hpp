// One direction of a connection: what goes in comes out later, in order.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "tests/simulation/random.hpp"
#include "tests/simulation/timeline.hpp"

namespace tandem::corpus {

using simulation::Random;
using simulation::Timeline;

class Pipe {
 public:
  Pipe(Timeline& timeline, Random dice, core::Duration delay)
      : timeline_(timeline), dice_(dice), delay_(delay) {}

  template <class Action>
  void send(Action action) {
    const auto wobble = dice_.between(std::chrono::microseconds(0), jitter_max);
    latest_ = std::max(latest_, timeline_.now() + delay_ + wobble);
    timeline_.at(latest_, std::move(action));
  }

 private:
  static constexpr std::chrono::microseconds jitter_max{4000};
  Timeline& timeline_;
  Random dice_;
  core::Duration delay_;
  core::TimePoint latest_{};
};

}  // namespace tandem::corpus
