#include "tests/simulation/campaign.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tests/simulation/dialect.hpp"
#include "tests/simulation/simulation.hpp"

namespace tandem::simulation {

namespace {

constexpr std::uint64_t seeds_in_tests_run = 5000;
/// Every so many seeds, one is run twice: its two traces must be the same.
constexpr std::uint64_t replayed_every = 25;
constexpr std::size_t lines_shown = 160;
constexpr int failures_shown = 5;

thread_local std::uint64_t seed_of_this_thread = 0;

/// A crash takes the whole process; the seed that caused it must not go with it.
void report_crash(int signal) {
  std::array<char, 80> text{};
  const auto end =
      fmt::format_to_n(text.data(), text.size(), "\nseed or step {}: crashed, signal {}\n",
                       seed_of_this_thread, signal);
  [[maybe_unused]] const auto written = write(STDOUT_FILENO, text.data(), end.size);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

/// Failures and progress of one group of runs.
class Tally {
 public:
  Tally(const CampaignOptions& options, std::string what, std::uint64_t total)
      : options_(options), what_(std::move(what)), total_(total) {}

  void add(const Outcome& outcome, const std::string& replay) {
    const std::lock_guard lock(mutex_);
    ++done_;
    virtual_ms_ += outcome.virtual_ms;
    ++reasons_[outcome.ok ? outcome.end_reason : "broken rule"];
    if (!outcome.ok) show(outcome, replay);
    if (done_ * 10 / total_ != (done_ - 1) * 10 / total_) {
      fmt::print("  {} of {} {}, {} failed\n", done_, total_, what_, failed_);
      std::fflush(stdout);
    }
  }
  [[nodiscard]] std::uint64_t passed() const noexcept { return done_ - failed_; }
  [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }
  void summarize() const {
    fmt::print("  {} {}: {} hours of calls; ended", done_, what_, virtual_ms_ / 3'600'000);
    for (const auto& [reason, count] : reasons_) fmt::print(" {} {}", reason, count);
    fmt::print("\n");
    for (const auto& [rule, count] : rules_) fmt::print("  {:>6} x {}\n", count, rule);
  }

 private:
  void show(const Outcome& outcome, const std::string& replay) {
    ++rules_[outcome.rule];
    if (++failed_ > failures_shown && !options_.traces) {
      fmt::print("not ok - {}: {} ({})\n", replay, outcome.rule, outcome.what);
      return;
    }
    fmt::print("not ok - {}\n", outcome.rule);
    const auto skipped =
        options_.traces ? 0 : outcome.lines.size() - std::min(lines_shown, outcome.lines.size());
    if (skipped > 0) fmt::print("    ({} lines before these; --trace shows all)\n", skipped);
    for (auto i = skipped; i < outcome.lines.size(); ++i) fmt::print("    {}", outcome.lines[i]);
    fmt::print("    {}: {}\n    {} commit {}\n    again: tests/simulation/run {} --trace\n",
               outcome.rule, outcome.what, replay, options_.commit, replay);
  }

  const CampaignOptions& options_;
  std::string what_;
  std::uint64_t total_;
  std::mutex mutex_;
  std::uint64_t done_ = 0;
  std::uint64_t failed_ = 0;
  std::int64_t virtual_ms_ = 0;
  std::map<std::string, int> reasons_;
  std::map<std::string, int> rules_;
};

/// Runs work(0) ... work(count - 1) on all cores; a worker that answers false asks for no more.
void spread(unsigned threads, std::uint64_t count, const std::function<bool(std::uint64_t)>& work) {
  std::atomic<std::uint64_t> next = 0;
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (auto mine = next++; mine < count; mine = next++) {
        if (!work(mine)) return;
      }
    });
  }
  for (auto& worker : workers) worker.join();
}

/// Whose dialect the agent of this seed speaks.
std::string_view provider_of(std::uint64_t seed, const CampaignOptions& options) {
  if (options.provider != "all") return options.provider;
  return providers[seed % providers.size()];
}

Outcome run_seed(std::uint64_t seed, const CampaignOptions& options) {
  const auto scenario = draw_scenario(seed);
  RunOptions how{provider_of(seed, options), 0, options.traces};
  auto outcome = run(scenario, how);
  const bool is_replayed = seed % replayed_every == 0 || !outcome.ok;
  if (!is_replayed || options.traces) return outcome;
  how.keeps_lines = !outcome.ok;
  auto again = run(scenario, how);
  if (again.hash == outcome.hash) return again;
  again.ok = false;
  again.rule = "same seed, same trace";
  again.what = fmt::format("{:016x} and {:016x}", outcome.hash, again.hash);
  return again;
}

