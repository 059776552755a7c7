// What operators see of running calls (contract: admin.v1), as plain data: what a call is like now,
// and what has just become different. bridge/live_board.hpp makes it from the record,
// web/admin_messages.hpp turns it into JSON. Lives in memory only; the record has everything.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bridge/core/record.hpp"
#include "bridge/core/types.hpp"

namespace tandem::web {

/// One line of the running transcript.
struct LiveLine {
  std::int32_t seq = 0;  ///< as in the record
  core::Speaker speaker = core::Speaker::user;
  std::string text;
  core::MediaOffset offset{0};
  std::optional<std::int32_t> audio_ms = {};  ///< known once it was played or cut
  std::optional<std::int32_t> heard_ms = {};  ///< 0 to audio_ms
};

/// The figures of one call so far, as of the last second.
struct FrameStats {
  core::AudioAccount audio;
  std::int64_t caller_dbfs = -99;  ///< level of the last second, -99 for silence
  std::int64_t agent_dbfs = -99;
  std::int64_t uplink_p99_us = 0;
  std::int64_t downlink_p99_us = 0;
  std::int64_t voice_outbox_bytes = 0;  ///< waiting for the agent to read
  std::int64_t carrier_outbox_bytes = 0;
};

struct LiveCall {
  core::CallId id;
  std::uint32_t handle = 0;  ///< names the call in binary messages; not used twice by a process
  core::Direction direction = core::Direction::inbound;
  core::PhoneNumber from;
  core::PhoneNumber to;
  std::string provider;
  std::string purpose;
  std::string state;
  core::WallTime started_at{};
  std::optional<core::WallTime> answered_at = {};
  bool is_paused = false;
  std::vector<std::string> listeners = {};  ///< who; a name as often as it listens
  std::deque<LiveLine> lines = {};          ///< the last ones
  std::deque<core::TurnLatency> turns = {};
  std::optional<FrameStats> stats = {};
};

// What can become different, each with the call as it is afterwards.
struct CallBegan {
  LiveCall call;
};
struct StateChanged {
  std::string state;
  std::string end_reason;  ///< empty: not decided
};
/// A new line, or one of which it became known how much of it was heard.
struct LineChanged {
  LiveLine line;
};
struct TurnCompleted {
  core::TurnLatency turn;
};
struct BargeInResolved {
  bool is_confirmed = false;  ///< otherwise the agent's words went on
};
struct VoiceBack {
  std::string provider;
};
struct StatsTaken {
  FrameStats stats;
};
struct OperatorActed {
  std::string by;
  std::string
      action;  ///< "hang_up", "say", "context", "pause", "resume", "transfer", "listen_on"...
};
struct CallOver {
  std::string end_reason;
  std::int64_t duration_ms = 0;
};
struct CallAnalysed {
  std::string label;  ///< "booked", "not_booked", "unclear", "needs_review", "failed"
  std::optional<double> confidence = {};
};
using LiveNews = std::variant<CallBegan, StateChanged, LineChanged, TurnCompleted, BargeInResolved,
                              VoiceBack, StatsTaken, OperatorActed, CallOver, CallAnalysed>;

struct LiveChange {
  core::CallId call_id;
  core::WallTime wall{};
  std::optional<core::MediaOffset> offset = {};
  LiveNews news;
};

}  // namespace tandem::web
