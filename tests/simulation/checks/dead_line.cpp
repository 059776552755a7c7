#include "tests/simulation/checks/dead_line.hpp"

#include <fmt/format.h>

#include "bridge/core/limits.hpp"

namespace tandem::simulation {

namespace {
/// The call knows of the caller's last word only when it is sure that it was the last, and its
/// ladder waits between two steps.
constexpr auto patience = limits::freeze_give_up_after - limits::freeze_resume_after +
                          limits::voice_attempt_timeout + std::chrono::seconds(3);
}  // namespace

void DeadLine::input(const call::Input& input) {
  if (const auto* pause = std::get_if<call::OperatorPause>(&input)) is_paused_ |= pause->paused;
}

void DeadLine::output(const call::Output& output) {
  const auto* count = std::get_if<call::Count>(&output);
  const bool is_step = count != nullptr && count->what == call::Counted::voice_freeze;
  if (is_step || std::holds_alternative<call::OpenVoice>(output)) acted_ = world_.now();
}

void DeadLine::watch(std::optional<milliseconds> waits) {
  if (!waits || *waits < patience || is_paused_ || call_.state() != call::State::talking) return;
  if (world_.now() - acted_ < patience) return;
  if (world_.ledger.is_disturbed(world_.now() - *waits, world_.now())) return;
  world_.verdict.fail("a waiting caller is not left with a dead line",
                      fmt::format("waiting for {} ms", waits->count()));
}

}  // namespace tandem::simulation
