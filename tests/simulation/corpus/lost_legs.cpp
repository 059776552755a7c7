#include "tests/simulation/corpus/lost_legs.hpp"

#include <array>

#include "bridge/core/limits.hpp"

namespace tandem::corpus {

namespace {

using namespace std::chrono_literals;

constexpr int cases_per_loss = 40;
constexpr auto talk_length = 45s;
constexpr auto sentence_every = 6s;
constexpr double to_ms = 1.0 / samples_per_ms;

std::deque<Dial> dials_after(Loss loss) {
  switch (loss) {
    case Loss::broken:
    case Loss::server_error:
      return {};
    case Loss::refused_once:
      return {{60ms, 503}};
    case Loss::slow:
      return {{3000ms, -1}};
    case Loss::no_answer:
      return {{60s, -1}};
  }
  return {};
}

/// Frames of the caller's voice that arrived in the gap, and those lost just before it.
void count_speech(const Talk& talk, const PhoneLine& line, const FakeEvi& agent,
                  core::TimePoint lost_at, core::TimePoint ready_at, LostLegResult& result) {
  const auto& heard = agent.frames_heard();
  for (const auto& frame : line.frames()) {
    const auto arrived = talk.arrival_of(frame.sample);
    if (frame.voice != Voice::caller || !arrived || *arrived >= ready_at) continue;
    const auto number = static_cast<std::size_t>(frame.number);
    const bool is_lost = number >= heard.size() || !heard[number];
    if (*arrived < lost_at) {
      result.speech_in_flight += is_lost ? 1 : 0;
      continue;
    }
    ++result.speech_while_away;
    result.speech_lost += is_lost ? 1 : 0;
    result.speech_beyond_bound += is_lost && ready_at - *arrived > limits::uplink_held_max ? 1 : 0;
  }
}

double heard_twice_ms(const std::vector<Stretch>& stretches, const AgentClip& clip) {
  std::vector<int> heard(clip.as_heard.size());
  for (const auto& stretch : stretches) {
    if (stretch.clip != &clip) continue;
    for (auto at = stretch.clip_begin; at < stretch.clip_end(); ++at) ++heard[at];
  }
  std::size_t twice = 0;
  for (const int times : heard) twice += times > 1 ? 1 : 0;
  return static_cast<double>(twice) * to_ms;
}

void plan_caller(Talk& talk, const Clips& clips, Random& dice) {
  const auto lines = clips.caller(LineKind::cut_in);
  for (int i = 0; i < 6; ++i) {
    const auto* clip = lines[dice.next() % lines.size()];
    const auto after = sentence_every * (i + 1) - 1s + dice.between(0ms, 600ms);
    const auto at = static_cast<std::size_t>(after / 1ms) * samples_per_ms;
    talk.line().add({with_active_level(clip->sound, -24), clip}, talk.line().clock() + at);
  }
}

}  // namespace

std::string_view to_string(Loss loss) noexcept {
  constexpr std::array<std::string_view, losses> names = {
      "broken (1006)", "server error (1011)", "1006, then refused once (503)",
      "1006, then 3 s to connect", "1006, then 8 s without an answer"};
  return names[static_cast<std::size_t>(loss)];
}

std::vector<LostLeg> lost_leg_corpus() {
  std::vector<LostLeg> corpus;
  Random dice(1006);
  for (std::size_t loss = 0; loss < losses; ++loss) {
    for (int i = 0; i < cases_per_loss; ++i) {
      corpus.push_back({static_cast<Loss>(loss), corpus.size() + 1, dice.between(500ms, 25'000ms)});
    }
  }
  return corpus;
}

LostLegResult run(const LostLeg& one, const Clips& clips, const ClipIndex& index,
                  std::span<const std::uint8_t> one_moment) {
  Random dice(one.seed * 104'729);
  TalkSetup setup;
  setup.seed = one.seed;
  setup.one_moment = one_moment;
  setup.agent.greets_again = one.seed % 2 == 0;
  Talk talk(setup);
  auto& agent = talk.agent();
  agent.greeting = {&clips.agent("greeting_1"), &clips.agent("greeting_2")};
  agent.answers = {{&clips.agent("offer_1"), &clips.agent("offer_2")},
                   {&clips.agent("closed_1"), &clips.agent("closed_2")},
                   {&clips.agent("confirm_1")},
                   {&clips.agent("hours_2")},
                   {&clips.agent("sorry")}};
  core::TimePoint lost_at{};
  std::size_t lost_sample = 0;
  talk.line().on_agent_begins = [&] {
    plan_caller(talk, clips, dice);
    talk.timeline().after(one.at, [&] {
      lost_at = talk.timeline().now();
      lost_sample = talk.line().clock();
      agent.dials = dials_after(one.loss);
      agent.break_off(one.loss == Loss::server_error ? 1011 : 1006);
    });
  };
  talk.begin();
  talk.run_for(talk_length);

  LostLegResult result;
  result.kind = one.loss;
  const auto* ready = talk.find("voice_ready", lost_at);
  const auto ready_at = ready == nullptr ? core::TimePoint::max() : ready->at;
  if (ready != nullptr)
    result.gap_ms = std::chrono::duration<double, std::milli>(ready_at - lost_at).count();
  count_speech(talk, talk.line(), agent, lost_at, ready_at, result);
  const auto stretches = talk.line().recording().stretches(index);
  result.greeted_again_ms = heard_twice_ms(stretches, clips.agent("greeting_1")) +
                            heard_twice_ms(stretches, clips.agent("greeting_2"));
  const auto* clip = talk.find("one_moment_played", lost_at);
  result.one_moment = clip != nullptr && clip->at < ready_at;
  const std::size_t ready_sample = ready == nullptr ? lost_sample : ready->sample;
  for (const auto& stretch : stretches) {
    result.goes_on = result.goes_on || stretch.heard_begin > ready_sample;
  }
  return result;
}

}  // namespace tandem::corpus
