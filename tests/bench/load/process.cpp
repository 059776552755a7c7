#include "tests/bench/load/process.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace tandem::bench {

namespace {

/// The number after `key` in a file of "key: number" lines; 0 when it is missing.
std::int64_t number_after(const std::filesystem::path& file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key)) return std::stoll(line.substr(key.size()));
  }
  return 0;
}

}  // namespace

ProcessCounters read_counters(pid_t pid) {
  ProcessCounters counters;
  const std::filesystem::path tasks = fmt::format("/proc/{}/task", pid);
  if (!std::filesystem::exists(tasks)) throw std::runtime_error("the bridge has ended");
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::int64_t cpu_ns = 0;
    std::string name;
    std::ifstream(task.path() / "schedstat") >> cpu_ns;
    std::getline(std::ifstream(task.path() / "comm"), name);
    counters.cpu_ns += cpu_ns;
    counters.cpu_ns_by_thread[name] += cpu_ns;
    counters.waits += number_after(task.path() / "status", "voluntary_ctxt_switches:");
    counters.preemptions += number_after(task.path() / "status", "nonvoluntary_ctxt_switches:");
  }
  return counters;
}

ProcessCounters operator-(const ProcessCounters& later, const ProcessCounters& earlier) {
  ProcessCounters difference = later;
  difference.cpu_ns -= earlier.cpu_ns;
  difference.waits -= earlier.waits;
  difference.preemptions -= earlier.preemptions;
  for (const auto& [name, cpu_ns] : earlier.cpu_ns_by_thread) {
    difference.cpu_ns_by_thread[name] -= cpu_ns;
  }
  return difference;
}

std::int64_t rss_kib(pid_t pid) {
  return number_after(fmt::format("/proc/{}/status", pid), "VmRSS:");
}

std::int64_t machine_busy_ns() {
  std::ifstream in("/proc/stat");
  std::string word;
  std::int64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0;
  in >> word >> user >> nice >> system >> idle >> waiting >> irq >> softirq;
  return (user + nice + system + irq + softirq) * (1'000'000'000 / sysconf(_SC_CLK_TCK));
}

}  // namespace tandem::bench