void run_seeds(std::uint64_t first, std::uint64_t count, const CampaignOptions& options,
               Tally& tally) {
  spread(options.threads, count, [&](std::uint64_t index) {
    const auto seed = seed_of_this_thread = first + index;
    const auto outcome = run_seed(seed, options);
    if (options.traces && outcome.ok) {
      for (const auto& line : outcome.lines) fmt::print("{}", line);
    }
    tally.add(outcome, fmt::format("--seeds 1 --first-seed {} --provider {}", seed,
                                   provider_of(seed, options)));
    return true;
  });
}

Outcome fail_step(std::int64_t step, std::string_view provider, bool traces) {
  const auto scenario = standard_conversation();
  auto outcome = run(scenario, {provider, step, traces});
  if (outcome.ok || traces) return outcome;
  return run(scenario, {provider, step, true});
}

/// Every fallible step of the standard conversation fails once. A failure changes what comes after
/// it, so the end is found, not computed: the first n that no run reaches.
void run_nth_failures(const CampaignOptions& options, std::string_view provider, Tally& tally) {
  const auto show = [&](std::int64_t step, const Outcome& outcome) {
    if (options.traces && outcome.ok) {
      for (const auto& line : outcome.lines) fmt::print("{}", line);
    }
    tally.add(outcome, fmt::format("--nth-failure {} --provider {}", step, provider));
  };
  if (options.nth_failure > 0) {
    return show(options.nth_failure, fail_step(options.nth_failure, provider, options.traces));
  }
  constexpr std::uint64_t far_beyond = 1'000'000;
  spread(options.threads, far_beyond, [&](std::uint64_t index) {
    const auto step = static_cast<std::int64_t>(index) + 1;
    seed_of_this_thread = static_cast<std::uint64_t>(step);
    const auto outcome = fail_step(step, provider, options.traces);
    const bool was_reached = outcome.steps >= step;
    if (was_reached) show(step, outcome);
    return was_reached;
  });
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::invalid_argument("not a number: " + text);
  }
  return value;
}

/// About how many steps the standard conversation has, for the progress lines.
std::uint64_t steps_about(const CampaignOptions& options, std::string_view provider) {
  if (options.nth_failure > 0) return 1;
  return static_cast<std::uint64_t>(run(standard_conversation(), {provider}).steps);
}

}  // namespace

CampaignOptions parse_options(const std::vector<std::string>& arguments) {
  CampaignOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& name = arguments[i];
    const bool has_value = i + 1 < arguments.size() && !arguments[i + 1].starts_with("--");
    const auto value = [&]() -> const std::string& {
      if (!has_value) throw std::invalid_argument(name + " needs a value");
      return arguments[++i];
    };
    if (name == "--seeds") {
      options.seeds = number(value());
    } else if (name == "--first-seed") {
      options.first_seed = number(value());
    } else if (name == "--nth-failure") {
      options.is_nth_failure = true;
      if (has_value) options.nth_failure = static_cast<std::int64_t>(number(value()));
    } else if (name == "--trace") {
      options.traces = true;
    } else if (name == "--provider") {
      options.provider = value();
    } else if (name == "--threads") {
      options.threads = static_cast<unsigned>(number(value()));
    } else if (name == "--commit") {
      options.commit = value();
    } else {
      throw std::invalid_argument("unknown option " + name);
    }
  }
  // Throws when nobody speaks it.
  if (!options.provider.empty() && options.provider != "all") make_dialect(options.provider);
  if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
  return options;
}

int campaign(const CampaignOptions& options) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS}) {
    std::signal(signal, report_crash);
  }
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  const auto finish = [&](const Tally& tally) {
    tally.summarize();
    passed += tally.passed();
    failed += tally.failed();
  };
  const auto seeds = [&](std::uint64_t first, std::uint64_t count, std::string_view usually) {
    CampaignOptions chosen = options;
    if (chosen.provider.empty()) chosen.provider = usually;
    Tally tally(chosen, fmt::format("seeds from {}", first), count);
    run_seeds(first, count, chosen, tally);
    finish(tally);
  };
  const bool is_default = !options.seeds && !options.is_nth_failure;
  if (options.seeds) seeds(options.first_seed, *options.seeds, "hume");
  if (is_default) {
    seeds(1, seeds_in_tests_run, "all");
    const auto fresh =
        std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
    seeds(static_cast<std::uint64_t>(fresh) * seeds_in_tests_run, seeds_in_tests_run, "hume");
  }
  if (options.is_nth_failure || is_default) {
    for (const auto provider : providers) {
      const bool is_every = options.provider.empty() || options.provider == "all";
      if (!is_every && options.provider != provider) continue;
      Tally tally(options, fmt::format("nth-failure runs of {}", provider),
                  steps_about(options, provider));
      run_nth_failures(options, provider, tally);
      finish(tally);
    }
  }
  fmt::print("{}{} passed, {} failed\n", passed, options.seeds ? " seeds" : "", failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace tandem::simulation
