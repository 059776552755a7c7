// What would another prompt or model have said? Asks a candidate about calls that were judged
// already and compares. Changes nothing in the database. With a journal, a run that was interrupted
// goes on where it stopped.
#pragma once

#include <array>
#include <atomic>
#include <iosfwd>
#include <string>
#include <vector>

#include "bridge/analysis.hpp"
#include "store/verdicts.hpp"

namespace tandem {

/// What a verdict counts as. Technical failures are a label of their own, never "not_booked".
inline constexpr std::array<std::string_view, 5> verdict_labels = {
    "booked", "not_booked", "unclear", "needs_review", "failed"};

struct BacktestRow {
  std::string call_id;
  std::string before;  ///< one of verdict_labels
  std::string after;   ///< one of verdict_labels
  std::string reason;  ///< the candidate's
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;
};

struct BacktestReport {
  std::string model;
  std::string prompt_version;
  std::size_t asked_for = 0;      ///< calls that were to be compared
  std::vector<BacktestRow> rows;  ///< newest call first; fewer than asked_for when interrupted

  [[nodiscard]] std::size_t agreed() const;
  [[nodiscard]] std::int64_t prompt_tokens() const;
  [[nodiscard]] std::int64_t output_tokens() const;
};

struct BacktestSettings {
  store::DatabaseUrl database;
  store::Analyse candidate;
  std::string model;
  std::string prompt_version;
  std::vector<store::PastVerdict> calls;
  int parallel = 4;     ///< questions under way at once
  std::string journal;  ///< a file; empty: none
};

/// Blocks. `done` counts finished calls, for who shows progress; setting `stop` ends the run after
/// the questions under way. Throws PostgresError, and std::runtime_error for a journal that cannot
/// be written.
BacktestReport run_backtest(const BacktestSettings& settings, std::atomic<std::size_t>& done,
                            const std::atomic<bool>& stop);

/// The agreement matrix, the flips, tokens and cost. `has_colour`: for a terminal.
void print_backtest(const BacktestReport& report, bool has_colour, std::ostream& out);
/// The same as one JSON object.
std::string backtest_json(const BacktestReport& report);

}  // namespace tandem
