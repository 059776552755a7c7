// Rules of quantity: outboxes and queues within their limits, no more inputs and outputs per
// virtual second than a conversation can need, no spinning.
#pragma once

#include "bridge/call/call.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

class Bounds {
 public:
  Bounds(World& world, const call::Call& call) : world_(world), call_(call) {}

  void input(const call::Input& input, const call::Moment& moment);
  void output() { ++outputs_in_step_; }
  void after_step();

 private:
  World& world_;
  const call::Call& call_;
  core::TimePoint second_{};
  int timers_ = 0;   // in this second
  int outputs_ = 0;  // in this second
  int outputs_in_step_ = 0;
  int idle_timers_ = 0;  // in this second, without any output
  bool is_timer_ = false;
};

}  // namespace tandem::simulation
