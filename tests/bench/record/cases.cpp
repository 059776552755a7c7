#include "tests/bench/record/cases.hpp"

#include <cmath>

#include "store/analytics_queries.hpp"
#include "store/export_queries.hpp"
#include "store/queries.hpp"

namespace tandem::bench {

namespace {

using namespace std::chrono;
using store::CallFilter;
using Strings = std::vector<std::string>;

/// Draws values for filters.
class Draw {
 public:
  Draw(const Samples& samples, Chance& chance) : samples_(samples), chance_(chance) {}

  double share() { return std::uniform_real_distribution<double>(0, 1)(chance_); }
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(chance_);
  }
  const std::string& one_of(const Strings& values) { return values[below(values.size())]; }

  core::WallTime instant() {
    const auto span = duration_cast<seconds>(samples_.newest - samples_.oldest).count();
    return samples_.oldest + seconds(below(static_cast<std::size_t>(span)));
  }
  /// A place somewhere in the whole list.
  std::string cursor() {
    return std::to_string(instant().time_since_epoch().count()) + "_" + one_of(samples_.ids);
  }
  /// Some digits of a number that called.
  std::string digits(std::size_t least, std::size_t most) {
    const std::string& number = one_of(samples_.numbers);
    const std::size_t count = least + below(most - least + 1);
    return number.substr(1 + below(number.size() - count), count);
  }
  const std::string& number() { return one_of(samples_.numbers); }

  std::string common_word() {
    return one_of({"the", "a", "for", "you", "to", "please", "and", "table", "can", "yes"});
  }
  /// In some of a hundred to some of ten thousand calls.
  std::string uncommon_word() {
    return syllables(static_cast<unsigned>(std::exp(4 + share() * 5)));
  }
  std::string rare_word() {
    constexpr auto hex = "0123456789abcdef";
    std::string word = "name1";
    for (int i = 0; i < 4; ++i) word += hex[below(16)];
    return word;
  }

 private:
  /// The word of that rank in generate.sql.
  static std::string syllables(unsigned rank) {
    constexpr std::string_view pairs = "badacedifogulanomirepusetivoxuza";
    std::string word;
    do {
      word += pairs.substr(2 * (rank & 15U), 2);
      rank >>= 4U;
    } while (rank > 0);
    return word;
  }

  const Samples& samples_;
  Chance& chance_;
};

const Strings outcomes = {"booked",       "not_booked", "unclear", "pending",
                          "needs_review", "failed",     "none"};
const Strings statuses = {"queued", "initiated", "ringing",   "in-progress", "completed",
                          "busy",   "failed",    "no-answer", "canceled"};

using Fill = std::function<void(CallFilter&, Draw&)>;

class Cases {
 public:
  explicit Cases(const Samples& samples) : samples_(samples) {}

  void list(std::string name, Fill fill) {
    add(std::move(name), [fill = std::move(fill)](store::Connection& db, Draw& draw) {
      CallFilter filter;
      fill(filter, draw);
      return store::list_calls(db, filter).calls.size();
    });
  }

  void add(std::string name, std::function<std::size_t(store::Connection&, Draw&)> ask) {
    cases_.push_back(
        {std::move(name), [samples = samples_, ask = std::move(ask)](auto& db, Chance& chance) {
           Draw draw(samples, chance);
           return ask(db, draw);
         }});
  }

  std::vector<Case> take() { return std::move(cases_); }

