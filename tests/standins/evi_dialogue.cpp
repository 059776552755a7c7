#include "evi_dialogue.hpp"

#include <algorithm>
#include <optional>

namespace tandem::standins {

namespace {

std::size_t turn_hearing(const Scenario& scenario, const std::string& clip) {
  const auto found = std::find_if(scenario.turns.begin(), scenario.turns.end(),
                                  [&](const AgentTurn& turn) { return turn.hears == clip; });
  return static_cast<std::size_t>(found - scenario.turns.begin());
}

}  // namespace

Dialogue::Dialogue(const SpeechData& speech, const Recogniser& recogniser,
                   const std::string& scenario)
    : speech_(speech), recogniser_(recogniser), scenario_(&speech.scenario(scenario)) {}

Utterance Dialogue::hear(const std::vector<double>& levels) {
  has_begun_ = true;
  const std::string clip = recogniser_.recognise(levels);
  if (clip.empty()) return {expected_text(), {}};
  std::size_t turn = turn_hearing(*scenario_, clip);
  if (turn == scenario_->turns.size()) {
    if (const Scenario* other = speech_.scenario_hearing(clip)) {
      scenario_ = other;
      turn = turn_hearing(*scenario_, clip);
    }
  }
  next_turn_ = turn;
  return {speech_.caller_text(clip), clip};
}

std::string Dialogue::expected_text() const {
  if (next_turn_ >= scenario_->turns.size()) return "Hello?";
  return speech_.caller_text(scenario_->turns[next_turn_].hears);
}

Answer Dialogue::answer() {
  has_begun_ = true;
  if (next_turn_ >= scenario_->turns.size()) return {{"sorry"}, false, 0};
  const AgentTurn& turn = scenario_->turns[next_turn_++];
  return {turn.says, turn.hang_up, turn.speed};
}

bool Dialogue::told(const std::string& talk) {
  constexpr std::size_t recognisable = 8;  // the rest may have been cut off
  if (has_begun_) return false;
  std::optional<std::size_t> latest;
  for (std::size_t i = 0; i < scenario_->turns.size(); ++i) {
    const std::string& line = speech_.caller_text(scenario_->turns[i].hears);
    const std::size_t at = talk.rfind(line.substr(0, recognisable));
    if (at == std::string::npos || (latest && at < *latest)) continue;
    latest = at;
    next_turn_ = i;
  }
  if (!latest) return false;
  const std::string& last_words = speech_.agent_text(scenario_->turns[next_turn_].says.back());
  if (talk.find(last_words, *latest) != std::string::npos) ++next_turn_;
  return true;
}

}  // namespace tandem::standins
