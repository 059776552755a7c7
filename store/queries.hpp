// The read side: plain structs for the API and the pages. Blocking; run them on a QueryThread so
// that a slow report never delays the record. Every function throws PostgresError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/core/record.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

/// A quote from the transcript that a verdict rests on.
struct Evidence {
  std::int32_t seq = 0;  ///< of the transcript line
  std::string quote;
};

/// What was agreed; empty parts were not said.
struct AgreedAppointment {
  std::string when_text;
  std::string date;  ///< "2026-11-26"
  std::string time;  ///< "10:20"
  std::optional<std::int64_t> party;
  std::string service;
  std::string name;
  std::string phone;
  std::string kind;  ///< "new", "rescheduled", "cancelled"
};

/// A line that speaks to the judge instead of to the other end.
struct SuspiciousLine {
  std::int32_t seq = 0;
  std::string what;  ///< the kind of words: "order", "role", "verdict", "reward", "markup", ...
};

/// A part of a transcript line; the parts of a snippet in order are its text.
struct SnippetPart {
  std::string text;
  bool is_match = false;  ///< a word that was searched for
};

/// A transcript line that has words which were searched for.
struct SearchHit {
  std::int32_t seq = 0;  ///< of the line
  std::string speaker;
  std::int64_t offset_ms = 0;
  std::vector<SnippetPart> snippet;  ///< of the line, some 30 words around the first match
};

/// One call as a list shows it. Empty strings stand for what is not known.
struct CallRow {
  std::string id;
  std::string call_sid;
  std::string stream_sid;
  std::string direction;
  core::PhoneNumber phone_number;  ///< the other party's
  core::PhoneNumber from_number;
  core::PhoneNumber to_number;
  std::string status;
  core::WallTime start_time{};
  std::optional<core::WallTime> answered_time;
  std::optional<core::WallTime> end_time;
  std::optional<std::int64_t> duration_s;
  std::string end_reason;
  std::string answered_by;
  std::string provider;
  std::string chat_id;
  std::string chat_group_id;
  std::string node;
  std::string purpose;
  std::string analysis_state;  ///< "queued", "running", "done", "failed", "needs_review"
  std::string outcome;         ///< "booked", "not_booked", "unclear"
  std::optional<double> confidence;
  std::optional<std::int64_t> total_messages;
  std::optional<std::int64_t> interruptions;
  std::vector<SearchHit> hits = {};  ///< of a search: the first lines that match, at most hits_max
};

inline constexpr int hits_max = 3;

struct CallFilter {
  std::optional<std::string> outcome;  ///< a verdict, "pending", "needs_review", "failed", "none"
  /// Words said in the call, all of them, each a prefix, in any line. Words as PostgreSQL's
  /// configuration "simple" sees them: case does not matter, punctuation separates.
  std::optional<std::string> q;
  /// A + and 11 digits or more: that number. A + and fewer: how it begins. Otherwise any part of
  /// it.
  std::optional<std::string> number;
  std::optional<core::WallTime> from;  ///< started at or after
  std::optional<core::WallTime> to;    ///< started before
  std::optional<std::int64_t> min_duration_s;
  std::optional<std::int64_t> max_duration_s;
  std::optional<std::string> status;
  std::optional<std::string> direction;
  std::optional<std::string> provider;  ///< "none": of no provider
  std::optional<bool> is_answered;
  std::optional<std::int64_t> hour;     ///< of the day, in UTC, in which it started: 0 to 23
  std::optional<std::int64_t> weekday;  ///< in UTC, 1 Monday to 7 Sunday
  std::string cursor;                   ///< of the page before; empty for the first page
  std::int32_t limit = 50;              ///< 1 to 500, others are brought into that range
};

struct CallPage {
  std::vector<CallRow> calls;  ///< newest first
  std::string next_cursor;     ///< empty on the last page
};

/// A cursor that list_calls did not make.
class CursorError : public std::runtime_error {
 public:
  CursorError() : std::runtime_error("unknown cursor") {}
};

