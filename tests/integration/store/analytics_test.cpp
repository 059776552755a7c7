// Reports: what they count, and that cells written for past days never change an answer.
#include <algorithm>
#include <thread>

#include "store/analytics_cells.hpp"
#include "store/analytics_queries.hpp"
#include "store/migrate.hpp"
#include "store/queries.hpp"
#include "store/report_days.hpp"
#include "tests/integration/postgres_cluster.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono;
using namespace std::chrono_literals;
using test::migrated_database;
using test::PostgresCluster;

namespace {

/// Monday.
constexpr sys_days first_day{2026y / November / 2};

struct Plan {
  core::WallTime start{};
  std::string direction = "inbound";
  std::string provider = "hume";
  bool is_answered = true;
  std::string outcome = {};  ///< empty: no verdict
  int duration_s = 60;
  std::vector<int> gaps_ms = {};
};

void add_call(store::Connection& db, int number, const Plan& plan) {
  const std::string id = test::call_id(number).str();
  db.run(
      "insert into bridge.calls (id, direction, provider, start_time, answered_time, end_time, "
      "duration, status) values ($1, $2, nullif($3, ''), $4, case when $5 then $4::timestamptz "
      "end, $4, $6, 'completed')",
      store::Parameters()
          .add(id)
          .add(plan.direction)
          .add(plan.provider)
          .add(plan.start)
          .add(plan.is_answered)
          .add(plan.duration_s));
  std::string turns = "[";
  for (const int gap : plan.gaps_ms) {
    if (turns.size() > 1) turns += ",";
    turns += "{\"gap_us\": " + std::to_string(gap) + "000}";
  }
  db.run(
      "insert into bridge.analytics (call_id, interruptions, talk_ratio, response_times) "
      "values ($1, 2, 0.5, $2)",
      store::Parameters().add(id).add(turns + "]"));
  if (plan.outcome.empty()) return;
  db.run("insert into bridge.booking_analysis (call_id, state, outcome) values ($1, 'done', $2)",
         store::Parameters().add(id).add(plan.outcome));
}

/// Some three hundred calls over twelve days, of all kinds; the newest day is today's last but two.
void add_many_calls(store::Connection& db) {
  const char* outcomes[] = {"booked", "not_booked", "unclear", "", "not_booked"};
  for (int i = 0; i < 300; ++i) {
    add_call(db, i,
             {.start = first_day + 61min * i,
              .direction = i % 3 == 0 ? "outbound" : "inbound",
              .provider = i % 7 == 0    ? "gemini"
                          : i % 50 == 1 ? ""
                                        : "hume",
              .is_answered = i % 4 != 0,
              .outcome = outcomes[i % 5],
              .duration_s = 7 * i % 400,
              .gaps_ms = {500 + i, 900 + 3 * i}});
  }
}

std::string text_of(const store::Spread& spread) {
  return std::to_string(spread.count) + " " + std::to_string(spread.p50) + " " +
         std::to_string(spread.p95) + " " + std::to_string(spread.p99) + " " +
         std::to_string(spread.max);
}

std::string text_of(const store::ReportRow& row) {
  const auto& f = row.figures;
  std::string text = core::to_rfc3339(row.start) + row.name;
  for (const auto count : {f.calls, f.answered, f.booked, f.not_booked, f.unclear, f.unjudged,
                           f.interruptions, static_cast<std::int64_t>(f.talk_ratio * 1e6)}) {
    text += " " + std::to_string(count);
  }
  return text + " | " + text_of(f.duration_s) + " | " + text_of(f.turn_gap_ms) + "\n";
}

std::string text_of(const store::Report& report) {
  std::string text = text_of(store::ReportRow{report.from, "total", report.total});
  for (const auto& row : report.buckets) text += text_of(row);
  for (const auto& row : report.by_provider) text += text_of(row);
  for (const auto& row : report.by_direction) text += text_of(row);
  for (const auto& square : report.week) {
    for (const auto value : {std::int64_t{square.weekday}, std::int64_t{square.hour}, square.calls,
                             square.answered, square.booked, square.not_booked}) {
      text += std::to_string(value) + " ";
    }
    text += "\n";
  }
  return text;
}

std::vector<std::string> all_reports(store::Connection& db) {
  std::vector<std::string> texts;
  for (const auto bucket :
       {store::ReportBucket::hour, store::ReportBucket::day, store::ReportBucket::week}) {
    for (const auto& [from, to] :
         {std::pair(0min, 13 * 24 * 60min), std::pair(90min, 2 * 24 * 60min),
          std::pair(30 * 60min, 250 * 60min), std::pair(61min, 119min)}) {
      texts.push_back(text_of(store::load_report(db, {first_day + from, first_day + to, bucket})));
    }
  }
  return texts;
}

}  // namespace

