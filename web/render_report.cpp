// render_report of web/render.hpp.
#include <array>

#include "web/json.hpp"
#include "web/render.hpp"

namespace tandem::web {

namespace {

void write_spread(JsonWriter& json, const store::Spread& spread) {
  json.begin_object()
      .member("count", spread.count)
      .member("p50", spread.p50)
      .member("p95", spread.p95)
      .member("p99", spread.p99)
      .member("max", spread.max)
      .end_object();
}

void write_counts(JsonWriter& json, const store::Counts& counts) {
  json.member("calls", counts.calls)
      .member("answered", counts.answered)
      .member("booked", counts.booked)
      .member("not_booked", counts.not_booked);
}

void write_figures(JsonWriter& json, const store::Figures& figures) {
  write_counts(json, figures);
  json.member("unclear", figures.unclear)
      .member("unjudged", figures.unjudged)
      .member("answer_rate", figures.answer_rate())
      .member("booking_rate", figures.booking_rate())
      .member("interruptions", figures.interruptions)
      .member("talk_ratio", figures.talk_ratio);
  json.key("duration_s");
  write_spread(json, figures.duration_s);
  json.key("turn_gap_ms");
  write_spread(json, figures.turn_gap_ms);
}

void write_named(JsonWriter& json, std::string_view key, std::string_view name,
                 const std::vector<store::ReportRow>& rows) {
  json.key(key).begin_array();
  for (const store::ReportRow& row : rows) {
    json.begin_object().member_if_known(name, row.name);
    write_figures(json, row.figures);
    json.end_object();
  }
  json.end_array();
}

void write_week(JsonWriter& json, const std::vector<store::HourOfWeek>& week) {
  json.key("by_hour_of_week").begin_array();
  for (const store::HourOfWeek& square : week) {
    json.begin_object()
        .member("weekday", std::int64_t{square.weekday})
        .member("hour", std::int64_t{square.hour});
    write_counts(json, square);
    json.end_object();
  }
  json.end_array();
}

/// The squares of the week added up over one of its two sides, which begins with `first`: every
/// row, those without calls too.
template <std::size_t N>
void write_side(JsonWriter& json, std::string_view key, std::string_view name, int first,
                const std::vector<store::HourOfWeek>& week, int store::HourOfWeek::*side) {
  std::array<store::Counts, N> rows;
  for (const store::HourOfWeek& square : week)
    rows.at(static_cast<std::size_t>(square.*side - first)).add(square);
  json.key(key).begin_array();
  for (std::size_t row = 0; row < N; ++row) {
    json.begin_object().member(name, static_cast<std::int64_t>(row) + first);
    write_counts(json, rows[row]);
    json.member("answer_rate", rows[row].answer_rate())
        .member("booking_rate", rows[row].booking_rate())
        .end_object();
  }
  json.end_array();
}

}  // namespace

std::string render_report(const store::Report& report, store::ReportBucket bucket) {
  constexpr std::array<std::string_view, 3> words = {"hour", "day", "week"};
  JsonWriter json;
  json.begin_object()
      .member("from", report.from)
      .member("to", report.to)
      .member("bucket", words[static_cast<std::size_t>(bucket)]);
  json.key("total").begin_object();
  write_figures(json, report.total);
  json.end_object().key("buckets").begin_array();
  for (const store::ReportRow& row : report.buckets) {
    json.begin_object().member("start", row.start);
    write_figures(json, row.figures);
    json.end_object();
  }
  json.end_array();
  write_named(json, "by_provider", "provider", report.by_provider);
  write_named(json, "by_direction", "direction", report.by_direction);
  write_week(json, report.week);
  write_side<24>(json, "by_hour_of_day", "hour", 0, report.week, &store::HourOfWeek::hour);
  write_side<7>(json, "by_weekday", "weekday", 1, report.week, &store::HourOfWeek::weekday);
  return json.end_object().finish();
}

}  // namespace tandem::web
