#include "bridge/backtest.hpp"

#include <simdjson.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "bridge/clock.hpp"
#include "codec/json_object.hpp"

namespace tandem {

namespace {

using State = store::AnalysisOutcome::State;

std::string label_of(const store::AnalysisOutcome& outcome) {
  if (outcome.state == State::done) return outcome.outcome;
  return outcome.state == State::needs_review ? "needs_review" : "failed";
}

std::string label_of(const store::PastVerdict& verdict) {
  return verdict.state == "done" ? verdict.outcome : "needs_review";
}

/// One line of the journal.
std::string row_json(const BacktestRow& row) {
  std::string out;
  codec::JsonObjectWriter json(out);
  json.text("call_id", row.call_id);
  json.text("before", row.before);
  json.text("after", row.after);
  json.text("reason", row.reason);
  json.number("prompt_tokens", row.prompt_tokens);
  json.number("output_tokens", row.output_tokens);
  json.close();
  return out;
}

std::string text_of(simdjson::dom::element line, const char* key) {
  std::string_view text;
  return line[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::int64_t number_of(simdjson::dom::element line, const char* key) {
  std::int64_t number = 0;
  return line[key].get(number) == simdjson::SUCCESS ? number : 0;
}

/// What an interrupted run of the same candidate found out. Its first line names the candidate;
/// half a line at the end was not finished.
class Journal {
 public:
  Journal(const std::string& path, const std::string& candidate) : path_(path) {
    if (path.empty()) return;
    const bool is_same = read(candidate);
    file_.open(path, is_same ? std::ios::app : std::ios::trunc);
    if (!file_) throw std::runtime_error(path + " cannot be written");
    // a line of its own, whatever was cut off before
    file_ << (is_same ? "" : candidate) << '\n' << std::flush;
  }

  [[nodiscard]] const BacktestRow* find(const std::string& call_id) const {
    const auto found = known_.find(call_id);
    return found == known_.end() ? nullptr : &found->second;
  }
  void add(const BacktestRow& row) {
    if (!path_.empty()) file_ << row_json(row) << '\n' << std::flush;
  }

 private:
  bool read(const std::string& candidate) {
    std::ifstream file(path_);
    std::string text;
    if (!std::getline(file, text) || text != candidate) return false;
    simdjson::dom::parser parser;
    while (std::getline(file, text)) {
      simdjson::dom::element line;
      if (parser.parse(text).get(line) != simdjson::SUCCESS) continue;
      BacktestRow row{text_of(line, "call_id"),         text_of(line, "before"),
                      text_of(line, "after"),           text_of(line, "reason"),
                      number_of(line, "prompt_tokens"), number_of(line, "output_tokens")};
      known_[row.call_id] = std::move(row);
    }
    return true;
  }

  std::string path_;
  std::ofstream file_;
  std::map<std::string, BacktestRow> known_;
};

/// The threads of one run and what they share.
class Run {
 public:
  Run(const BacktestSettings& settings, std::atomic<std::size_t>& done,
      const std::atomic<bool>& stop)
      : settings_(settings),
        done_(done),
        stop_(stop),
        journal_(settings.journal, settings.model + " " + settings.prompt_version),
        rows_(settings.calls.size()) {}

  std::vector<BacktestRow> rows() {
    std::vector<std::thread> threads;
    for (int i = 0; i < settings_.parallel; ++i) threads.emplace_back([this] { work(); });
    for (auto& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
    std::vector<BacktestRow> rows;
    for (auto& row : rows_)
      if (row) rows.push_back(std::move(*row));
    return rows;
  }

 private:
  void work() {
    try {
      store::Connection connection(settings_.database());
      for (std::size_t i = next_++; i < settings_.calls.size() && !stop_ && !has_failed_;
           i = next_++)
        compare(connection, i);
    } catch (const std::exception&) {
      const std::lock_guard lock(mutex_);
      has_failed_ = true;
      if (!failure_) failure_ = std::current_exception();
    }
  }

  void compare(store::Connection& connection, std::size_t index) {
    const store::PastVerdict& past = settings_.calls[index];
    BacktestRow row;
    if (const BacktestRow* known = journal_.find(past.call_id)) {
      row = *known;
      row.before = label_of(past);  // it may have been judged anew since
    } else {
      const auto outcome = ask(store::load_judged_call(connection, past.call_id));
      if (!outcome) return;
      row = {past.call_id,    label_of(past),         label_of(*outcome),
             outcome->reason, outcome->prompt_tokens, outcome->output_tokens};
      const std::lock_guard lock(mutex_);
      if (row.after != "failed") journal_.add(row);  // a failure is worth another try next time
    }
    const std::lock_guard lock(mutex_);
    rows_[index] = std::move(row);
    ++done_;
  }

  /// Passing failures are tried again a few times. Nothing: stopped meanwhile.
  std::optional<store::AnalysisOutcome> ask(const store::JudgedCall& call) {
    constexpr int tries_max = 5;
    auto outcome = settings_.candidate(call);
    for (int tries = 1; tries < tries_max; ++tries) {
      if (outcome.state != State::retry && outcome.state != State::postponed) break;
      if (!wait(std::max(outcome.retry_after, std::chrono::seconds(1 << tries)))) return {};
      outcome = settings_.candidate(call);
    }
    return outcome;
  }

  /// False when stopped.
  bool wait(std::chrono::seconds time) {
    const auto until = clock_now() + time;
    while (!stop_ && !has_failed_ && clock_now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return !stop_ && !has_failed_;
  }

  const BacktestSettings& settings_;
  std::atomic<std::size_t>& done_;
  const std::atomic<bool>& stop_;
  std::mutex mutex_;
  Journal journal_;
  std::vector<std::optional<BacktestRow>> rows_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> has_failed_{false};
  std::exception_ptr failure_;
};

}  // namespace

std::size_t BacktestReport::agreed() const {
  return static_cast<std::size_t>(std::count_if(
      rows.begin(), rows.end(), [](const BacktestRow& row) { return row.before == row.after; }));
}

std::int64_t BacktestReport::prompt_tokens() const {
  std::int64_t sum = 0;
  for (const BacktestRow& row : rows) sum += row.prompt_tokens;
  return sum;
}

std::int64_t BacktestReport::output_tokens() const {
  std::int64_t sum = 0;
  for (const BacktestRow& row : rows) sum += row.output_tokens;
  return sum;
}

BacktestReport run_backtest(const BacktestSettings& settings, std::atomic<std::size_t>& done,
                            const std::atomic<bool>& stop) {
  BacktestReport report;
  report.model = settings.model;
  report.prompt_version = settings.prompt_version;
  report.asked_for = settings.calls.size();
  report.rows = Run(settings, done, stop).rows();
  return report;
}

}  // namespace tandem
