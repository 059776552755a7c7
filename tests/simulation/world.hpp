// What all parts of one run share: time, chance, the plan, the truth and the trace.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/habits.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/scenario.hpp"
#include "tests/simulation/timeline.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/wire.hpp"

namespace tandem::simulation {

/// Makes the n-th fallible step of a run fail, once (Beast's fail_count). 0: none.
class FailureCount {
 public:
  explicit FailureCount(std::int64_t nth) : nth_(nth) {}
  bool fails_now() noexcept { return ++steps_ == nth_; }
  [[nodiscard]] std::int64_t steps() const noexcept { return steps_; }

 private:
  std::int64_t nth_;
  std::int64_t steps_ = 0;
};

struct World {
  World(const Scenario& plan, std::int64_t nth_failure, bool keeps_lines)
      : scenario(plan),
        timeline(core::TimePoint(std::chrono::hours(1))),
        trace(timeline.now(), keeps_lines),
        failures(nth_failure),
        dice(plan.seed ^ 0x51D0) {}

  [[nodiscard]] core::TimePoint now() const noexcept { return timeline.now(); }
  void note(Channel channel, std::string_view what) { trace.note(now(), channel, what); }
  void frame(Channel channel, std::string_view what) { trace.frame(now(), channel, what); }
  /// A fallible step; true when this is the one that fails.
  bool fails(std::string_view step) {
    if (!failures.fails_now()) return false;
    ledger.note(Cause::injected);
    note(Channel::fault, fmt::format("step {} fails: {}", failures.steps(), step));
    return true;
  }
  Wire& new_wire(WireShape shape) {
    return *wires.emplace_back(std::make_unique<Wire>(timeline, dice.split(), shape));
  }

  const Scenario& scenario;
  Habits habits;  ///< of the agent
  Timeline timeline;
  Trace trace;
  Ledger ledger;
  Verdict verdict;
  FailureCount failures;
  Random dice;
  std::vector<std::unique_ptr<Wire>> wires;  // kept to the end: events refer to them
};

}  // namespace tandem::simulation
