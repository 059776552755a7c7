// What can be judged only when all is over: what the caller really heard against what the call
// says, speech that was lost without a verdict, the goodbye.
#pragma once

#include <optional>

#include "bridge/call/call.hpp"
#include "tests/simulation/checks/records.hpp"
#include "tests/simulation/checks/speech.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

class Ending {
 public:
  Ending(World& world, const call::Call& call) : world_(world), call_(call) {}

  void after_step();
  void at_end(const RecordOrder& records, const ClearedSpeech& speech);

 private:
  void check_heard(const RecordOrder& records, std::size_t index);
  void check_whole(const ClearedSpeech& speech, std::size_t index);
  void check_goodbye(const ClearedSpeech& speech, std::size_t index);
  [[nodiscard]] std::int64_t repeated_ms(const Utterance& utterance) const;
  [[nodiscard]] bool is_clean(const Utterance& utterance, const RecordOrder& records) const;

  World& world_;
  const call::Call& call_;
  std::optional<core::TimePoint> closing_since_;
};

}  // namespace tandem::simulation
