#include "tests/simulation/hearing.hpp"

#include <algorithm>

namespace tandem::simulation {

namespace {
/// Shorter than any level lasts, longer than any filter rings at one value.
constexpr std::int64_t run_needed = 24;
}  // namespace

void Hearing::expect_anything() noexcept {
  for (auto& utterance : ledger_.utterances) utterance.may_jump = true;
}

void Hearing::attribute(std::int64_t samples, core::TimePoint now) {
  if (current_.colour < 0) return;
  auto& utterance = ledger_.utterances[static_cast<std::size_t>(
      ledger_.owner[static_cast<std::size_t>(current_.colour)])];
  utterance.played_samples += samples;
  utterance.last_played = now;
}

void Hearing::change_to(Tint tint) {
  current_ = tint;
  if (tint.colour < 0) return;
  auto& utterance = ledger_.utterances[static_cast<std::size_t>(this->utterance())];
  // A pause inside is no jump: the line or the agent was late.
  const bool goes_on =
      utterance.last_phase < 0
          ? tint.phase == 0
          : tint.phase == utterance.last_phase || tint.phase == (utterance.last_phase + 1) % phases;
  if (!goes_on && !utterance.may_jump) ++utterance.jumps;
  utterance.last_phase = tint.phase;
  utterance.may_jump = false;
}

void Hearing::hear(std::span<const std::uint8_t> ulaw, core::TimePoint now) {
  const bool is_even = std::equal(ulaw.begin() + (ulaw.empty() ? 0 : 1), ulaw.end(), ulaw.begin());
  if (!ulaw.empty() && is_even && tint_of(ulaw[0]) == current_) {
    attribute(between_ + run_ + static_cast<std::int64_t>(ulaw.size()), now);
    between_ = run_ = 0;
    return;
  }
  for (const auto byte : ulaw) {
    const Tint tint = tint_of(byte);
    if (tint == current_) {
      attribute(between_ + run_ + 1, now);
      between_ = run_ = 0;
      continue;
    }
    if (tint != candidate_ || tint.colour == Tint::unknown) {
      between_ += run_;
      run_ = 0;
      candidate_ = tint;
    }
    if (++run_ < run_needed || tint.colour == Tint::unknown) continue;
    attribute(between_, now);
    change_to(tint);
    attribute(run_, now);
    between_ = run_ = 0;
  }
}

}  // namespace tandem::simulation
