// The life of outbound calls on one node, from intent to end, so that each intent rings at most
// once (faults O01, O03), nobody is rung who must not be any more (O05), and a stop is a stop
// (O08). Pure: no clock, no database, no carrier. bridge/outbound carries out what poll() wants and
// brings back what came of it; tests/integration/outbound/dial_simulation.cpp does the same with a
// fake carrier, lost replies and kills.
//
// The rule that everything else serves: a request to place a call is sent at most once for each
// move of an intent from `queued` to `placing`, by the process that committed that move; and an
// intent goes back to `queued` only when it is certain that nothing was placed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "bridge/core/types.hpp"
#include "bridge/dial/gate.hpp"

namespace tandem::dial {

enum class IntentState : std::uint8_t {
  queued,   ///< the gate allowed it; nobody has asked the carrier
  placing,  ///< one process is about to ask, has asked, or died
  placed,   ///< the carrier has it, under an id that we know
  unknown,  ///< asked, and the answer was lost: it may exist
  refused,  ///< nobody was asked
  failed,   ///< the carrier has no such call
  ended,    ///< the carrier says that it is over
};
inline constexpr int intent_state_count = 7;
std::string_view to_string(IntentState state) noexcept;
/// Nothing for a word that is none of them.
std::optional<IntentState> parse_intent_state(std::string_view word) noexcept;
/// The whole table of moves. `failed` may become `placed`: the carrier's later word counts more
/// than our conclusion that there is none.
bool may_become(IntentState from, IntentState to) noexcept;

/// What one request to place a call came to, in words that no carrier owns.
enum class Answer : std::uint8_t {
  accepted,
  not_acted,      ///< certainly nothing was placed, and it may be asked again
  refused,        ///< this call, for good
  misconfigured,  ///< no call of this node can work until a person has acted; nothing was placed
  unclear,        ///< it may have been placed
};

// What the driver brings.

/// An intent that this process moved from `queued` to `placing`: the commit is done.
struct Claimed {
  core::CallId id;
  Intention intention;
  int tries = 1;  ///< how often it was claimed, this time included
};
struct Created {
  Answer answer = Answer::unclear;
  core::CarrierCallId carrier_call_id;  ///< of an accepted one
  std::int32_t error_code = 0;          ///< the carrier's; 0: it gave none
  bool needs_operator = false;          ///< a person should look, whatever else follows
  std::optional<std::chrono::seconds> retry_after;
};
/// One intent that is not finished, as the database knows it.
struct OpenIntent {
  core::CallId id;
  IntentState state = IntentState::placing;
  core::PhoneNumber to;  ///< empty: the person was erased meanwhile
  core::PhoneNumber from;
  core::CarrierCallId carrier_call_id;  ///< empty until it is known
  bool is_answered = false;
  bool is_on_list = false;  ///< the person must not be called any more
  core::WallTime placing_at{};
  std::chrono::seconds age{0};  ///< since placing_at, by the database's clock
};
struct Survey {
  bool is_stopped = false;
  core::WallTime switch_changed_at{};
  std::int64_t queued = 0;  ///< that may be claimed now
  std::vector<OpenIntent> open;
};
/// A call that the carrier lists between two numbers.
struct Listed {
  core::CarrierCallId id;
  std::optional<core::WallTime> created;
};

// What the driver has to do.

struct TakeSurvey {};
struct ClaimNext {};
/// Ask the carrier for this call. Never repeat it: bring created(), whatever came of it.
struct AskCarrier {
  core::CallId id;
  Intention intention;
};
/// Write it down, if the intent may still become so. Nothing is lost when that fails: the next
/// survey finds the intent as it was.
struct Note {
  core::CallId id;
  IntentState becomes = IntentState::unknown;
  core::CarrierCallId carrier_call_id;  ///< with `placed`
  std::int32_t error_code = 0;          ///< with `failed`; 0: nobody refused it
  std::chrono::seconds not_before{0};   ///< with `queued`: from now
};
/// List the calls between the two numbers of this intent, and learn which of them belong to others.
struct LookFor {
  core::CallId id;
  core::PhoneNumber to;
  core::PhoneNumber from;
};
/// Nobody has answered: end it at the carrier.
struct CancelCall {
  core::CallId id;
  core::CarrierCallId carrier_call_id;
};
/// Somebody talks: the agent says goodbye.
struct EndPolitely {
  core::CallId id;
};
/// The carrier owes us news: fetch the call.
struct FetchCall {
  core::CallId id;
  core::CarrierCallId carrier_call_id;
};
enum class Trouble : std::uint8_t {
  halted,         ///< this node places no calls until a person has acted
  refused,        ///< one call was refused for a reason that a person can mend
  never_placed,   ///< the carrier never had it
  several_calls,  ///< the list has more than one call that may be this one
};
std::string_view to_string(Trouble trouble) noexcept;
struct Alarm {
  core::CallId id;
  Trouble trouble = Trouble::halted;
  std::int32_t error_code = 0;
};
using Action = std::variant<TakeSurvey, ClaimNext, AskCarrier, Note, LookFor, CancelCall,
                            EndPolitely, FetchCall, Alarm>;

struct DiallerSettings {
  double calls_per_second = 1;
  std::chrono::seconds ring_timeout{30};
  std::chrono::seconds time_limit{3600};  ///< of a call
};

class Dialler {
 public:
  /// After a claim was asked for: a process that slept longer does not ask the carrier any more.
  static constexpr std::chrono::seconds claim_valid{20};
  /// A callback has this long to resolve an intent before the carrier's list is asked.
  static constexpr std::chrono::seconds callback_patience{60};
  /// The carrier's list has no such call: so often, over so long, and it was never placed.
  static constexpr int looks_min = 3;
  static constexpr std::chrono::seconds looks_span{120};
  static constexpr std::chrono::seconds look_pause{60};
  /// The carrier's clock and the database's may differ by so much.
  static constexpr std::chrono::seconds clock_slack{60};
  static constexpr int tries_max = 5;
  static constexpr std::chrono::seconds survey_busy{1};
  static constexpr std::chrono::seconds survey_idle{2};

