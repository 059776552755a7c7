#include "tests/simulation/checks/ending.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace tandem::simulation {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t samples_per_ms = 8;
/// The ear hears in frames of 20 ms and gives the edges of a sound to its neighbours.
constexpr std::int64_t ear_error_ms = 120;
constexpr std::int64_t clock_error_ms = 160;
/// What the call may think of the line while hardly a mark comes back when it should.
constexpr std::int64_t believed_delay_ms = 250;
/// After so long a held utterance must have come back or been dropped by a verdict.
constexpr auto hold_max = 6s;

std::int64_t milliseconds_of(core::Duration duration) {
  return std::chrono::duration_cast<milliseconds>(duration).count();
}

}  // namespace

void Ending::after_step() {
  if (call_.end_reason() && !closing_since_) closing_since_ = world_.now();
}

bool Ending::is_clean(const Utterance& utterance, const RecordOrder& records) const {
  auto settled = std::max(utterance.last_delivered, utterance.last_played);
  const auto found = records.heard().find(utterance.text);
  if (found != records.heard().end()) settled = std::max(settled, found->second.written);
  return !utterance.is_damaged && !utterance.is_unasked && utterance.delivered_samples > 0 &&
         !world_.ledger.has(Cause::injected) &&
         !world_.ledger.is_disturbed(utterance.first_delivered - 1s, settled + 2s);
}

void Ending::at_end(const RecordOrder& records, const ClearedSpeech& speech) {
  if (!world_.ledger.had_line) return;  // nobody could have heard a word
  const auto& all = world_.ledger.utterances;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!is_clean(all[i], records)) continue;
    check_heard(records, i);
    check_whole(speech, i);
    check_goodbye(speech, i);
  }
}

/// What was taken back may be heard a second time, as far as the line was behind our clock.
std::int64_t Ending::repeated_ms(const Utterance& utterance) const {
  const auto& shape = world_.scenario.carrier_shape;
  const auto& rates = world_.scenario.rates;
  const auto round_trip = 2 * milliseconds_of(shape.delay + shape.jitter);
  const bool marks_mislead = rates.mark_late + rates.mark_lost > 0;
  return utterance.holds * (round_trip + ear_error_ms + (marks_mislead ? believed_delay_ms : 0));
}

void Ending::check_heard(const RecordOrder& records, std::size_t index) {
  const auto& utterance = world_.ledger.utterances[index];
  const auto found = records.heard().find(utterance.text);
  if (found == records.heard().end()) return;
  const auto& shape = world_.scenario.carrier_shape;
  const auto round_trip = 2 * milliseconds_of(shape.delay + shape.jitter);
  const auto played_ms = utterance.played_samples / samples_per_ms;
  const auto& heard = found->second.heard;
  const auto too_much = played_ms - heard.heard_ms;
  if (too_much > round_trip + clock_error_ms + repeated_ms(utterance) ||
      -too_much > round_trip + clock_error_ms) {
    world_.verdict.fail("heard_ms is what the caller heard",
                        fmt::format("utterance {}: {} of {} ms, really {} ms", index,
                                    heard.heard_ms, heard.audio_ms, played_ms));
  }
}

void Ending::check_whole(const ClearedSpeech& speech, std::size_t index) {
  const auto& all = world_.ledger.utterances;
  const auto& utterance = all[index];
  if (utterance.jumps > 0) {
    world_.verdict.fail("an utterance is heard in its order",
                        fmt::format("utterance {}: {} jumps", index, utterance.jumps));
  }
  const auto missing = (utterance.delivered_samples - utterance.played_samples) / samples_per_ms;
  if (missing < -ear_error_ms - repeated_ms(utterance)) {
    world_.verdict.fail("no speech is heard twice",
                        fmt::format("utterance {}: {} ms too much", index, -missing));
  }
  if (missing <= ear_error_ms || speech.is_dead(static_cast<int>(index))) return;
  const bool was_overtaken =
      std::any_of(all.begin() + static_cast<std::ptrdiff_t>(index) + 1, all.end(),
                  [](const Utterance& later) { return later.played_samples > 0; });
  auto last_sign = utterance.last_delivered;  // of its turn to be heard: others may come first
  for (const auto& other : all) last_sign = std::max(last_sign, other.last_played);
  const bool had_time = closing_since_ && *closing_since_ > last_sign + hold_max;
  if (was_overtaken || had_time) {
    world_.verdict.fail("held speech is never lost silently",
                        fmt::format("utterance {}: {} ms never heard", index, missing));
  }
}

void Ending::check_goodbye(const ClearedSpeech& speech, std::size_t index) {
  if (call_.end_reason() != call::EndReason::agent_hung_up) return;
  const auto& utterance = world_.ledger.utterances[index];
  if (!world_.ledger.ended_by_bridge || !utterance.is_goodbye) return;
  const auto missing = (utterance.delivered_samples - utterance.played_samples) / samples_per_ms;
  if (missing > ear_error_ms && !speech.is_dead(static_cast<int>(index))) {
    world_.verdict.fail("the goodbye is played to its end", fmt::format("{} ms cut", missing));
  }
}

}  // namespace tandem::simulation