TEST_CASE("a report counts calls, answers and verdicts, the unclear apart") {
  store::Connection db(migrated_database());
  const core::WallTime nine = first_day + 9h;
  add_call(db, 1, {.start = nine, .outcome = "booked", .duration_s = 30, .gaps_ms = {800, 1200}});
  add_call(db, 2, {.start = nine + 10min, .outcome = "booked", .duration_s = 90});
  add_call(db, 3, {.start = nine + 20min, .provider = "gemini", .outcome = "not_booked"});
  add_call(db, 4, {.start = nine + 1h, .outcome = "unclear"});
  add_call(db, 5, {.start = nine + 25h, .direction = "outbound", .is_answered = false});
  const auto report =
      store::load_report(db, {first_day, first_day + days(2), store::ReportBucket::day});
  CHECK(report.total.calls == 5);
  CHECK(report.total.answered == 4);
  CHECK(report.total.unclear == 1);
  CHECK(report.total.unjudged == 1);
  CHECK(report.total.interruptions == 10);
  CHECK(report.total.talk_ratio == Approx(0.5));
  CHECK(*report.total.answer_rate() == Approx(0.8));
  CHECK(*report.total.booking_rate() == Approx(2.0 / 3));
  CHECK(report.total.duration_s.count == 5);
  CHECK(report.total.duration_s.p50 == 60);
  CHECK(report.total.turn_gap_ms.count == 2);
  CHECK(report.total.turn_gap_ms.p50 == Approx(800).epsilon(0.02));
  CHECK(report.total.turn_gap_ms.max == Approx(1200).epsilon(0.02));
  REQUIRE(report.buckets.size() == 2);
  CHECK(report.buckets[1].start == first_day + days(1));
  CHECK(report.buckets[1].figures.calls == 1);
  CHECK_FALSE(report.buckets[1].figures.booking_rate().has_value());
  REQUIRE(report.by_provider.size() == 2);
  CHECK(report.by_provider[0].name == "hume");
  CHECK(report.by_provider[0].figures.calls == 4);
  REQUIRE(report.by_direction.size() == 2);
  CHECK(report.by_direction[1].name == "outbound");
  REQUIRE(report.week.size() == 3);
  CHECK(report.week[0].weekday == 1);
  CHECK(report.week[0].hour == 9);
  CHECK(report.week[0].calls == 3);
  CHECK(report.week[0].booked == 2);
  CHECK(report.week[2].weekday == 2);
}

namespace {

constexpr store::TimeRange whole{first_day, first_day + days(13)};

/// How many calls the list shows with this filter, over the whole time of add_many_calls().
std::int64_t listed(store::Connection& db, store::CallFilter filter) {
  if (!filter.from) filter.from = whole.from;
  if (!filter.to) filter.to = whole.to;
  filter.limit = 500;
  return static_cast<std::int64_t>(store::list_calls(db, filter).calls.size());
}

template <class Change>
store::CallFilter with(store::CallFilter filter, Change change) {
  change(filter);
  return filter;
}

/// The calls behind each figure of a bar are the same number in the list.
void check_bar(store::Connection& db, const store::Counts& bar, const store::CallFilter& filter) {
  CHECK(listed(db, filter) == bar.calls);
  CHECK(listed(db, with(filter, [](auto& f) { f.is_answered = true; })) == bar.answered);
  CHECK(listed(db, with(filter, [](auto& f) { f.is_answered = false; })) ==
        bar.calls - bar.answered);
  CHECK(listed(db, with(filter, [](auto& f) { f.outcome = "booked"; })) == bar.booked);
  CHECK(listed(db, with(filter, [](auto& f) { f.outcome = "not_booked"; })) == bar.not_booked);
}

}  // namespace

