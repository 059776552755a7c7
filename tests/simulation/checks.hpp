// All rules that must hold in every run, by family. Each family sees every input before the call
// gets it, every output before it is carried out, and the end of every step; the first broken rule
// goes into the run's Verdict and ends it.
#pragma once

#include <string>

#include "bridge/call/call.hpp"
#include "tests/simulation/checks/bounds.hpp"
#include "tests/simulation/checks/dead_line.hpp"
#include "tests/simulation/checks/ending.hpp"
#include "tests/simulation/checks/frames.hpp"
#include "tests/simulation/checks/life.hpp"
#include "tests/simulation/checks/records.hpp"
#include "tests/simulation/checks/speech.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

class Checks {
 public:
  Checks(World& world, const call::Call& call)
      : frames(world, call),
        speech(world, call),
        bounds(world, call),
        records(world, call),
        life(world, call),
        ending(world, call),
        dead_line(world, call) {}

  /// Before the first drain.
  void begin() { life.begin(); }
  void input(const call::Input& input, const Meaning& meaning, const call::Moment& moment) {
    life.input(input, meaning);
    frames.input(input, meaning, life);
    speech.input(input, meaning, life);
    bounds.input(input, moment);
    dead_line.input(input);
  }
  void output(const call::Output& output) {
    life.output(output);
    frames.output(output);
    speech.output(output);
    bounds.output();
    records.output(output);
    dead_line.output(output);
  }
  void after_step() {
    life.after_step();
    frames.after_step();
    speech.after_step();
    bounds.after_step();
    records.after_step();
    ending.after_step();
  }
  /// Whether or not anything happens to the call.
  void watch(std::optional<milliseconds> caller_waits) {
    life.watch();
    dead_line.watch(caller_waits);
  }
  void at_end(bool voice_leg_is_open, bool carrier_leg_is_open) {
    life.at_end(voice_leg_is_open, carrier_leg_is_open);
    records.at_end();
    ending.at_end(records, speech);
  }

  FrameAccount frames;
  ClearedSpeech speech;
  Bounds bounds;
  RecordOrder records;
  Life life;
  Ending ending;
  DeadLine dead_line;
};

/// A record in a few words, for the trace.
std::string describe(const core::Record& record);

}  // namespace tandem::simulation
