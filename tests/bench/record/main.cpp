// tandem-bench-record URL migrate | measure [ROUNDS [JSON [WORD]]]. Started by
// tests/bench/record/run.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "store/migrate.hpp"
#include "store/report_days.hpp"
#include "tests/bench/record/cases.hpp"

namespace {

using namespace tandem;
using std::chrono::steady_clock;

constexpr double goal_ms = 100;

struct Figures {
  std::string name;
  std::size_t rounds = 0;
  double p50_ms = 0;
  double p95_ms = 0;
  double max_ms = 0;
  double rows = 0;  ///< mean
};

double milliseconds_since(steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count();
}

/// As a QueryThread does: one transaction with its limits per question.
Figures measure(store::Connection& connection, const bench::Case& asked, std::size_t rounds) {
  bench::Chance chance(std::hash<std::string>{}(asked.name));
  std::vector<double> times;
  std::size_t rows = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto begin = steady_clock::now();
    store::Transaction transaction(connection);
    rows += asked.ask(connection, chance);
    transaction.commit();
    times.push_back(milliseconds_since(begin));
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](std::size_t percent) { return times[(times.size() - 1) * percent / 100]; };
  return {.name = asked.name,
          .rounds = rounds,
          .p50_ms = at(50),
          .p95_ms = at(95),
          .max_ms = times.back(),
          .rows = static_cast<double>(rows) / static_cast<double>(rounds)};
}

void write_json(const std::string& file, const std::vector<Figures>& all) {
  std::ofstream out(file);
  out << "[";
  const char* separator = "\n";
  for (const Figures& figures : all) {
    out << separator
        << fmt::format(R"(  {{"case": "{}", "rounds": {}, "p50_ms": {:.2f}, "p95_ms": {:.2f}, )"
                       R"("max_ms": {:.2f}, "rows": {:.1f}}})",
                       figures.name, figures.rounds, figures.p50_ms, figures.p95_ms, figures.max_ms,
                       figures.rows);
    separator = ",\n";
  }
  out << "\n]\n";
}

int measure_all(store::Connection& connection, std::size_t rounds, const std::string& json,
                const std::string& word) {
  connection.set_answer_timeout(std::chrono::minutes(2));
  const auto begin = steady_clock::now();
  int days = 0;
  for (int written = 1; written > 0; days += written) {
    written = store::write_report_days(connection, 30);
  }
  if (days > 0)
    fmt::print("{} days of reports written in {:.0f} ms\n", days, milliseconds_since(begin));
  connection.script("vacuum analyze bridge.report_cells");
  fmt::print("{:<36} {:>9} {:>9} {:>9} {:>7}\n", "", "p50 ms", "p95 ms", "max ms", "rows");
  std::vector<Figures> all;
  for (const bench::Case& asked : bench::all_cases(bench::draw_samples(connection))) {
    if (asked.name.find(word) == std::string::npos) continue;
    const Figures figures = measure(connection, asked, rounds);
    fmt::print("{:<36} {:>9.1f} {:>9.1f} {:>9.1f} {:>7.0f}{}\n", figures.name, figures.p50_ms,
               figures.p95_ms, figures.max_ms, figures.rows,
               figures.p95_ms > goal_ms ? "  over the goal" : "");
    std::cout.flush();
    all.push_back(figures);
  }
  if (!json.empty()) write_json(json, all);
  const auto slow =
      std::count_if(all.begin(), all.end(), [](const Figures& f) { return f.p95_ms > goal_ms; });
  fmt::print("{} of {} answer within {:.0f} ms (p95 of {} rounds)\n",
             all.size() - static_cast<std::size_t>(slow), all.size(), goal_ms, rounds);
  return slow == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  try {
    const std::string command = arguments[2];
    const auto argument = [&](int index) {
      return std::string(count > index ? arguments[index] : "");
    };
    store::Connection connection{core::Secret(arguments[1])};
    if (command == "migrate") {
      store::migrate(connection);
      return EXIT_SUCCESS;
    }
    const std::string rounds = argument(3);
    return measure_all(connection, rounds.empty() ? 200 : std::stoul(rounds), argument(4),
                       argument(5));
  } catch (const store::PostgresError& error) {
    std::cerr << error.what() << ": " << error.detail() << "\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
  }
  return EXIT_FAILURE;
}
