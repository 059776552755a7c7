// Cells of reports: the calls of one direction and one provider in one hour or day, as
// bridge.report_cells keeps them (schema/0008_search.sql). For store/analytics_queries only.
#pragma once

#include <string>
#include <vector>

#include "store/analytics_queries.hpp"

namespace tandem::store {

/// How many values fell into a class of bridge.report_class.
struct ClassCount {
  std::int32_t number = 0;
  std::int64_t count = 0;
  bool operator==(const ClassCount&) const = default;
};
using Classes = std::vector<ClassCount>;

/// Of an array's text, {{class, how many}, ...}.
Classes parse_classes(std::string_view array);
/// The middle of the values of a class: at most 1.6 % from each of them.
std::int64_t value_of_class(std::int32_t number) noexcept;

/// Classes added up.
class Histogram {
 public:
  void add(const Classes& classes);
  /// Nearest-rank percentiles.
  [[nodiscard]] Spread spread() const noexcept;

 private:
  std::vector<std::int64_t> counts_;  ///< by class
};

struct Cell {
  core::WallTime start{};
  std::string direction;
  std::string provider;
  std::int64_t calls = 0;
  std::int64_t answered = 0;
  std::int64_t booked = 0;
  std::int64_t not_booked = 0;
  std::int64_t unclear = 0;
  std::int64_t interruptions = 0;
  std::int64_t measured = 0;
  double talk_ratios = 0;
  Classes durations;
  Classes gaps;
};

/// Half open, whole hours.
struct TimeRange {
  core::WallTime from{};
  core::WallTime to{};
};

/// Days in a row that all have cells, or all have none; cut to the range asked for.
struct DayRun {
  TimeRange range;
  bool is_written = false;
};

/// Oldest first, together exactly `range`.
std::vector<DayRun> load_day_runs(Connection& connection, TimeRange range);

/// Of written days. An empty range has none.
std::vector<Cell> load_hour_cells(Connection& connection, TimeRange range);
std::vector<Cell> load_day_cells(Connection& connection, TimeRange range);
/// Hour cells added up over weeks, providers and directions, without spreads: `start` is an hour of
/// the first week of 2001.
std::vector<Cell> load_week_cells(Connection& connection, TimeRange range);

/// Hour cells counted from the calls themselves.
std::vector<Cell> count_hour_cells(Connection& connection, TimeRange range);

}  // namespace tandem::store