TEST_CASE("every bar of a report opens exactly its calls in the list") {
  store::Connection db(migrated_database());
  add_many_calls(db);
  const auto report = store::load_report(db, {whole.from, whole.to, store::ReportBucket::day});
  for (const auto& bar : report.buckets) {
    check_bar(db, bar.figures, with({}, [&](auto& f) {
                f.from = bar.start;
                f.to = bar.start + days(1);
              }));
  }
  REQUIRE(report.by_provider.size() == 3);
  for (const auto& bar : report.by_provider) {
    const std::string name = bar.name.empty() ? "none" : bar.name;
    check_bar(db, bar.figures, with({}, [&](auto& f) { f.provider = name; }));
  }
  REQUIRE(report.week.size() > 100);
  for (const auto& square : report.week) {
    INFO(square.weekday << " " << square.hour);
    check_bar(db, square, with({}, [&](auto& f) {
                f.hour = square.hour;
                f.weekday = square.weekday;
              }));
  }
}

TEST_CASE("percentiles of a report are those of all values, within two percent") {
  store::Connection db(migrated_database());
  add_many_calls(db);
  const auto total = store::load_report(db, {whole.from, whole.to, store::ReportBucket::day}).total;
  const auto exact = [&](const std::string& values, double rank) {
    return static_cast<double>(test::number_from(db, "select percentile_disc(" +
                                                         std::to_string(rank) +
                                                         ") within group (order by value) "
                                                         "from (" +
                                                         values + ") v (value)"));
  };
  const std::string durations = "select duration from bridge.calls";
  const std::string gaps =
      "select (turn ->> 'gap_us')::bigint / 1000 from bridge.analytics, "
      "jsonb_array_elements(response_times) turn";
  for (const auto& [spread, values] :
       {std::pair(total.duration_s, durations), std::pair(total.turn_gap_ms, gaps)}) {
    CHECK(static_cast<double>(spread.p50) == Approx(exact(values, 0.5)).epsilon(0.02));
    CHECK(static_cast<double>(spread.p95) == Approx(exact(values, 0.95)).epsilon(0.02));
    CHECK(static_cast<double>(spread.p99) == Approx(exact(values, 0.99)).epsilon(0.02));
    CHECK(static_cast<double>(spread.max) == Approx(exact(values, 1)).epsilon(0.02));
  }
}

TEST_CASE("buckets without a call are there too, and weeks begin on Monday") {
  store::Connection db(migrated_database());
  add_call(db, 1, {.start = first_day + days(9)});
  const auto weeks = store::load_report(
      db, {first_day + days(3), first_day + days(16), store::ReportBucket::week});
  REQUIRE(weeks.buckets.size() == 3);
  CHECK(weeks.buckets[0].start == first_day);
  CHECK(weeks.buckets[1].figures.calls == 1);
  const auto hours =
      store::load_report(db, {first_day, first_day + 5h + 1s, store::ReportBucket::hour});
  CHECK(hours.buckets.size() == 6);
  CHECK(hours.total.calls == 0);
  CHECK_FALSE(hours.total.answer_rate().has_value());
}

TEST_CASE("a report that is empty, backwards or too long is answered, the last one cut") {
  store::Connection db(migrated_database());
  using Bucket = store::ReportBucket;
  CHECK(store::load_report(db, {first_day, first_day, Bucket::day}).buckets.empty());
  CHECK(store::load_report(db, {first_day, first_day - days(1), Bucket::day}).buckets.empty());
  const auto report = store::load_report(db, {first_day - days(400), first_day, Bucket::hour});
  CHECK(report.from == first_day - store::report_span_max(Bucket::hour));
  CHECK(report.buckets.size() == 31 * 24);
}

