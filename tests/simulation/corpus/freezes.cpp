#include "tests/simulation/corpus/freezes.hpp"

#include <array>

namespace tandem::corpus {

namespace {

using namespace std::chrono_literals;

constexpr int cases_per_kind = 25;
constexpr auto talk_length = 40s;
constexpr auto half_a_sentence = 500ms;  // of generation

Freeze freeze_of(FreezeKind kind) noexcept {
  constexpr std::array<Freeze, freeze_kinds> freezes = {
      Freeze::until_nudged, Freeze::until_replaced, Freeze::for_good, Freeze::until_nudged};
  return freezes[static_cast<std::size_t>(kind)];
}

/// The caller asks; the agent has frozen by then, or does in the middle of its answer.
void plan_question(const FrozenAgent& one, const Clips& clips, Talk& talk,
                   std::size_t& last_sound) {
  const auto lines = clips.caller(LineKind::cut_in);
  const auto* clip = lines[one.seed % lines.size()];
  const auto at =
      talk.line().clock() + static_cast<std::size_t>(one.sentence_at.count()) * samples_per_ms;
  auto sound = with_active_level(clip->sound, -24);
  last_sound = at + loud_part(sound).last;
  talk.line().add({std::move(sound), clip}, at);
  const auto freeze = [&] { talk.agent().freeze(freeze_of(one.kind)); };
  if (one.kind != FreezeKind::stops_mid_sentence)
    return talk.timeline().after(one.sentence_at, freeze);
  talk.agent().on_turn = [&talk, freeze] { talk.timeline().after(half_a_sentence, freeze); };
}

/// Of what was said before the agent froze in the middle of it.
std::size_t end_of_half_sentence(const Recording& recording, std::size_t from) {
  return recording.next_silence(recording.next_sound(from));
}

FreezeResult measure(const FrozenAgent& one, Talk& talk, const ClipIndex& index,
                     std::size_t last_sound) {
  FreezeResult result;
  result.kind = one.kind;
  const auto stretches = talk.line().recording().stretches(index);
  if (one.kind == FreezeKind::stops_mid_sentence)
    last_sound = end_of_half_sentence(talk.line().recording(), last_sound);
  const auto from = talk.time_of(last_sound);
  const auto after = [&](std::string_view what) -> std::optional<double> {
    const auto* deed = talk.find(what, from);
    if (deed == nullptr) return std::nullopt;
    return std::chrono::duration<double, std::milli>(deed->at - from).count();
  };
  result.one_moment_ms = after("one_moment_played");
  result.nudge_ms = after("nudge");
  result.resume_ms = after("resume");
  result.give_up_ms = after("give_up");
  for (const auto& stretch : stretches) {
    if (stretch.heard_begin <= last_sound || result.heard_again_ms) continue;
    result.heard_again_ms = static_cast<double>(stretch.heard_begin - last_sound) / samples_per_ms;
  }
  for (const auto& deed : talk.deeds()) {
    if (deed.what.starts_with("ended ")) result.end_reason = deed.what.substr(6);
  }
  return result;
}

}  // namespace

std::string_view to_string(FreezeKind kind) noexcept {
  constexpr std::array<std::string_view, freeze_kinds> names = {
      "no answer; wakes when asked", "no answer; only a new session helps",
      "no answer; nothing helps", "stops in mid-sentence; wakes when asked"};
  return names[static_cast<std::size_t>(kind)];
}

std::vector<FrozenAgent> freeze_corpus() {
  std::vector<FrozenAgent> corpus;
  Random dice(4711);
  for (std::size_t kind = 0; kind < freeze_kinds; ++kind) {
    for (int i = 0; i < cases_per_kind; ++i) {
      corpus.push_back(
          {static_cast<FreezeKind>(kind), corpus.size() + 1, dice.between(4500ms, 7500ms)});
    }
  }
  return corpus;
}

FreezeResult run(const FrozenAgent& one, const Clips& clips, const ClipIndex& index,
                 std::span<const std::uint8_t> one_moment) {
  TalkSetup setup;
  setup.seed = one.seed;
  setup.one_moment = one_moment;
  Talk talk(setup);
  talk.agent().greeting = {&clips.agent("greeting_1"), &clips.agent("greeting_2")};
  talk.agent().answers = {{&clips.agent("offer_1"), &clips.agent("offer_2")}};
  std::size_t last_sound = 0;
  talk.line().on_agent_begins = [&] { plan_question(one, clips, talk, last_sound); };
  talk.begin();
  talk.run_for(talk_length);
  return measure(one, talk, index, last_sound);
}

}  // namespace tandem::corpus