 private:
  Samples samples_;
  std::vector<Case> cases_;
};

void add_single_filters(Cases& cases) {
  cases.list("list, first page", [](CallFilter&, Draw&) {});
  cases.list("list, any page", [](CallFilter& f, Draw& d) { f.cursor = d.cursor(); });
  cases.list("outcome", [](CallFilter& f, Draw& d) { f.outcome = d.one_of(outcomes); });
  cases.list("status", [](CallFilter& f, Draw& d) { f.status = d.one_of(statuses); });
  cases.list("direction", [](CallFilter& f, Draw& d) {
    f.direction = d.one_of({"inbound", "outbound"});
  });
  cases.list("provider", [](CallFilter& f, Draw& d) {
    f.provider = d.one_of({"hume", "gemini", "openai", "nobody"});
  });
  cases.list("from, to", [](CallFilter& f, Draw& d) {
    f.from = d.instant();
    f.to = *f.from + hours(1 + d.below(1'000));
  });
  cases.list("min duration", [](CallFilter& f, Draw& d) {
    f.min_duration_s = static_cast<std::int64_t>(d.below(1'200));
  });
  cases.list("duration range", [](CallFilter& f, Draw& d) {
    f.min_duration_s = static_cast<std::int64_t>(d.below(1'200));
    f.max_duration_s = *f.min_duration_s + static_cast<std::int64_t>(d.below(20));
  });
  cases.list("hour of the day",
             [](CallFilter& f, Draw& d) { f.hour = static_cast<std::int64_t>(d.below(24)); });
  cases.list("hour of the day, 90 days", [](CallFilter& f, Draw& d) {
    f.hour = static_cast<std::int64_t>(d.below(24));
    f.from = d.instant();
    f.to = *f.from + days(90);
  });
  cases.list("weekday, outcome, any page", [](CallFilter& f, Draw& d) {
    f.weekday = static_cast<std::int64_t>(1 + d.below(7));
    f.outcome = d.one_of(outcomes);
    f.cursor = d.cursor();
  });
  cases.list("answered or not, any page", [](CallFilter& f, Draw& d) {
    f.is_answered = d.share() < 0.5;
    f.cursor = d.cursor();
  });
  cases.list("answered or not, outcome", [](CallFilter& f, Draw& d) {
    f.is_answered = d.share() < 0.5;
    f.outcome = d.one_of(outcomes);
  });
  cases.list("whole number", [](CallFilter& f, Draw& d) { f.number = d.number(); });
  cases.list("1 to 3 digits of a number",
             [](CallFilter& f, Draw& d) { f.number = d.digits(1, 3); });
  cases.list("4 to 9 digits of a number",
             [](CallFilter& f, Draw& d) { f.number = d.digits(4, 9); });
}

void add_searches(Cases& cases) {
  cases.list("common word", [](CallFilter& f, Draw& d) { f.q = d.common_word(); });
  cases.list("uncommon word", [](CallFilter& f, Draw& d) { f.q = d.uncommon_word(); });
  cases.list("rare word", [](CallFilter& f, Draw& d) { f.q = d.rare_word(); });
  cases.list("word that nobody said", [](CallFilter& f, Draw& d) { f.q = d.rare_word() + "zz"; });
  cases.list("two letters", [](CallFilter& f, Draw& d) { f.q = d.uncommon_word().substr(0, 2); });
  cases.list("three words", [](CallFilter& f, Draw& d) {
    f.q = d.common_word() + " " + d.uncommon_word() + " " + d.uncommon_word();
  });
  cases.list("common word, any page", [](CallFilter& f, Draw& d) {
    f.q = d.common_word();
    f.cursor = d.cursor();
  });
}

void add_combinations(Cases& cases) {
  cases.list("outcome, any page", [](CallFilter& f, Draw& d) {
    f.outcome = d.one_of(outcomes);
    f.cursor = d.cursor();
  });
  cases.list("outcome, status, direction", [](CallFilter& f, Draw& d) {
    f.outcome = d.one_of(outcomes);
    f.status = d.one_of(statuses);
    f.direction = d.one_of({"inbound", "outbound"});
  });
  cases.list("outcome, duration range, month", [](CallFilter& f, Draw& d) {
    f.outcome = d.one_of(outcomes);
    f.min_duration_s = static_cast<std::int64_t>(d.below(600));
    f.max_duration_s = *f.min_duration_s + static_cast<std::int64_t>(d.below(60));
    f.from = d.instant();
    f.to = *f.from + days(30);
  });
  cases.list("booked that never talked", [](CallFilter& f, Draw&) {
    f.outcome = "booked";
    f.max_duration_s = 4;
  });
  cases.list("digits, outcome", [](CallFilter& f, Draw& d) {
    f.number = d.digits(2, 6);
    f.outcome = d.one_of(outcomes);
  });
}

void add_words_with_filters(Cases& cases) {
  cases.list("rare outcome, common word", [](CallFilter& f, Draw& d) {
    f.outcome = d.one_of({"failed", "needs_review"});
    f.q = d.common_word();
  });
  cases.list("rare outcome, uncommon word", [](CallFilter& f, Draw& d) {
    f.outcome = d.one_of({"failed", "needs_review"});
    f.q = d.uncommon_word();
  });
  cases.list("outcome, word, month", [](CallFilter& f, Draw& d) {
    f.outcome = d.one_of(outcomes);
    f.q = d.share() < 0.5 ? d.common_word() : d.uncommon_word();
    f.from = d.instant();
    f.to = *f.from + days(30);
  });
  cases.list("refused, yet said confirmed", [](CallFilter& f, Draw& d) {
    f.outcome = "not_booked";
    f.q = "confirmed";
    if (d.share() < 0.5) f.cursor = d.cursor();
  });
  cases.list("nobody answered, a word", [](CallFilter& f, Draw& d) {
    f.status = d.one_of({"no-answer", "busy", "failed"});
    f.q = d.share() < 0.5 ? d.common_word() : d.uncommon_word();
  });
  cases.list("duration range, word", [](CallFilter& f, Draw& d) {
    f.min_duration_s = static_cast<std::int64_t>(d.below(600));
    f.max_duration_s = *f.min_duration_s + static_cast<std::int64_t>(d.below(60));
    f.q = d.share() < 0.5 ? d.common_word() : d.uncommon_word();
  });
  cases.list("digits, word", [](CallFilter& f, Draw& d) {
    f.number = d.digits(2, 6);
    f.q = d.share() < 0.5 ? d.common_word() : d.uncommon_word();
  });
  cases.list("hour, answered, word", [](CallFilter& f, Draw& d) {
    f.hour = static_cast<std::int64_t>(d.below(24));
    f.is_answered = true;
    f.q = d.share() < 0.5 ? d.common_word() : d.uncommon_word();
  });
  cases.list("every filter", [](CallFilter& f, Draw& d) {
    f.outcome = d.one_of({"booked", "not_booked"});
    f.status = "completed";
    f.direction = d.one_of({"inbound", "outbound"});
    f.provider = "hume";
    f.q = d.common_word();
    f.number = d.digits(1, 3);
    f.from = d.instant();
    f.to = *f.from + days(90);
    f.min_duration_s = 20;
    f.max_duration_s = 300;
  });
}

void add_one_call(Cases& cases, const Samples& samples) {
  const auto& ids = samples.ids;
  cases.add("one call",
            [ids](auto& db, Draw& d) { return store::load_call(db, d.one_of(ids)) ? 1U : 0U; });
  cases.add("its transcript",
            [ids](auto& db, Draw& d) { return store::load_transcript(db, d.one_of(ids)).size(); });
  cases.add("its events",
            [ids](auto& db, Draw& d) { return store::load_events(db, d.one_of(ids)).size(); });
  cases.add("its latency", [ids](auto& db, Draw& d) {
    const auto latency = store::load_latency(db, d.one_of(ids));
    return latency ? latency->turns.size() : 0;
  });
}

void add_report(Cases& cases, const std::string& name, store::ReportBucket bucket, days span,
                core::WallTime newest) {
  cases.add(name, [=](store::Connection& db, Draw& draw) {
    const auto to = span < days(600) ? std::min(draw.instant() + span, newest) : newest;
    return store::load_report(db, {to - span, to, bucket}).buckets.size();
  });
}

void add_reports(Cases& cases, const Samples& samples) {
  using Bucket = store::ReportBucket;
  const auto newest = samples.newest;
  add_report(cases, "report, 7 days by hour", Bucket::hour, days(7), newest);
  add_report(cases, "report, 31 days by hour", Bucket::hour, days(31), newest);
  add_report(cases, "report, 90 days by day", Bucket::day, days(90), newest);
  add_report(cases, "report, 2 years by week", Bucket::week, days(729), newest);
  cases.add("report, the last two days by hour", [newest](store::Connection& db, Draw&) {
    return store::load_report(db, {newest - days(2), newest + hours(1), Bucket::hour})
        .buckets.size();
  });
  cases.add("stages of 90 days", [](store::Connection& db, Draw& d) {
    const auto from = d.instant();
    return store::load_stage_statistics(db, from, from + days(90)).size();
  });
}

void add_exports(Cases& cases) {
  cases.add("export, 500 calls of an outcome", [](store::Connection& db, Draw& d) {
    CallFilter filter;
    filter.outcome = d.one_of(outcomes);
    return store::export_page(db, filter, d.cursor(), 500).calls.size();
  });
  cases.add("export, 500 calls with a word", [](store::Connection& db, Draw& d) {
    CallFilter filter;
    filter.q = d.common_word();
    return store::export_page(db, filter, d.cursor(), 500).calls.size();
  });
}

}  // namespace

Samples draw_samples(store::Connection& connection) {
  Samples samples;
  const store::Rows rows = connection.run(
      "select id, phone_number from bridge.calls tablesample bernoulli (0.5) repeatable (1)");
  for (int row = 0; row < rows.size(); ++row) {
    samples.ids.emplace_back(rows.text(row, 0));
    samples.numbers.emplace_back(rows.text(row, 1));
  }
  const store::Rows range = connection.run(
      "select (extract(epoch from min(start_time)) * 1000000)::bigint, "
      "(extract(epoch from max(start_time)) * 1000000)::bigint from bridge.calls");
  samples.oldest = range.wall(0, 0);
  samples.newest = range.wall(0, 1);
  return samples;
}

std::vector<Case> all_cases(const Samples& samples) {
  Cases cases(samples);
  add_single_filters(cases);
  add_searches(cases);
  add_combinations(cases);
  add_words_with_filters(cases);
  add_one_call(cases, samples);
  add_reports(cases, samples);
  add_exports(cases);
  return cases.take();
}

}  // namespace tandem::bench
