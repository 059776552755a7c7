// At most one call for each intent, over many simulated dials with lost requests, lost and late
// replies, callbacks lost, doubled and out of order, a database that fails, and processes that are
// killed or stopped between any two steps: [--dials N] [--first-seed S] [--naive].
// tests/integration/run_outbound starts it; the last line is as docs/testing.md wants it.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/integration/outbound/dial_world.hpp"

namespace {

using tandem::dial_simulation::Tally;
using tandem::dial_simulation::World;

constexpr int dials_per_world = 100;

void print(const Tally& tally) {
  const auto row = [](const char* what, std::int64_t number) {
    std::printf("  %9lld %s\n", static_cast<long long>(number), what);
  };
  row("dials", tally.dials);
  row("calls that the carrier placed", tally.placed);
  row("requests lost on the way", tally.lost_requests);
  row("replies lost on the way", tally.lost_replies);
  row("calls of which no callback arrived", tally.silent_calls);
  row("processes killed", tally.kills);
  row("processes stopped for up to ten minutes", tally.freezes);
  row("requests made again because nothing was placed", tally.asked_again);
  row("looks at the carrier's list that found a call", tally.found_in_list);
  row("intents given up because the carrier never had the call", tally.never_placed);
  row("opt-outs", tally.opt_outs);
  row("doubles", tally.doubles);
  row("given up although the carrier had the call", tally.wrongly_given_up);
  row("never resolved", tally.unresolved);
  row("rung although refused", tally.rung_after_opt_out);
}

}  // namespace

int main(int argc, char** argv) {
  long dials = 10'000;
  World::Options options;
  options.dials = dials_per_world;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--naive") {
      options.is_naive = true;
    } else if (word == "--dials" && has_value) {
      dials = std::atol(argv[++i]);
    } else if (word == "--first-seed" && has_value) {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: %s [--dials N] [--first-seed S] [--naive]\n", argv[0]);
      return 2;
    }
  }
  Tally total;
  long failed = 0;
  const long worlds = (dials + dials_per_world - 1) / dials_per_world;
  for (long i = 0; i < worlds; ++i, ++options.seed) {
    const Tally tally = World(options).run();
    total.add(tally);
    if (tally.is_clean()) continue;
    ++failed;
    std::printf("not ok world of seed %llu: %lld doubles, %lld unresolved\n",
                static_cast<unsigned long long>(options.seed),
                static_cast<long long>(tally.doubles), static_cast<long long>(tally.unresolved));
  }
  print(total);
  std::printf("%ld passed, %ld failed\n", worlds - failed, failed);
  return failed == 0 ? 0 : 1;
}