  explicit Dialler(DiallerSettings settings) : settings_(settings) {}

  /// Everything that is due, in order; each once. `may_place`: this node can carry a further call.
  std::vector<Action> poll(core::TimePoint now, bool may_place);
  /// Poll then at the latest.
  [[nodiscard]] core::TimePoint deadline(core::TimePoint now) const;
  [[nodiscard]] bool is_halted() const noexcept { return halted_at_switch_.has_value(); }

  /// Something was queued here.
  void nudge() noexcept { may_have_queued_ = true; }
  /// The carrier asks about an intent that the last survey did not show.
  void look_again() noexcept { next_survey_ = core::TimePoint{}; }
  void surveyed(const Survey& survey, core::TimePoint now);
  void survey_failed(core::TimePoint now);
  void claimed(const Claimed& intent, core::TimePoint now);
  /// The oldest one was refused by the gate.
  void claim_refused(core::TimePoint now);
  void claimed_nothing();
  void claim_failed(core::TimePoint now);
  void created(const core::CallId& id, const Created& created, core::TimePoint now);
  /// `of_others`: ids of calls that other intents are known by.
  void listed(const core::CallId& id, const std::vector<Listed>& calls,
              const std::vector<core::CarrierCallId>& of_others, core::TimePoint now);
  void list_failed(const core::CallId& id, core::TimePoint now);

 private:
  struct Search {
    core::WallTime placing_at{};
    int looks = 0;  ///< that found nothing, in a row
    std::optional<core::TimePoint> first_look;
    core::TimePoint next_look{};
    bool is_looking = false;
    bool is_told = false;  ///< that there are several
  };
  /// An action that is wanted again and again until the survey says that it worked.
  bool is_due(std::unordered_map<core::CallId, core::TimePoint>& wishes, const core::CallId& id,
              core::TimePoint now, core::Duration pause);
  void consider(const OpenIntent& intent, bool is_stopped, core::TimePoint now);
  void search(const OpenIntent& intent, core::TimePoint now);
  void forget_closed(const Survey& survey);
  void note(const core::CallId& id, IntentState becomes);
  void ask_again(const core::CallId& id, const Created& created, core::TimePoint now);

  DiallerSettings settings_;
  std::vector<Action> wanted_;
  bool may_have_queued_ = true;
  bool is_claiming_ = false;
  bool is_surveying_ = false;
  bool has_open_ = false;
  core::TimePoint claim_asked_at_{};
  core::TimePoint next_claim_{};
  core::TimePoint next_survey_{};
  core::WallTime switch_changed_at_{};
  std::optional<core::WallTime> halted_at_switch_;  ///< switch_changed_at_ when it halted
  std::unordered_map<core::CallId, int> tries_;     ///< of the intents that are being asked for
  std::unordered_map<core::CallId, Search> searches_;
  std::unordered_map<core::CallId, core::TimePoint> cancels_;
  std::unordered_map<core::CallId, core::TimePoint> fetches_;
  std::unordered_set<core::CallId> told_;
};

}  // namespace tandem::dial
