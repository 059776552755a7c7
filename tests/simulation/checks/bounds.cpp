#include "tests/simulation/checks/bounds.hpp"

#include <fmt/format.h>

#include "bridge/core/limits.hpp"

namespace tandem::simulation {

namespace {

using namespace std::chrono_literals;

constexpr int timers_per_second_max = 201;  // the wheel ticks every 5 ms
/// A flood of five seconds of caller audio in one instant, and everything else.
constexpr int outputs_per_second_max = 1500;
/// Invented silence ticks every 20 ms, also while the agent does not read.
constexpr int idle_timers_per_second_max = 110;
/// Audio is bounded by uplink_outbox_bytes_max; on top come control messages, the largest of which
/// is the conversation so far.
constexpr std::size_t control_bytes_max = 40 * 1024;
constexpr std::int64_t playout_ms_max =
    std::chrono::milliseconds(limits::playout_queue_max).count();

}  // namespace

void Bounds::input(const call::Input& input, const call::Moment& moment) {
  if (world_.now() >= second_ + 1s) {
    second_ = world_.now();
    timers_ = outputs_ = idle_timers_ = 0;
  }
  is_timer_ = std::holds_alternative<call::TimerFired>(input);
  if (is_timer_ && ++timers_ > timers_per_second_max) {
    world_.verdict.fail("no livelock", "too many timers in one second");
  }
  if (moment.voice_outbox_bytes > limits::uplink_outbox_bytes_max + control_bytes_max) {
    world_.verdict.fail("queue bytes <= limit",
                        fmt::format("voice outbox {}", moment.voice_outbox_bytes));
  }
  if (moment.carrier_outbox_bytes > limits::carrier_outbox_bytes_max) {
    world_.verdict.fail("queue bytes <= limit",
                        fmt::format("carrier outbox {}", moment.carrier_outbox_bytes));
  }
}

void Bounds::after_step() {
  outputs_ += outputs_in_step_;
  if (is_timer_ && outputs_in_step_ == 0) ++idle_timers_;
  outputs_in_step_ = 0;
  if (outputs_ > outputs_per_second_max) {
    world_.verdict.fail("no livelock", fmt::format("{} outputs in one second", outputs_));
  }
  if (idle_timers_ > idle_timers_per_second_max) {
    world_.verdict.fail("no livelock", "timers for nothing");
  }
  const auto account = call_.audio_account();
  const auto waiting = account.agent_ms_received - account.agent_ms_sent - account.agent_ms_cut;
  if (waiting < 0 || waiting > playout_ms_max + 1000) {
    world_.verdict.fail("agent audio received = sent + cut + waiting",
                        fmt::format("received {}, sent {}, cut {}", account.agent_ms_received,
                                    account.agent_ms_sent, account.agent_ms_cut));
  }
}

}  // namespace tandem::simulation
