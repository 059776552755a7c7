// tandem-bench-stamps: what it costs to time frames, by the very code that a call's runner runs.
//
// One second of each of 100 calls in turn, so that their histograms are as cold as in the bridge:
// 50 frames of the caller (clock, the call's histogram, the shard's, the gap to the frame before)
// and 10 messages of the agent (clock, both histograms, pacing). Prints one JSON line; frames count
// as in tests/bench/run, 100 a second for each call.
#include <fmt/format.h>

#include <random>
#include <vector>

#include "bridge/call/latency.hpp"
#include "bridge/ops/latency_board.hpp"

namespace tandem {

namespace {

using Clock = std::chrono::steady_clock;
using core::Timing;

constexpr std::size_t calls = 100;
constexpr int caller_frames = 50;
constexpr int agent_messages = 10;
constexpr int frames = 100;  // a second, both directions

struct Call {
  call::Histogram uplink;
  call::Histogram downlink;
  core::TimePoint frame_at{};
};

class Bench {
 public:
  Bench() : board_({"shard-0"}, {"hume"}), lane_(board_.lane(0)), calls_(calls), times_(4096) {
    std::mt19937 random(5);
    std::lognormal_distribution<double> times(4.5, 1.0);
    for (auto& time : times_)
      time = std::chrono::duration_cast<core::Duration>(
          std::chrono::duration<double, std::micro>(times(random)));
  }

  void second_of(Call& call) {
    for (int i = 0; i < caller_frames; ++i) {
      const auto written = Clock::now();
      const auto due = written - time();
      call.uplink.add(written - due);
      lane_.add(Timing::uplink_transit, written - due);
      lane_.add(Timing::inbound_gap, due - call.frame_at);
      call.frame_at = due;
    }
    for (int i = 0; i < agent_messages; ++i) {
      const auto written = Clock::now();
      const auto due = written - time();
      lane_.add(Timing::pacing_lateness, written - due);
      call.downlink.add(written - due);
      lane_.add(Timing::downlink_transit, written - due);
    }
  }

  /// Nanoseconds for each frame, over so many seconds of every call.
  double run(int seconds) {
    const auto begun = Clock::now();
    for (int second = 0; second < seconds; ++second)
      for (auto& call : calls_) second_of(call);
    const auto took = std::chrono::duration<double, std::nano>(Clock::now() - begun).count();
    return took / seconds / static_cast<double>(calls) / frames;
  }

 private:
  [[nodiscard]] core::Duration time() noexcept { return times_[next_++ % times_.size()]; }

  ops::LatencyBoard board_;
  ops::LatencyLane& lane_;
  std::vector<Call> calls_;
  std::vector<core::Duration> times_;
  std::size_t next_ = 0;
};

}  // namespace

}  // namespace tandem

int main() {
  tandem::Bench bench;
  bench.run(10);
  double best = bench.run(20);
  for (int round = 0; round < 9; ++round) best = std::min(best, bench.run(20));
  constexpr double stamps = tandem::caller_frames * 3 + tandem::agent_messages * 3;
  fmt::print("{{\"ns_per_frame\":{:.2f},\"ns_per_stamp\":{:.2f}}}\n", best,
             best * tandem::frames / stamps);
  return 0;
}
