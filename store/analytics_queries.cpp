#include "store/analytics_queries.hpp"

#include <algorithm>
#include <map>

#include "store/analytics_cells.hpp"

namespace tandem::store {

namespace {

using namespace std::chrono;

/// Figures while they grow: spreads as classes.
struct Tally {
  Figures figures;
  double talk_ratios = 0;
  std::int64_t measured = 0;
  Histogram durations;
  Histogram gaps;

  void add(const Cell& cell) {
    figures.add({cell.calls, cell.answered, cell.booked, cell.not_booked});
    figures.unclear += cell.unclear;
    figures.interruptions += cell.interruptions;
    talk_ratios += cell.talk_ratios;
    measured += cell.measured;
    durations.add(cell.durations);
    gaps.add(cell.gaps);
  }

  [[nodiscard]] Figures finish() const {
    Figures out = figures;
    out.unjudged = out.calls - out.booked - out.not_booked - out.unclear;
    out.talk_ratio = measured > 0 ? talk_ratios / static_cast<double>(measured) : 0;
    out.duration_s = durations.spread();
    out.turn_gap_ms = gaps.spread();
    return out;
  }
};

core::WallTime bucket_start(core::WallTime at, ReportBucket bucket) {
  if (bucket == ReportBucket::hour) return floor<hours>(at);
  const sys_days day = floor<days>(at);
  if (bucket == ReportBucket::day) return day;
  return day - (weekday(day) - Monday);
}

core::WallTime bucket_after(core::WallTime start, ReportBucket bucket) {
  if (bucket == ReportBucket::hour) return start + hours(1);
  return start + (bucket == ReportBucket::day ? days(1) : days(7));
}

/// Sorts cells into every part of the report they belong to.
class Sorting {
 public:
  Sorting(core::WallTime from, core::WallTime to, ReportBucket bucket) : bucket_(bucket) {
    for (auto start = bucket_start(from, bucket); start < to; start = bucket_after(start, bucket)) {
      buckets_[start];
    }
  }

  /// Of an hour or a day.
  void add(const Cell& cell) {
    total_.add(cell);
    buckets_[bucket_start(cell.start, bucket_)].add(cell);
    by_provider_[cell.provider].add(cell);
    by_direction_[cell.direction].add(cell);
  }

  /// Of an hour only.
  void add_to_week(const Cell& cell) {
    const sys_days day = floor<days>(cell.start);
    const auto weekday_number = static_cast<int>(weekday(day).iso_encoding());
    const auto hour = static_cast<int>((cell.start - day) / hours(1));
    HourOfWeek& square = week_[{weekday_number, hour}];
    square.weekday = weekday_number;
    square.hour = hour;
    square.add({cell.calls, cell.answered, cell.booked, cell.not_booked});
  }

  void finish(Report& report) const {
    report.total = total_.finish();
    for (const auto& [start, tally] : buckets_) {
      report.buckets.push_back({start, "", tally.finish()});
    }
    report.by_provider = named(by_provider_);
    report.by_direction = named(by_direction_);
    for (const auto& [key, square] : week_) report.week.push_back(square);
  }

 private:
  using Named = std::map<std::string, Tally>;

  static std::vector<ReportRow> named(const Named& tallies) {
    std::vector<ReportRow> rows;
    for (const auto& [name, tally] : tallies) rows.push_back({{}, name, tally.finish()});
    std::stable_sort(rows.begin(), rows.end(), [](const ReportRow& a, const ReportRow& b) {
      return a.figures.calls > b.figures.calls;
    });
    return rows;
  }

  ReportBucket bucket_;
  Tally total_;
  std::map<core::WallTime, Tally> buckets_;
  Named by_provider_;
  Named by_direction_;
  std::map<std::pair<int, int>, HourOfWeek> week_;
};

/// A span of whole hours that came from cells, or that must be counted.
void add_hours(Sorting& sorting, const std::vector<Cell>& cells) {
  for (const Cell& cell : cells) {
    sorting.add(cell);
    sorting.add_to_week(cell);
  }
}

void add_written(Connection& connection, Sorting& sorting, TimeRange range, ReportBucket bucket) {
  const core::WallTime first = ceil<days>(range.from);
  const core::WallTime last = floor<days>(range.to);
  if (bucket == ReportBucket::hour || first >= last) {
    return add_hours(sorting, load_hour_cells(connection, range));
  }
  add_hours(sorting, load_hour_cells(connection, {range.from, first}));
  add_hours(sorting, load_hour_cells(connection, {last, range.to}));
  for (const Cell& cell : load_day_cells(connection, {first, last})) sorting.add(cell);
  for (const Cell& cell : load_week_cells(connection, {first, last})) sorting.add_to_week(cell);
}

}  // namespace

void Counts::add(const Counts& more) noexcept {
  calls += more.calls;
  answered += more.answered;
  booked += more.booked;
  not_booked += more.not_booked;
}

std::optional<double> Counts::answer_rate() const noexcept {
  if (calls == 0) return std::nullopt;
  return static_cast<double>(answered) / static_cast<double>(calls);
}

std::optional<double> Counts::booking_rate() const noexcept {
  const std::int64_t judged = booked + not_booked;
  if (judged == 0) return std::nullopt;
  return static_cast<double>(booked) / static_cast<double>(judged);
}

std::chrono::days report_span_max(ReportBucket bucket) noexcept {
  switch (bucket) {
    case ReportBucket::hour:
      return days(31);
    case ReportBucket::day:
      return days(3 * 366);
    case ReportBucket::week:
      return days(10 * 366);
  }
  return days(0);
}

Report load_report(Connection& connection, const ReportQuery& query) {
  Report report;
  report.to = ceil<hours>(query.to);
  report.from =
      std::max<core::WallTime>(floor<hours>(query.from), report.to - report_span_max(query.bucket));
  if (report.from >= report.to) return report;
  Sorting sorting(report.from, report.to, query.bucket);
  for (const DayRun& run : load_day_runs(connection, {report.from, report.to})) {
    if (run.is_written) {
      add_written(connection, sorting, run.range, query.bucket);
    } else {
      add_hours(sorting, count_hour_cells(connection, run.range));
    }
  }
  sorting.finish(report);
  return report;
}

}  // namespace tandem::store
