// The voice agent of a simulated call, whoever's dialect it speaks: hears the caller's audio, takes
// turns, speaks faster than real time, stops when interrupted, hangs up, and breaks in the ways
// that the scenario asks for. One agent, one session per connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/bridge.hpp"
#include "tests/simulation/dialect.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

class Session;

class Agent {
 public:
  Agent(World& world, Bridge& bridge, std::string_view provider);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// True when this fault was one of the agent's.
  bool strike(const TimedFault& fault);

 private:
  friend class Session;

  void dial(VoiceLeg& leg);
  void answer(VoiceLeg& leg, const Dial& how);
  Utterance& new_utterance(int& index, bool is_goodbye);
  void hear_frame(const Session& session, std::span<const std::int16_t> samples);
  [[nodiscard]] bool is_frozen() const { return world_.now() < frozen_until_; }

  World& world_;
  Bridge& bridge_;
  Dialect dialect_;
  Random dice_;
  std::vector<std::unique_ptr<Session>> sessions_;
  Session* session_ = nullptr;  // the newest that still stands
  std::size_t dials_ = 0;
  int answers_given_ = 0;
  core::TimePoint frozen_until_{};
  core::TimePoint mute_until_{};
  bool caller_refuses_ = false;
  core::TimePoint endless_until_{};
  std::int64_t last_frame_number_ = 0;
};

}  // namespace tandem::simulation
