// The account of caller audio: frames in = sent + dropped + waiting after every step, none made up,
// none forgotten.
#pragma once

#include "bridge/call/call.hpp"
#include "tests/simulation/checks/life.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

class FrameAccount {
 public:
  FrameAccount(World& world, const call::Call& call) : world_(world), call_(call) {}

  void input(const call::Input& input, const Meaning& meaning, const Life& life);
  void output(const call::Output& output);
  void after_step();

 private:
  World& world_;
  const call::Call& call_;
  std::int64_t bytes_in_ = 0;
  std::int64_t odd_messages_ = 0;
  std::int64_t messages_out_ = 0;
};

}  // namespace tandem::simulation
