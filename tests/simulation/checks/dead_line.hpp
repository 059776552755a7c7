// A caller who has spoken and waits for the agent is not left alone with a dead line: something is
// done about it long before people hang up.
#pragma once

#include <optional>

#include "bridge/call/call.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

class DeadLine {
 public:
  DeadLine(World& world, const call::Call& call) : world_(world), call_(call) {}

  void input(const call::Input& input);
  void output(const call::Output& output);
  /// `waits`: how long the caller has been waiting for the agent by now; nothing while not.
  void watch(std::optional<milliseconds> waits);

 private:
  World& world_;
  const call::Call& call_;
  core::TimePoint acted_{};  // the call last did something about an agent that is not heard
  bool is_paused_ = false;   // by an operator: the silence is wanted
};

}  // namespace tandem::simulation
