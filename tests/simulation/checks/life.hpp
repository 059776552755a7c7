// Rules of a call's life: states follow the table, nothing is sent to a leg that is not there, no
// leg is left behind, the call ends in time, once, and for a reason that really was one.
#pragma once

#include <optional>

#include "bridge/call/call.hpp"
#include "tests/simulation/world.hpp"

namespace tandem::simulation {

class Life {
 public:
  Life(World& world, const call::Call& call) : world_(world), call_(call) {}

  void begin();
  void input(const call::Input& input, const Meaning& meaning);
  void output(const call::Output& output);
  void after_step();
  void watch();
  void at_end(bool voice_leg_is_open, bool carrier_leg_is_open);

  [[nodiscard]] bool stream_has_started() const noexcept { return stream_has_started_; }
  [[nodiscard]] bool voice_is_ready() const noexcept { return voice_ == VoiceLegState::ready; }

 private:
  enum class VoiceLegState : std::uint8_t { none, dialling, open, ready };

  void sent(const call::Send& send);
  void check_state();
  void check_reason();
  void fail(std::string_view rule, std::string what) { world_.verdict.fail(rule, std::move(what)); }

  World& world_;
  const call::Call& call_;
  call::State state_ = call::State::announced;
  bool carrier_is_open_ = false;
  bool stream_has_started_ = false;
  VoiceLegState voice_ = VoiceLegState::none;
  std::optional<core::TimePoint> stream_began_;
  core::TimePoint must_end_by_{};
  bool was_ended_ = false;
};

}  // namespace tandem::simulation
