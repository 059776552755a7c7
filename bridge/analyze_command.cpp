// `tandem analyze`: judges calls of a range (again), or asks what a candidate prompt or model would
// have said of calls that were judged already.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

#include "bridge/analysis.hpp"
#include "bridge/backtest.hpp"
#include "bridge/blocking_http.hpp"
#include "bridge/command_settings.hpp"
#include "bridge/core/day.hpp"
#include "bridge/privacy.hpp"
#include "store/job_worker.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

struct AnalyzeOptions {
  store::AnalysisRange range;
  bool redo = false;
  bool backtest = false;
  std::string model;
  std::string prompt_file;
  std::int64_t last = 200;
  int parallel = 4;
  std::string json_file;
};

/// That day's first moment.
bool read_day(std::string_view text, std::optional<core::WallTime>& wall) {
  const auto day = core::parse_day(text);
  if (day) wall = *day;
  return day.has_value();
}

template <class Number>
bool parse_number(std::string_view text, Number low, Number high, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= low && out <= high;
}

bool parse_option(std::string_view name, std::string_view value, AnalyzeOptions& options) {
  constexpr std::int64_t last_max = 100'000;
  constexpr int parallel_max = 32;
  if (name == "--since") return read_day(value, options.range.since);
  if (name == "--until") return read_day(value, options.range.until);
  if (name == "--last") return parse_number<std::int64_t>(value, 1, last_max, options.last);
  if (name == "--parallel") return parse_number(value, 1, parallel_max, options.parallel);
  std::string* text = name == "--model"    ? &options.model
                      : name == "--prompt" ? &options.prompt_file
                      : name == "--json"   ? &options.json_file
                                           : nullptr;
  if (text == nullptr || value.empty()) return false;
  *text = value;
  return true;
}

std::optional<AnalyzeOptions> parse(Arguments arguments) {
  AnalyzeOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--redo") {
      options.redo = true;
    } else if (name == "--backtest") {
      options.backtest = true;
    } else if (i + 1 >= arguments.size() || !parse_option(name, arguments[++i], options)) {
      return std::nullopt;
    }
  }
  const bool has_candidate =
      !options.model.empty() || !options.prompt_file.empty() || !options.json_file.empty();
  // A range must be named, or a slip of the finger judges everything there ever was.
  const bool is_whole = options.backtest ? !options.redo : options.range.since && !has_candidate;
  if (!is_whole) return std::nullopt;
  return options;
}

/// SIGINT and SIGTERM are waited for instead of ending the process between two questions.
void block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGPIPE}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by every thread that starts later
}

/// True when one came within a quarter of a second.
bool was_interrupted() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  const timespec wait{0, 250'000'000};
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

/// One line that is written over; nothing where nobody watches.
class ProgressLine {
 public:
  void show(const std::string& text) {
    if (!is_watched_ || text == shown_) return;
    std::cerr << '\r' << text << "\x1b[K" << std::flush;
    shown_ = text;
  }
  ~ProgressLine() {
    if (!shown_.empty()) std::cerr << "\r\x1b[K" << std::flush;
  }
  ProgressLine() = default;
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  const bool is_watched_ = ::isatty(STDERR_FILENO) == 1;
  std::string shown_;
};

store::JobWorkerSettings worker_settings(const store::DatabaseUrl& database) {
  store::JobWorkerSettings settings;
  settings.database = database;
  settings.owner = fmt::format("tandem analyze {}", ::getpid());
  settings.notices = [](const store::Notice& notice) {
    std::cerr << "tandem: " << notice.code << ": " << notice.detail << '\n';
  };
  return settings;
}

std::string progress_of(const store::AnalysisCounts& counts, std::chrono::milliseconds pause) {
  const auto judged = counts.done + counts.needs_review + counts.failed;
  std::string text = fmt::format("  {} of {} calls judged", judged, judged + counts.waiting);
  if (pause > 0ms)
    text += fmt::format("; the quota is used up, going on in {} s",
                        std::chrono::ceil<std::chrono::seconds>(pause).count());
  return text;
}

int print_summary(const store::AnalysisCounts& counts, bool was_stopped) {
  std::cout << fmt::format("{} judged, {} for a person, {} failed", counts.done,
                           counts.needs_review, counts.failed);
  if (counts.waiting > 0) std::cout << fmt::format(", {} still queued", counts.waiting);
  std::cout << '\n';
  if (was_stopped) std::cout << "stopped: what is queued is judged by the next bridge or run\n";
  return counts.failed == 0 && counts.waiting == 0 ? exit_done : exit_failed;
}

