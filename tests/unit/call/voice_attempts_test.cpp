#include "bridge/call/voice_attempts.hpp"

#include "bridge/core/limits.hpp"
#include "tests/unit/catch.hpp"

namespace tandem::call {

namespace {

using namespace std::chrono_literals;
using Next = VoiceAttempts::Next;

VoiceVerdict verdict(VoiceSeverity severity, std::chrono::milliseconds retry_after = 0ms) {
  return {severity, "test", retry_after};
}

}  // namespace

TEST_CASE("a lost session is dialled again at 0, 250 and 1000 ms, then the provider is used up") {
  VoiceAttempts attempts(1);
  attempts.dialled();
  attempts.ready();
  std::vector<std::chrono::milliseconds> delays;
  auto decision = attempts.lost(verdict(VoiceSeverity::retry), 0);
  while (decision.next == Next::again) {
    CHECK(decision.resume);
    delays.push_back(decision.delay);
    attempts.dialled();
    decision = attempts.lost(verdict(VoiceSeverity::retry), 0);
  }
  CHECK(delays == std::vector<std::chrono::milliseconds>{0ms, 0ms, 250ms, 1000ms});
  CHECK(decision.next == Next::give_up);
  CHECK(decision.reason == EndReason::voice_lost);
}

TEST_CASE("E01: a refusal for good is not repeated, and the next provider is tried") {
  VoiceAttempts alone(1);
  alone.dialled();
  CHECK(alone.lost(verdict(VoiceSeverity::fatal), 0).reason == EndReason::voice_refused);
  VoiceAttempts with_fallback(2);
  with_fallback.dialled();
  CHECK(with_fallback.lost(verdict(VoiceSeverity::fatal), 0).next == Next::next_provider);
  CHECK(with_fallback.provider() == 1);
}

TEST_CASE("E02: a rate limit is waited for, longer each time, and not by all calls alike") {
  VoiceAttempts attempts(1);
  const auto busy = verdict(VoiceSeverity::retry, 500ms);
  attempts.dialled();
  CHECK(attempts.lost(busy, 0).delay == 500ms);
  attempts.dialled();
  CHECK(attempts.lost(busy, 0).delay == 1000ms);
  attempts.dialled();
  CHECK(attempts.lost(busy, 1).delay == 2500ms);
}

TEST_CASE("with another provider standing by, a lost one gets two attempts and no patience") {
  VoiceAttempts attempts(2);
  attempts.dialled();
  attempts.ready();
  CHECK(attempts.lost(verdict(VoiceSeverity::retry), 0).next == Next::again);
  attempts.dialled();
  CHECK(attempts.lost(verdict(VoiceSeverity::retry), 0).next == Next::again);
  attempts.dialled();
  CHECK(attempts.lost(verdict(VoiceSeverity::retry), 0).next == Next::next_provider);

  VoiceAttempts busy(2);
  busy.dialled();
  CHECK(busy.lost(verdict(VoiceSeverity::retry, 500ms), 0).next == Next::next_provider);
  busy.dialled();
  CHECK(busy.lost(verdict(VoiceSeverity::retry, 500ms), 0).delay == 500ms);  // nobody else is left
}

TEST_CASE("a session that flaps uses its provider up") {
  VoiceAttempts attempts(1);
  int sessions = 0;
  do {
    attempts.dialled();
    attempts.ready();
    ++sessions;
  } while (attempts.lost(verdict(VoiceSeverity::retry), 0).next == Next::again);
  CHECK(sessions == limits::voice_losses_max + 1);
}

TEST_CASE("a regular end is an end, whoever stands by") {
  VoiceAttempts attempts(2);
  attempts.dialled();
  attempts.ready();
  const auto decision = attempts.lost(verdict(VoiceSeverity::ended), 0);
  CHECK(decision.next == Next::give_up);
  CHECK(decision.reason == EndReason::voice_ended);
}

TEST_CASE("a session that must not be resumed is not") {
  VoiceAttempts attempts(1);
  attempts.dialled();
  attempts.ready();
  CHECK_FALSE(attempts.lost(verdict(VoiceSeverity::retry_fresh), 0).resume);
}

TEST_CASE("a frozen provider is followed by the next one, the last one by the end") {
  VoiceAttempts attempts(2);
  attempts.dialled();
  attempts.ready();
  CHECK(attempts.frozen().next == Next::next_provider);
  CHECK(attempts.frozen().next == Next::give_up);
}

}  // namespace tandem::call
