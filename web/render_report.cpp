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

void write_figures(JsonWriter& json, const store::Figures& figures) {
  json.member("calls", figures.calls)
      .member("answered", figures.answered)
      .member("booked", figures.booked)
      .member("not_booked", figures.not_booked)
      .member("unclear", figures.unclear)
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
        .member("hour", std::int64_t{square.hour})
        .member("calls", square.calls)
        .member("answered", square.answered)
        .member("booked", square.booked)
        .member("not_booked", square.not_booked)
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
  return json.end_object().finish();
}

}  // namespace tandem::web
