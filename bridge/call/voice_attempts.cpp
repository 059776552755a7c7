#include "bridge/call/voice_attempts.hpp"

#include <algorithm>
#include <array>

#include "bridge/core/limits.hpp"

namespace tandem::call {

namespace {

using namespace std::chrono_literals;

/// Before the n-th attempt in a row. A caller is waiting: the first two are quick, the others give
/// a server air.
constexpr std::array<std::chrono::milliseconds, limits::voice_attempts_max> attempt_delays = {
    0ms, 0ms, 250ms, 1000ms};

}  // namespace

void VoiceAttempts::ready() noexcept {
  in_a_row_ = 0;
  is_ready_ = was_ready_ = true;
}

VoiceAttempts::Decision VoiceAttempts::use_up(EndReason reason) noexcept {
  in_a_row_ = losses_ = 0;
  if (provider_ + 1 >= providers_) return {Next::give_up, 0ms, false, reason};
  ++provider_;
  return {Next::next_provider, 0ms, false, reason};
}

VoiceAttempts::Decision VoiceAttempts::lost(const VoiceVerdict& verdict, double spread) noexcept {
  const bool session_was_ready = std::exchange(is_ready_, false);
  if (verdict.severity == VoiceSeverity::ended) {
    return {Next::give_up, 0ms, false, EndReason::voice_ended};
  }
  if (verdict.severity == VoiceSeverity::fatal) return use_up(EndReason::voice_refused);
  if (session_was_ready) ++losses_;
  auto delay = in_a_row_ < limits::voice_attempts_max
                   ? attempt_delays[static_cast<std::size_t>(in_a_row_)]
                   : 0ms;
  if (verdict.retry_after > 0ms) {
    const auto backed_off = verdict.retry_after * (1 << std::max(0, in_a_row_ - 1));
    const auto spread_out =
        std::chrono::duration<double, std::milli>(backed_off) * (1 + spread / 4);
    delay = std::max(delay, std::chrono::duration_cast<std::chrono::milliseconds>(spread_out));
  }
  // Whoever wants to be waited for, again, has lost the caller to a provider that stands by.
  const bool another_is_quicker = provider_ + 1 < providers_ && in_a_row_ > 0 && delay > 0ms;
  if (losses_ > limits::voice_losses_max || in_a_row_ >= limits::voice_attempts_max ||
      another_is_quicker) {
    return use_up(was_ready_ ? EndReason::voice_lost : EndReason::voice_unavailable);
  }
  return {Next::again, delay, was_ready_ && verdict.severity != VoiceSeverity::retry_fresh,
          EndReason::voice_lost};
}

VoiceAttempts::Decision VoiceAttempts::frozen() noexcept {
  is_ready_ = false;
  return use_up(EndReason::voice_frozen);
}

}  // namespace tandem::call
