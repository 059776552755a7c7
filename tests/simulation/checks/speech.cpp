#include "tests/simulation/checks/speech.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bridge/core/limits.hpp"
#include "tests/simulation/twilio_texts.hpp"

namespace tandem::simulation {

namespace {
/// Long enough to be of one utterance, short enough to find two in a message.
constexpr std::size_t block_bytes = 40;
/// What sounded so lately may be taken back: the call reckons with the way to the ear.
constexpr auto still_in_the_ear = std::chrono::seconds(1);
/// How long after a second greeting began unasked words may still be dropped as part of it.
constexpr auto unasked_max = 2 * limits::second_greeting_window;
}  // namespace

ClearedSpeech::Fate& ClearedSpeech::fate_of(int utterance) {
  const auto index = static_cast<std::size_t>(utterance);
  if (fates_.size() <= index) fates_.resize(index + 1, Fate::alive);
  return fates_[index];
}

bool ClearedSpeech::is_dead(int utterance) const {
  const auto index = static_cast<std::size_t>(utterance);
  return index < fates_.size() && fates_[index] == Fate::dead;
}

/// Whether words that are cut off now are these too. Words announced by their text are: their audio
/// is refused when it comes. Not so where the caller's words come late, out of the very message
/// that begins the answer to them (Gemini): that answer is not what they cut off.
bool ClearedSpeech::is_known(int index) const {
  const auto& utterance = world_.ledger.utterances[static_cast<std::size_t>(index)];
  if (!world_.habits.counts_turns) {
    return utterance.delivered_samples > 0 || utterance.text_was_delivered;
  }
  const bool begins_now = index == utterance_in_step_ && utterance.first_delivered == world_.now();
  return utterance.delivered_samples > 0 && !begins_now;
}

void ClearedSpeech::all_known(Fate fate) {
  const auto& all = world_.ledger.utterances;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!is_known(static_cast<int>(i)) || (fate == Fate::held && all[i].delivered_samples == 0))
      continue;
    auto& known = fate_of(static_cast<int>(i));
    if (known != Fate::dead) known = fate;
  }
}

void ClearedSpeech::release() {
  for (auto& fate : fates_) {
    if (fate == Fate::held) fate = Fate::alive;
  }
  sent_while_held_ = -1;
}

void ClearedSpeech::hold() {
  if (!is_congested_) all_known(Fate::held);
  for (auto& utterance : world_.ledger.utterances) {
    const bool sounds = world_.now() <= std::max(utterance.last_played, utterance.last_delivered) +
                                            still_in_the_ear;
    const bool is_unheard = utterance.played_samples < utterance.delivered_samples;
    if (utterance.delivered_samples > 0 && (sounds || is_unheard)) ++utterance.holds;
  }
}

void ClearedSpeech::input(const call::Input& input, const Meaning& meaning, const Life& life) {
  is_congested_ = false;
  utterance_in_step_ = meaning.utterance;
  if (meaning.kind == Meaning::Kind::carrier_start) release();
  const auto* pause = std::get_if<call::OperatorPause>(&input);
  if (pause != nullptr) is_paused_ = pause->paused;
  if (std::holds_alternative<call::OperatorHangUp>(input) || (pause != nullptr && pause->paused)) {
    return all_known(Fate::dead);
  }
  if (!life.voice_is_ready()) return;
  if (meaning.kind == Meaning::Kind::interruption) return all_known(Fate::dead);
  if (meaning.utterance < 0) return;
  auto& utterance = world_.ledger.utterances[static_cast<std::size_t>(meaning.utterance)];
  if (meaning.kind == Meaning::Kind::damaged) utterance.is_damaged = true;
  if (meaning.kind == Meaning::Kind::agent_text) utterance.text_was_delivered = true;
  if (meaning.kind != Meaning::Kind::agent_audio) return;
  if (utterance.delivered_samples == 0) utterance.first_delivered = world_.now();
  utterance.delivered_samples += meaning.amount;
  utterance.last_delivered = world_.now();
  if (greeting_suppressed_ && world_.now() <= *greeting_suppressed_ + unasked_max) {
    utterance.is_unasked = true;
  }
  // An agent that cannot be paused speaks on, for nobody: its provider drops all of the turn.
  if (is_paused_ && !world_.habits.can_be_paused) utterance.is_unasked = true;
  world_.ledger.owner[static_cast<std::size_t>(utterance.colour)] = meaning.utterance;
}

void ClearedSpeech::output(const call::Output& output) {
  if (const auto* count = std::get_if<call::Count>(&output)) {
    if (count->what != call::Counted::barge_in) return;
    if (count->label == "confirmed") all_known(Fate::dead);
    if (count->label == "rejected") release();
    return;
  }
  if (const auto* write = std::get_if<call::WriteDown>(&output)) {
    const auto* event = std::get_if<core::CallEvent>(&write->record.body);
    if (event == nullptr) return;
    if (event->type == "carrier_congested") is_congested_ = true;
    const bool is_machine = event->type == "answered_by" && event->json.ends_with(R"("hang_up"})");
    if (is_machine) all_known(Fate::dead);
    if (event->type == "second_greeting_suppressed") {
      greeting_suppressed_ = world_.now();
      if (utterance_in_step_ >= 0) {
        world_.ledger.utterances[static_cast<std::size_t>(utterance_in_step_)].is_unasked = true;
      }
    }
    return;
  }
  const auto* send = std::get_if<call::Send>(&output);
  if (send == nullptr || send->leg != call::Leg::carrier) return;
  if (send->text.starts_with(R"({"event":"clear")")) return hold();
  if (send->text.starts_with(R"({"event":"media")")) media(*send);
}

void ClearedSpeech::media(const call::Send& send) {
  const auto command = read_command(send.text);
  if (!command) return;  // the carrier's checks will say so
  const auto all = std::span<const std::uint8_t>(command->ulaw);
  if (all.size() % 160 != 0) {
    world_.verdict.fail("the carrier gets whole frames", fmt::format("{} bytes", all.size()));
  }
  for (std::size_t at = 0; at < all.size(); at += block_bytes) {
    const auto tint = main_tint(all.subspan(at, std::min(block_bytes, all.size() - at)));
    if (tint.colour < 0) continue;
    const auto utterance = world_.ledger.owner[static_cast<std::size_t>(tint.colour)];
    if (fate_of(utterance) == Fate::dead) {
      return world_.verdict.fail("no media of a cleared utterance after clear",
                                 fmt::format("utterance {}", utterance));
    }
    if (fate_of(utterance) == Fate::held) sent_while_held_ = utterance;
  }
}

void ClearedSpeech::after_step() {
  if (call_.state() == call::State::closing) release();
  if (sent_while_held_ < 0) return;
  world_.verdict.fail("held speech comes back only when the hold is rejected",
                      fmt::format("utterance {}", sent_while_held_));
}

}  // namespace tandem::simulation
