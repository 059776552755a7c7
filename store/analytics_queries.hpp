// What a span of time amounted to: calls, answers, bookings, durations, pauses (contract.md section
// 3, GET /api/v1/analytics). Blocking, as store/queries.hpp; every function throws PostgresError.
//
// Whole hours in UTC, weeks begin on Monday. Whole days that are over come from cells written once
// (refresh_reports), the rest from the calls themselves: the answer is the same, only slower.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/core/record.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

enum class ReportBucket : std::uint8_t { hour, day, week };

/// The longest span of one report: 31 days by hour, 3 years by day, 10 years by week. A report
/// over more is cut off at its older end.
std::chrono::days report_span_max(ReportBucket bucket) noexcept;

struct ReportQuery {
  core::WallTime from{};  ///< rounded down to its hour
  core::WallTime to{};    ///< calls that started before; rounded up to its hour
  ReportBucket bucket = ReportBucket::day;
};

/// How a value is spread over calls or turns. Values are right within 2 %; all 0 without any.
struct Spread {
  std::int64_t count = 0;
  std::int64_t p50 = 0;
  std::int64_t p95 = 0;
  std::int64_t p99 = 0;
  std::int64_t max = 0;
};

struct Counts {
  std::int64_t calls = 0;
  std::int64_t answered = 0;
  std::int64_t booked = 0;
  std::int64_t not_booked = 0;

  void add(const Counts& more) noexcept;
  /// answered / calls; nothing without calls.
  [[nodiscard]] std::optional<double> answer_rate() const noexcept;
  /// booked / (booked + not_booked): what is unclear or unjudged counts on neither side.
  [[nodiscard]] std::optional<double> booking_rate() const noexcept;
};

struct Figures : Counts {
  std::int64_t unclear = 0;   ///< judged, but neither of the two
  std::int64_t unjudged = 0;  ///< pending, failed, needs_review, or nothing to judge
  std::int64_t interruptions = 0;
  double talk_ratio = 0;  ///< mean of the calls that measured it, 0 to 1
  Spread duration_s;      ///< of calls that have one
  Spread turn_gap_ms;     ///< caller stopped -> agent audible, over all turns
};

/// One bar: a bucket of time, or all calls of one provider or direction.
struct ReportRow {
  core::WallTime start{};  ///< of the bucket; unset in the other rows
  std::string name;        ///< provider or direction, empty where it is unknown; unset in buckets
  Figures figures;
};

/// One square of the week: all calls that started in that hour of that weekday.
struct HourOfWeek : Counts {
  int weekday = 1;  ///< 1 Monday to 7 Sunday
  int hour = 0;     ///< 0 to 23, UTC
};

struct Report {
  core::WallTime from{};  ///< what was really covered, on whole hours
  core::WallTime to{};
  Figures total;
  std::vector<ReportRow> buckets;       ///< oldest first, also those without a call
  std::vector<ReportRow> by_provider;   ///< most calls first; the provider is the agent
  std::vector<ReportRow> by_direction;  ///< most calls first
  std::vector<HourOfWeek> week;         ///< the squares that have calls, Monday 0 h first
};

/// Nothing but zeroes when `to` is not after `from`.
Report load_report(Connection& connection, const ReportQuery& query);

}  // namespace tandem::store
