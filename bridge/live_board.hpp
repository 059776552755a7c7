// The calls that run in this process as operators see them: made from the copies of their records
// that bridge/serve passes on, and once a second from a look at the calls themselves. Knows no
// sockets and no clock; lives on the control thread.
//
// It may miss something (the feed is bounded), and then a look puts right what it can: states and
// figures. Lines that were missed are in the record, and not here.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bridge/call/call.hpp"
#include "bridge/core/record.hpp"
#include "web/live_call.hpp"

namespace tandem {

class LiveBoard {
 public:
  // What is kept of one call: all of it fits into a message (web/admin_messages.hpp).
  static constexpr std::size_t lines_max = 60;
  static constexpr std::size_t turns_max = 8;
  static constexpr std::size_t line_bytes_max = 4000;  ///< longer ones are cut and end with "…"
  static constexpr std::size_t text_bytes_max = 32 * 1024;  ///< of all lines together
  static constexpr std::size_t recent_turns_max = 200;      ///< of all calls together

  using Changes = std::vector<web::LiveChange>;
  struct Seen {
    core::CallId id;
    call::Snapshot snapshot;
  };
  struct RecentTurn {
    core::CallId call_id;
    core::WallTime wall{};
    core::TurnLatency turn;
  };

  /// What a record changes, in order; records of calls that do not run here change nothing.
  Changes note(const core::Record& record);
  /// A look at calls, taken at `wall`. Calls that it does not know are not added: their numbers
  /// are only in the record.
  Changes note(const std::vector<Seen>& calls, core::WallTime wall);
  /// All calls of all shards have been noted since the end before: a call that was in none of the
  /// last two looks is over, and its last record was missed.
  Changes end_look(core::WallTime wall);

  /// Null when no such call runs here. Valid until the next note().
  [[nodiscard]] const web::LiveCall* find(const core::CallId& id) const;
  /// In the order in which they began; valid until the next note().
  [[nodiscard]] std::vector<const web::LiveCall*> calls() const;
  [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }
  /// Oldest first.
  [[nodiscard]] const std::deque<RecentTurn>& recent_turns() const noexcept {
    return recent_turns_;
  }

 private:
  struct Kept {
    web::LiveCall call;
    bool has_voice = false;
    int sessions = 0;  ///< of the voice leg that became ready
    std::size_t text_bytes = 0;
    int looks_missed = 0;
  };
  /// One record or one look at one call, and what it changed.
  struct Step;

  void on(Step& step, const core::CallStarted& started);
  void on(Step& step, const core::CallAnswered&);
  void on(Step& step, const core::ChatOpened& opened);
  void on(Step& step, const core::TranscriptEntry& entry);
  void on(Step& step, const core::TranscriptHeard& heard);
  void on(Step& step, const core::CallEvent& event);
  void on(Step& step, const core::CallEnded& ended);
  void on(Step&, const core::CarrierStatus&) {}
  void on_voice_ready(Step& step, const core::CallEvent& event);
  void on_turn(Step& step, const core::CallEvent& event);
  void on_operator(Step& step, std::string_view action, const core::CallEvent& event);
  static void add_line(Kept& kept, web::LiveLine line);
  static void set_state(Step& step, std::string_view state, std::string_view end_reason = {});

  std::unordered_map<core::CallId, Kept> calls_;
  std::uint32_t next_handle_ = 1;
  std::deque<RecentTurn> recent_turns_;
};

}  // namespace tandem
