// What really happened in a run, written by the parties and by what breaks, read by the checkers:
// the truth against which the call's own account is held. The call never sees it.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/core/types.hpp"
#include "tests/simulation/colour.hpp"

namespace tandem::simulation {

/// One utterance of the agent, from its making to the caller's ear.
struct Utterance {
  std::string id;
  std::string text;
  int colour = 0;
  bool is_goodbye = false;
  bool is_damaged = false;  ///< parts of it were unreadable or lost on the way to the call
  std::int64_t delivered_samples = 0;  ///< at 8 kHz, handed to the call in good order
  core::TimePoint first_delivered{};
  core::TimePoint last_delivered{};
  bool text_was_delivered = false;
  std::int64_t played_samples = 0;  ///< really heard
  core::TimePoint last_played{};
  int holds = 0;            ///< times it was taken back from the carrier unfinished
  bool is_unasked = false;  ///< came in the shadow of a suppressed second greeting
  int last_phase = -1;      ///< that was heard; -1: nothing yet
  bool may_jump = false;    ///< it was taken back since: it may go on elsewhere
  int jumps = 0;            ///< places where the caller heard another part than the next one
};

/// Everything that may lead to a call's end, or excuse it.
enum class Cause : std::uint8_t {
  carrier_stop,
  carrier_reported_end,
  carrier_lost,
  carrier_silent,
  carrier_misbehaved,
  carrier_unread,
  bad_opening,
  voice_lost,
  voice_refused,
  voice_ended,
  voice_frozen,
  agent_hung_up,
  operator_hung_up,
  transferred,
  shut_down,
  key_pressed,
  machine_answered,
  opted_out,  ///< by word, or elsewhere
  injected,   ///< the nth step failed
};
inline constexpr std::size_t cause_count = static_cast<std::size_t>(Cause::injected) + 1;

/// When the way to the caller did not work as usual.
struct Disturbance {
  core::TimePoint from{};
  core::TimePoint until{};
};

struct Ledger {
  std::vector<Utterance> utterances;
  std::array<int, colours> owner{};  ///< of each colour: index of its latest utterance
  std::bitset<cause_count> causes;
  std::vector<Disturbance> disturbances;
  bool had_line = false;         ///< the call accepted a media stream
  bool ended_by_bridge = false;  ///< our REST request ended the phone call

  void note(Cause cause) { causes.set(static_cast<std::size_t>(cause)); }
  [[nodiscard]] bool has(Cause cause) const { return causes.test(static_cast<std::size_t>(cause)); }
  void disturb(core::TimePoint from, core::TimePoint until) {
    disturbances.push_back({from, until});
  }
  [[nodiscard]] bool is_disturbed(core::TimePoint from, core::TimePoint until) const {
    for (const auto& one : disturbances) {
      if (one.from <= until && one.until >= from) return true;
    }
    return false;
  }
};

/// The first rule that was broken; a run stops there.
class Verdict {
 public:
  void fail(std::string_view rule, std::string what) {
    if (!ok()) return;
    rule_ = rule;
    what_ = std::move(what);
  }
  [[nodiscard]] bool ok() const noexcept { return rule_.empty(); }
  [[nodiscard]] const std::string& rule() const noexcept { return rule_; }
  [[nodiscard]] const std::string& what() const noexcept { return what_; }

 private:
  std::string rule_;
  std::string what_;
};

}  // namespace tandem::simulation
