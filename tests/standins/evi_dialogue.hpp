// What the agent answers: the scenario as a conversation. Pure.
#pragma once

#include <string>
#include <vector>

#include "evi_ear.hpp"
#include "speech_data.hpp"

namespace tandem::standins {

struct Utterance {
  std::string text;  // what the transcriber wrote
  std::string clip;  // recognised caller clip, empty when by order
};

struct Answer {
  std::vector<std::string> clips;
  bool hang_up = false;
  double speed = 0;
};

class Dialogue {
 public:
  Dialogue(const SpeechData& speech, const Recogniser& recogniser, const std::string& scenario);

  std::vector<std::string> greeting() const { return scenario_->greeting; }
  Utterance hear(const std::vector<double>& levels);
  // The next scripted line, for typed input and interims.
  std::string expected_text() const;
  // What is said to the utterance heard last.
  Answer answer();

  const std::string& scenario() const { return scenario_->name; }
  std::size_t next_turn() const { return next_turn_; }
  void carry_on(std::size_t next_turn) { next_turn_ = next_turn; }
  // The talk so far, in any form that quotes it: goes on after the caller's last line in it, with
  // the answer to that line when it is owed still. False: nothing of the scenario is in it, or the
  // caller has spoken here meanwhile.
  bool told(const std::string& talk);

 private:
  const SpeechData& speech_;
  const Recogniser& recogniser_;
  const Scenario* scenario_;
  std::size_t next_turn_ = 0;
  bool has_begun_ = false;  // somebody spoke here
};

}  // namespace tandem::standins
