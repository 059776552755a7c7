// Rules of what the caller may hear: nothing of an utterance that was cut off. An utterance that is
// only held (own speech detection, no verdict of the agent yet) may come back when the hold is
// counted as rejected, when last words are played, or on a new stream; one that is held because the
// carrier does not read, when it reads again.
#pragma once

#include <optional>
#include <vector>

#include "bridge/call/call.hpp"
#include "tests/simulation/checks/life.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

class ClearedSpeech {
 public:
  ClearedSpeech(World& world, const call::Call& call) : world_(world), call_(call) {}

  void input(const call::Input& input, const Meaning& meaning, const Life& life);
  void output(const call::Output& output);
  void after_step();

  /// Nothing of it may be heard any more.
  [[nodiscard]] bool is_dead(int utterance) const;

 private:
  enum class Fate : std::uint8_t { alive, held, dead };

  void media(const call::Send& send);
  [[nodiscard]] bool is_known(int index) const;
  void all_known(Fate fate);
  void release();
  void hold();
  Fate& fate_of(int utterance);

  World& world_;
  const call::Call& call_;
  std::vector<Fate> fates_;
  int sent_while_held_ = -1;
  bool is_paused_ = false;
  int utterance_in_step_ = -1;
  std::optional<core::TimePoint> greeting_suppressed_;
  bool is_congested_ = false;  // the step's clear holds nothing for a verdict
};

}  // namespace tandem::simulation