/// Queues the range and works beside whatever bridge works on it too.
int judge(const Config& config, const AnalyzeOptions& options) {
  const store::DatabaseUrl database = database_of(config);
  store::Connection connection(database());
  const auto ids = store::queue_analyses(connection, options.range, options.redo);
  std::cout << fmt::format("{} call(s) to judge with {}, prompt {}\n", ids.size(),
                           config.gemini.model, gemini::prompt_version)
            << std::flush;
  BlockingHttp http;
  const auto limit = std::make_shared<SharedLimit>();
  auto handler = store::analysis_job(make_analyse(
      analysis_settings(config),
      [&](core::OutgoingRequest request) { return http.exchange(std::move(request)); }, limit));
  handler.pause = [limit] { return limit->pause(); };
  bool was_stopped = false;
  store::AnalysisCounts counts = store::count_analyses(connection, ids);
  {
    std::vector<std::unique_ptr<store::JobWorker>> workers;
    for (int i = 0; i < options.parallel && counts.waiting > 0; ++i)
      workers.push_back(std::make_unique<store::JobWorker>(worker_settings(database), handler));
    ProgressLine progress;
    while (counts.waiting > 0 && !was_stopped) {
      progress.show(progress_of(counts, limit->pause()));
      was_stopped = was_interrupted();
      counts = store::count_analyses(connection, ids);
    }
    for (auto& worker : workers) worker->stop(10s);
  }
  return print_summary(store::count_analyses(connection, ids), was_stopped);
}

/// FNV-1a, to tell one prompt file from another.
std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("file-{:016x}", hash);
}

gemini::AnalysisSettings candidate_of(const Config& config, const AnalyzeOptions& options) {
  auto settings = analysis_settings(config);
  if (!options.model.empty()) settings.model = options.model;
  if (options.prompt_file.empty()) return settings;
  std::ifstream file(options.prompt_file, std::ios::binary);
  settings.instructions.assign(std::istreambuf_iterator<char>(file), {});
  if (!file || settings.instructions.empty())
    throw std::runtime_error(options.prompt_file + " cannot be read, or is empty");
  settings.prompt_version = fingerprint(settings.instructions);
  return settings;
}

BacktestReport compare(const Config& config, const AnalyzeOptions& options) {
  const auto candidate = candidate_of(config, options);
  BlockingHttp http;
  BacktestSettings settings;
  settings.database = database_of(config);
  settings.candidate = make_analyse(
      candidate, [&](core::OutgoingRequest request) { return http.exchange(std::move(request)); },
      std::make_shared<SharedLimit>());
  settings.model = candidate.model;
  settings.prompt_version = candidate.prompt_version;
  settings.parallel = options.parallel;
  if (!options.json_file.empty()) settings.journal = options.json_file + ".part";
  store::Connection connection(settings.database());
  settings.calls = store::list_verdicts(connection, options.range, options.last);
  std::atomic<std::size_t> done{0};
  std::atomic<bool> stop{false};
  std::atomic<bool> has_ended{false};
  BacktestReport report;
  std::exception_ptr failure;
  std::thread runner([&] {
    try {
      report = run_backtest(settings, done, stop);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    has_ended = true;
  });
  {
    ProgressLine progress;
    while (!has_ended) {
      progress.show(fmt::format("  {} of {} calls compared", done.load(), settings.calls.size()));
      if (was_interrupted()) stop = true;
    }
  }
  runner.join();
  if (failure) std::rethrow_exception(failure);
  return report;
}

int backtest(const Config& config, const AnalyzeOptions& options) {
  const BacktestReport report = compare(config, options);
  print_backtest(report, ::isatty(STDOUT_FILENO) == 1, std::cout);
  const bool is_whole = report.rows.size() == report.asked_for;
  if (options.json_file.empty()) return is_whole ? exit_done : exit_failed;
  const std::string journal = options.json_file + ".part";
  if (!is_whole) {
    std::cout << "run it again to go on: what was asked is kept in " << journal << '\n';
    return exit_failed;
  }
  std::ofstream file(options.json_file, std::ios::trunc);
  file << backtest_json(report) << std::flush;
  if (!file) throw std::runtime_error(options.json_file + " cannot be written");
  ::unlink(journal.c_str());
  return exit_done;
}

constexpr std::string_view help =
    "  analyze --since DATE [--until DATE] [--redo]     judge the calls of these days (UTC; the "
    "last\n"
    "                                                   day is not included) that have no "
    "verdict;\n"
    "                                                   --redo: all of them again\n"
    "  analyze --backtest [--model M] [--prompt FILE]   what would another model or prompt have "
    "said\n"
    "          [--last 200] [--json FILE]               of calls that were judged? changes "
    "nothing\n"
    "  --parallel N                                     questions under way at once (4)\n";

}  // namespace

int run_analyze(Arguments arguments) {
  const auto options = parse(arguments);
  if (!options) {
    std::cerr << help;
    return exit_usage;
  }
  const auto config = load_settings(ConfigNeed::database);
  if (!config) return exit_configuration;
  if (config->gemini.api_key.empty()) {
    std::cerr << "tandem: GEMINI_API_KEY: missing; set the key of the account that judges calls\n";
    return exit_configuration;
  }
  block_signals();
  try {
    return options->backtest ? backtest(*config, *options) : judge(*config, *options);
  } catch (const std::exception& error) {
    return command_failed(error);
  }
}

}  // namespace tandem