TEST_CASE("cells written for past days change no report") {
  store::Connection db(migrated_database());
  add_many_calls(db);
  const auto counted = all_reports(db);
  CHECK(store::write_report_days(db, 5) == 5);
  CHECK(all_reports(db) == counted);
  const int rest = store::write_report_days(db, 10'000);
  CHECK(rest >= 8);
  CHECK(store::write_report_days(db, 10'000) == 0);
  CHECK(test::number_from(db, "select sum(calls) from bridge.report_cells where span = 'day'") ==
        300);
  CHECK(all_reports(db) == counted);
}

TEST_CASE("a change to a written day is in the next report, and the day is written again") {
  store::Connection db(migrated_database());
  add_many_calls(db);
  store::write_report_days(db, 10'000);
  const std::string id = test::call_id(130).str();
  const auto on_call = [&](const char* statement) {
    db.run(statement, store::Parameters().add(id));
    const auto after_change = all_reports(db);
    db.run("delete from bridge.report_days");
    CHECK(all_reports(db) == after_change);
    CHECK(store::write_report_days(db, 10'000) > 0);
    CHECK(all_reports(db) == after_change);
    return after_change;
  };
  const auto before = all_reports(db);
  const auto judged =
      on_call("update bridge.booking_analysis set outcome = 'unclear' where call_id = $1");
  CHECK(judged != before);
  const auto slower = on_call(
      "update bridge.analytics set response_times = '[{\"gap_us\": 9000000}]' where call_id = $1");
  CHECK(slower != judged);
  const auto moved =
      on_call("update bridge.calls set start_time = start_time - interval '2 days' where id = $1");
  CHECK(moved != slower);
  CHECK(on_call("delete from bridge.calls where id = $1") != moved);
}

TEST_CASE("days are written once while calls change under several writers") {
  const core::Secret url = migrated_database();
  store::Connection db(url);
  add_many_calls(db);
  std::atomic<bool> failed{false};
  const auto run = [&](auto work) {
    return std::thread([&, work] {
      try {
        store::Connection own(url);
        work(own);
      } catch (const std::exception&) {
        failed = true;
      }
    });
  };
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 2; ++writer) {
    threads.push_back(run([](store::Connection& own) {
      for (int i = 0; i < 10; ++i) store::write_report_days(own, 10'000);
    }));
  }
  threads.push_back(run([](store::Connection& own) {
    for (int i = 0; i < 150; ++i) {
      own.run("update bridge.calls set duration = duration + 1 where id = $1",
              store::Parameters().add(test::call_id(i % 30).str()));
    }
  }));
  for (auto& thread : threads) thread.join();
  CHECK_FALSE(failed);
  store::write_report_days(db, 10'000);
  const auto from_cells = all_reports(db);
  db.run("delete from bridge.report_days");
  CHECK(all_reports(db) == from_cells);
}

TEST_CASE("a class stands for its values within two percent") {
  store::Connection db(migrated_database());
  const store::Rows rows = db.run(
      "select value, bridge.report_class(value) from (select i as value from generate_series(0, "
      "5000) i union all select (1.37 ^ i)::bigint from generate_series(20, 60) i "
      "union all select (2.0 ^ i)::bigint from generate_series(1, 40) i) v (value)");
  REQUIRE(rows.size() > 5'000);
  for (int row = 0; row < rows.size(); ++row) {
    const auto value = static_cast<double>(rows.integer(row, 0));
    const auto middle =
        static_cast<double>(store::value_of_class(static_cast<std::int32_t>(rows.integer(row, 1))));
    INFO(value);
    REQUIRE(std::abs(middle - value) <= 0.02 * value);
  }
}

TEST_CASE("spreads take the nearest rank") {
  const auto spread = [](const store::Classes& classes) {
    store::Histogram histogram;
    histogram.add(classes);
    return text_of(histogram.spread());
  };
  CHECK(spread({}) == "0 0 0 0 0");
  CHECK(spread({{7, 1}}) == "1 7 7 7 7");
  CHECK(spread({{1, 50}, {2, 45}, {3, 4}, {9, 1}}) == "100 1 2 3 9");
  CHECK(store::parse_classes("{{12,3},{13,1}}") == store::Classes{{12, 3}, {13, 1}});
  CHECK(store::parse_classes("{}").empty());
}
