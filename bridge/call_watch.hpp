// What must still be learnt or done at the carrier about each call, so that every call ends: calls
// of ours that are over and whose end the carrier has not confirmed, and calls older than any may
// be. Pure: time is an argument, bridge/call_reaper does the asking.
//
// Faults T31 (a hang-up that did not work) and "the status callback never came".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem {

class CallWatch {
 public:
  static constexpr int hang_ups_max = 8;  ///< of one call, then a person must look
  static constexpr int answers_missing_max = 30;
  /// A caller who was put through to a person: only asked about, never hung up.
  static constexpr std::chrono::minutes handed_over_pause{5};

  enum class Wish : std::uint8_t {
    fetch,    ///< ask the carrier for the state of the call, then found()
    hang_up,  ///< it is older than a call may be, whatever its shard says
  };
  struct Action {
    Wish wish = Wish::fetch;
    core::CallId id;
    core::CarrierCallId carrier_call_id;
  };
  enum class Found : std::uint8_t {
    over,         ///< terminal, or the carrier does not know the call any more
    in_progress,  ///< not over
    no_answer,    ///< the carrier's API did not say
  };
  enum class Follow : std::uint8_t { nothing, hang_up_again, give_up };

  /// `must_end_at`: hung up then at the latest.
  void began(const core::CallId& id, const core::CarrierCallId& carrier_call_id,
             core::TimePoint must_end_at);
  /// Our side is over; the carrier has until `confirm_by` to tell so by itself.
  void ended(const core::CallId& id, core::TimePoint confirm_by);
  /// The carrier connects the caller to a person.
  void handed_over(const core::CallId& id, core::TimePoint now);
  /// That person is gone (or never came): from here on as any call that ended.
  void handed_back(const core::CallId& id, core::TimePoint confirm_by);
  /// The carrier said that it is over, or another call took its place.
  void forget(const core::CallId& id);

  /// At most `most` at a time, those that waited longest first; a fetch comes again unless found()
  /// tells.
  std::vector<Action> due(core::TimePoint now, std::size_t most);
  Follow found(const core::CallId& id, Found what, core::TimePoint now);

  [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }

 private:
  enum class State : std::uint8_t { talking, ended, handed_over };
  struct Watched {
    core::CarrierCallId carrier_call_id;
    State state = State::talking;
    core::TimePoint next_at{};
    int hang_ups = 0;
    int answers_missing = 0;
  };

  [[nodiscard]] static core::Duration pause_after(const Watched& call) noexcept;
  Watched* find(const core::CallId& id);

  std::unordered_map<core::CallId, Watched> calls_;
};

}  // namespace tandem