/// Throws CursorError too. Takes a statement of its own for the hits.
CallPage list_calls(Connection& connection, const CallFilter& filter);

/// Whether there are calls whose words are sealed (store/call_seals): CallFilter::q does not find
/// these.
bool has_sealed_calls(Connection& connection);

struct Verdict {
  std::string state;
  std::string outcome;
  std::optional<bool> booking_detected;
  std::optional<double> confidence;
  std::vector<Evidence> evidence;
  std::optional<AgreedAppointment> appointment = std::nullopt;  ///< of bookings, cancellations
  std::vector<SuspiciousLine> suspicions = {};
  std::string reason;
  std::string model;
  std::string prompt_version;
  std::int32_t attempts = 0;
  std::optional<core::WallTime> analysed_at;
};

/// What the comparison with the voice provider's own history came to (store/reconciliation).
struct HistoryComparison {
  std::string result;  ///< "match", "filled", "extra", "unavailable"
  std::int64_t matched = 0;
  std::int64_t filled = 0;
  std::int64_t late = 0;
  std::int64_t extra = 0;
  std::string reason;
  core::WallTime checked_at{};
};

struct CallDetail {
  CallRow call;
  std::optional<Verdict> verdict;  ///< nothing before the call ended
  /// Only from load_call(); nothing before the comparison, or without EVI.
  std::optional<HistoryComparison> reconciliation = std::nullopt;
};

/// Nothing when there is no such call or the id is no UUID.
std::optional<CallDetail> load_call(Connection& connection, const std::string& call_id);

struct TranscriptLine {
  std::int32_t seq = 0;
  std::string speaker;  ///< "user", "assistant"
  std::string message;
  core::WallTime timestamp{};
  std::int64_t offset_ms = 0;
  std::string event_type;
  std::optional<std::int64_t> audio_ms;  ///< of agent lines, once their playback ended
  std::optional<std::int64_t> heard_ms;
  std::optional<double> heard_ratio;  ///< 0 to 1
  std::string source;
  std::string emotions = {};  ///< a JSON object of scores from 0 to 1; empty: none is stored
};

/// In the order in which it was said; empty for an unknown call. Lines of the call itself count seq
/// from 0, those from the provider's history from 1 000 000 (store/reconciliation).
std::vector<TranscriptLine> load_transcript(Connection& connection, const std::string& call_id);

struct EventLine {
  std::int32_t seq = 0;
  std::string type;
  std::string json;
  core::WallTime timestamp{};
  std::int64_t offset_ms = 0;
};

std::vector<EventLine> load_events(Connection& connection, const std::string& call_id);

/// What a finished call measured.
struct CallLatency {
  std::vector<core::TurnLatency> turns;
  core::Percentiles uplink_transit;
  core::Percentiles downlink_transit;
  core::AudioAccount audio;
  double talk_ratio = 0;
  std::int32_t interruptions = 0;
};

/// Nothing while the call runs.
std::optional<CallLatency> load_latency(Connection& connection, const std::string& call_id);

/// Percentiles over the turns of many calls, one row per stage and one for the whole gap.
struct StageStatistics {
  std::string stage;  ///< "to_last_audio_sent_us" ... "unexplained_us", "gap_us"
  core::Percentiles percentiles;
};

/// Of the newest stage_calls_max calls in that range: a report of what is, not of what was.
inline constexpr int stage_calls_max = 1'000;
std::vector<StageStatistics> load_stage_statistics(Connection& connection, core::WallTime from,
                                                   core::WallTime to);

struct DatabaseHealth {
  std::string server_version;
  int schema_version = 0;
  std::int64_t jobs_waiting = 0;
  std::int64_t jobs_failed = 0;
  std::int64_t dead_letters = 0;
  std::chrono::microseconds round_trip{0};
  std::chrono::milliseconds clock_skew{0};  ///< database minus this machine
};

DatabaseHealth load_health(Connection& connection);

}  // namespace tandem::store
