#include "store/analytics_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <set>

namespace tandem::store {

namespace {

using namespace std::chrono;

constexpr auto cell_columns =
    "(extract(epoch from start) * 1000000)::bigint, direction, provider, calls, answered, booked, "
    "not_booked, unclear, interruptions, measured, talk_ratios, durations, gaps";

// Monday 2001-01-01: an hour of the week as a time
constexpr auto week_columns =
    "(extract(epoch from timestamptz '2001-01-01 00:00:00Z' "
    "+ make_interval(hours => hour_of_week)) * 1000000)::bigint, '', '', sum(calls)::bigint, "
    "sum(answered)::bigint, sum(booked)::bigint, sum(not_booked)::bigint, sum(unclear)::bigint, "
    "0, 0, 0, '{}', '{}'";

Cell cell_of(const Rows& rows, int row) {
  return {.start = rows.wall(row, 0),
          .direction = std::string(rows.text(row, 1)),
          .provider = std::string(rows.text(row, 2)),
          .calls = rows.integer(row, 3),
          .answered = rows.integer(row, 4),
          .booked = rows.integer(row, 5),
          .not_booked = rows.integer(row, 6),
          .unclear = rows.integer(row, 7),
          .interruptions = rows.integer(row, 8),
          .measured = rows.integer(row, 9),
          .talk_ratios = rows.number(row, 10),
          .durations = parse_classes(rows.text(row, 11)),
          .gaps = parse_classes(rows.text(row, 12))};
}

std::vector<Cell> select_cells(Connection& connection, TimeRange range,
                               const std::string& statement) {
  std::vector<Cell> cells;
  if (range.from >= range.to) return cells;
  const Rows rows = connection.run(statement, Parameters().add(range.from).add(range.to));
  cells.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) cells.push_back(cell_of(rows, row));
  return cells;
}

std::vector<Cell> load_cells(Connection& connection, TimeRange range, const char* span) {
  return select_cells(connection, range,
                      fmt::format("select {} from bridge.report_cells "
                                  "where span = '{}' and start >= $1 and start < $2",
                                  cell_columns, span));
}

}  // namespace

Classes parse_classes(std::string_view array) {
  Classes classes;
  std::array<std::int64_t, 2> pair{};
  std::size_t at = 0;
  const char* end = array.data() + array.size();
  for (const char* p = array.data(); p < end;) {
    const auto parsed = std::from_chars(p, end, pair[at]);
    if (parsed.ptr == p) {
      ++p;
      continue;
    }
    p = parsed.ptr;
    if (at == 1) classes.push_back({static_cast<std::int32_t>(pair[0]), pair[1]});
    at = 1 - at;
  }
  return classes;
}

std::int64_t value_of_class(std::int32_t number) noexcept {
  if (number < 64) return number;
  const int shift = number / 32 - 1;
  const std::int64_t first = static_cast<std::int64_t>(number - 32 * shift) << shift;
  return first + (std::int64_t{1} << shift) / 2;
}

void Histogram::add(const Classes& classes) {
  for (const auto& [number, count] : classes) {
    const auto index = static_cast<std::size_t>(std::max(number, 0));
    if (index >= counts_.size()) counts_.resize(index + 1);
    counts_[index] += count;
  }
}

Spread Histogram::spread() const noexcept {
  Spread spread;
  spread.count = std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
  const auto rank = [&](std::int64_t percent) { return (spread.count * percent + 99) / 100; };
  std::int64_t seen = 0;
  for (std::size_t index = 0; index < counts_.size(); ++index) {
    if (counts_[index] == 0) continue;
    const std::int64_t before = seen;
    seen += counts_[index];
    const std::int64_t value = value_of_class(static_cast<std::int32_t>(index));
    const auto takes = [&](std::int64_t wanted) { return before < wanted && wanted <= seen; };
    if (takes(rank(50))) spread.p50 = value;
    if (takes(rank(95))) spread.p95 = value;
    if (takes(rank(99))) spread.p99 = value;
    spread.max = value;
  }
  return spread;
}

std::vector<DayRun> load_day_runs(Connection& connection, TimeRange range) {
  const Rows rows = connection.run(
      "select (extract(epoch from day) / 86400)::bigint from bridge.report_days "
      "where day >= ($1::timestamptz at time zone 'UTC')::date "
      "and day < $2::timestamptz at time zone 'UTC'",
      Parameters().add(range.from).add(range.to));
  std::set<sys_days> written;
  for (int row = 0; row < rows.size(); ++row) {
    written.insert(sys_days(days(static_cast<int>(rows.integer(row, 0)))));
  }
  std::vector<DayRun> runs;
  for (sys_days day = floor<days>(range.from); day < range.to; day += days(1)) {
    const TimeRange part{std::max<core::WallTime>(day, range.from),
                         std::min<core::WallTime>(day + days(1), range.to)};
    const bool is_written = written.contains(day);
    if (!runs.empty() && runs.back().is_written == is_written) {
      runs.back().range.to = part.to;
    } else {
      runs.push_back({part, is_written});
    }
  }
  return runs;
}

std::vector<Cell> load_hour_cells(Connection& connection, TimeRange range) {
  return load_cells(connection, range, "hour");
}

std::vector<Cell> load_day_cells(Connection& connection, TimeRange range) {
  return load_cells(connection, range, "day");
}

std::vector<Cell> load_week_cells(Connection& connection, TimeRange range) {
  return select_cells(
      connection, range,
      fmt::format("select {} from (select *, ((extract(epoch from start) / 3600)::bigint "
                  "- 271752)::integer % 168 as hour_of_week from bridge.report_cells "
                  "where span = 'hour' and start >= $1 and start < $2) hours "
                  "group by hour_of_week",
                  week_columns));
}

std::vector<Cell> count_hour_cells(Connection& connection, TimeRange range) {
  return select_cells(
      connection, range,
      fmt::format("select {} from bridge.count_calls('hour', $1, $2)", cell_columns));
}

}  // namespace tandem::store
