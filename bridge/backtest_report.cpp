#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "bridge/backtest.hpp"
#include "codec/json_object.hpp"
#include "gemini/prices.hpp"

namespace tandem {

namespace {

using Matrix = std::array<std::array<std::size_t, verdict_labels.size()>, verdict_labels.size()>;

std::size_t index_of(std::string_view label) {
  const auto found = std::find(verdict_labels.begin(), verdict_labels.end(), label);
  return found == verdict_labels.end() ? verdict_labels.size() - 1
                                       : static_cast<std::size_t>(found - verdict_labels.begin());
}

/// [before][after]
Matrix matrix_of(const BacktestReport& report) {
  Matrix matrix{};
  for (const BacktestRow& row : report.rows) ++matrix[index_of(row.before)][index_of(row.after)];
  return matrix;
}

std::optional<double> cost_of(const BacktestReport& report) {
  return gemini::cost_usd(report.model, report.prompt_tokens(), report.output_tokens());
}

double agreement_of(const BacktestReport& report) {
  if (report.rows.empty()) return 0;
  return static_cast<double>(report.agreed()) / static_cast<double>(report.rows.size());
}

struct Colours {
  std::string_view bold, green, red, dim, off;
};
constexpr Colours plain{};
constexpr Colours bright{"\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"};

void print_matrix(const BacktestReport& report, const Colours& colours, std::ostream& out) {
  const Matrix matrix = matrix_of(report);
  out << fmt::format("{}{:<18}", colours.bold, "now / candidate");
  for (const auto label : verdict_labels) out << fmt::format("{:>14}", label);
  out << colours.off << '\n';
  for (std::size_t before = 0; before + 1 < verdict_labels.size(); ++before) {
    out << fmt::format("{:<18}", verdict_labels[before]);
    for (std::size_t after = 0; after < verdict_labels.size(); ++after) {
      const std::size_t count = matrix[before][after];
      const auto colour = count == 0 ? colours.dim : before == after ? colours.green : colours.red;
      out << fmt::format("{}{:>14}{}", colour, count == 0 ? "-" : std::to_string(count),
                         colours.off);
    }
    out << '\n';
  }
}

void print_flips(const BacktestReport& report, const Colours& colours, std::ostream& out) {
  bool is_first = true;
  for (const BacktestRow& row : report.rows) {
    if (row.before == row.after) continue;
    if (std::exchange(is_first, false))
      out << fmt::format("\n{}Flips{}\n", colours.bold, colours.off);
    out << fmt::format("  {}  {:>12} -> {}{:<12}{}  {}\n", row.call_id, row.before, colours.red,
                       row.after, colours.off, row.reason);
  }
}

}  // namespace

void print_backtest(const BacktestReport& report, bool has_colour, std::ostream& out) {
  const Colours& colours = has_colour ? bright : plain;
  out << fmt::format("{}Backtest{} of {}, prompt {}, on the last {} judged calls\n\n", colours.bold,
                     colours.off, report.model, report.prompt_version, report.asked_for);
  print_matrix(report, colours, out);
  out << fmt::format("\nagreement {:.1f} % ({} of {})\n", 100 * agreement_of(report),
                     report.agreed(), report.rows.size());
  print_flips(report, colours, out);
  out << fmt::format("\n{} tokens in, {} out", report.prompt_tokens(), report.output_tokens());
  const auto cost = cost_of(report);
  out << (cost ? fmt::format("; {:.4f} USD at the list prices of {}\n", *cost, gemini::prices_as_of)
               : fmt::format("; no list price of {} is known\n", report.model));
  if (report.rows.size() < report.asked_for)
    out << fmt::format("stopped after {} of {} calls\n", report.rows.size(), report.asked_for);
}

std::string backtest_json(const BacktestReport& report) {
  std::string out;
  codec::JsonObjectWriter json(out);
  json.text("model", report.model);
  json.text("prompt_version", report.prompt_version);
  json.number("asked_for", static_cast<std::int64_t>(report.asked_for));
  json.number("compared", static_cast<std::int64_t>(report.rows.size()));
  json.number("agreed", static_cast<std::int64_t>(report.agreed()));
  json.number("prompt_tokens", report.prompt_tokens());
  json.number("output_tokens", report.output_tokens());
  const auto cost = cost_of(report);
  json.raw("cost_usd", cost ? fmt::format("{:.6f}", *cost) : "null");
  json.text("prices_as_of", gemini::prices_as_of);
  std::string& calls = json.key("calls");
  calls += '[';
  for (const BacktestRow& row : report.rows) {
    if (calls.back() != '[') calls += ',';
    codec::JsonObjectWriter entry(calls);
    entry.text("call_id", row.call_id);
    entry.text("before", row.before);
    entry.text("after", row.after);
    entry.text("reason", row.reason);
    entry.close();
  }
  calls += ']';
  json.close();
  return out + '\n';
}

}  // namespace tandem
