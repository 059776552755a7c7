// A world without sockets for dial::Dialler: some nodes, one database, one carrier, and everything
// between them that may be lost, late, doubled or killed. Deterministic: one virtual clock, one
// source of chance. The database here knows the moves that dial::may_become allows and nothing
// else, as store/dial_intents does; that both agree, tests/integration/dial/dial_intents_test.cpp
// shows on PostgreSQL.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "bridge/dial/dialler.hpp"
#include "tests/simulation/random.hpp"

namespace tandem::dial_simulation {

using Milliseconds = std::chrono::milliseconds;

struct Faults {
  double lost_request = 0.04;   ///< never reaches the carrier, and the caller cannot know
  double not_sent = 0.02;       ///< never reaches it, and the caller knows
  double refused = 0.03;        ///< the carrier says no
  double busy_api = 0.05;       ///< 429
  double lost_reply = 0.08;     ///< placed, and the answer is lost
  double late = 0.05;           ///< request or reply take up to half a minute
  double silent_call = 0.05;    ///< no callback of this call ever arrives
  double lost_callback = 0.10;  ///< this one
  double database_fails = 0.03;
  double database_reply_lost = 0.02;  ///< committed, and nobody is told
  double kills_per_minute = 0.6;      ///< of each node
  double freezes_per_minute = 0.2;    ///< SIGSTOP for up to ten minutes
};

struct Tally {
  std::int64_t dials = 0;
  std::int64_t placed = 0;
  std::int64_t doubles = 0;           ///< calls beyond the first of an intent
  std::int64_t wrongly_given_up = 0;  ///< `failed`, and the carrier had it
  std::int64_t unresolved = 0;        ///< intents that never came to an end
  std::int64_t kills = 0;
  std::int64_t freezes = 0;
  std::int64_t lost_requests = 0;
  std::int64_t lost_replies = 0;
  std::int64_t silent_calls = 0;
  std::int64_t found_in_list = 0;
  std::int64_t never_placed = 0;
  std::int64_t asked_again = 0;
  std::int64_t opt_outs = 0;
  std::int64_t rung_after_opt_out = 0;  ///< asked for although the list had them at the claim
  void add(const Tally& other);
  [[nodiscard]] bool is_clean() const noexcept {
    return doubles == 0 && wrongly_given_up == 0 && unresolved == 0 && rung_after_opt_out == 0;
  }
};

class World {
 public:
  struct Options {
    std::uint64_t seed = 1;
    int dials = 100;
    int nodes = 3;
    /// A dialler that takes a lost answer for a "no": what this proof must be able to see.
    bool is_naive = false;
    Faults faults;
  };
  explicit World(const Options& options);
  /// Runs until nothing can happen any more, faults included for the first part.
  Tally run();

 private:
  using Work = std::function<void()>;
  struct Intent {
    dial::IntentState state = dial::IntentState::queued;
    int number = 0;
    int tries = 0;
    Milliseconds not_before{0};
    Milliseconds placing_at{0};
    core::CarrierCallId carrier_call_id;
    bool is_answered = false;
    bool is_on_list = false;
  };
  struct Call {
    int intent = 0;
    Milliseconds created{0};
    Milliseconds listed_from{0};
    int rank = 0;  ///< twilio's, 4: over
    bool is_silent = false;
  };
  struct Node {
    std::optional<dial::Dialler> dialler;  ///< nothing: killed
    int life = 0;                          ///< counts its processes
    Milliseconds frozen_until{0};
    Milliseconds next_poll{0};
  };
  /// Who asked: an answer to a process that was killed reaches nobody.
  struct Process {
    int node = 0;
    int life = 0;
  };
  struct Event {
    Milliseconds at;
    std::int64_t order;
    Work work;
    bool operator<(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  // time and chance
  void after(Milliseconds delay, Work work);
  bool chance(double probability);
  Milliseconds within(int from_ms, int to_ms);
  [[nodiscard]] core::TimePoint now() const { return core::TimePoint{now_}; }

  // nodes
  void start(int node);
  void kill(int node);
  void disturb(int node);
  void poll(Process process);
  /// Runs on this process, when it is not frozen; not at all once it was killed.
  void on(Process process, Milliseconds delay, Work work);
  dial::Dialler& dialler(Process process) {
    return *nodes_[static_cast<std::size_t>(process.node)].dialler;
  }
  void perform(Process process, const dial::TakeSurvey& wish);
  void perform(Process process, const dial::ClaimNext& wish);
  void perform(Process process, const dial::AskCarrier& wish);
  void perform(Process process, const dial::Note& wish);
  void perform(Process process, const dial::LookFor& wish);
  void perform(Process process, const dial::CancelCall& wish);
  void perform(Process process, const dial::EndPolitely& wish);
  void perform(Process process, const dial::FetchCall& wish);
  void perform(Process process, const dial::Alarm& wish);
  void answer(Process process, const core::CallId& id, dial::Created created, Milliseconds delay);

  // the database
  [[nodiscard]] bool database_answers();
  [[nodiscard]] dial::Survey survey();
  std::optional<int> claim();
  void keep(const dial::Note& note);
  void carrier_word(int intent, const core::CarrierCallId& id, int rank);
  bool move(Intent& intent, dial::IntentState to);

  // the carrier
  std::optional<std::size_t> place(int intent);
  void ring(std::size_t call);
  void reach(std::size_t call, int rank);
  void tell(std::size_t call, int rank);
  static core::CarrierCallId id_of(std::size_t call);

  static core::CallId id_of(int intent);
  static int intent_of(const core::CallId& id);
  void judge();

  Options options_;
  Faults faults_;
  simulation::Random random_;
  Milliseconds now_{0};
  Milliseconds quiet_from_{0};
  std::int64_t order_ = 0;
  std::priority_queue<Event> events_;
  std::vector<Node> nodes_;
  std::vector<Intent> intents_;
  std::vector<Call> calls_;
  Tally tally_;
};

}  // namespace tandem::dial_simulation
