// What Linux counts about a process: /proc/PID, read from outside.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

namespace tandem::bench {

struct ProcessCounters {
  std::map<std::string, std::int64_t> cpu_ns_by_thread;  ///< threads of one name together
  std::int64_t cpu_ns = 0;
  std::int64_t waits = 0;        ///< voluntary context switches: it had nothing to do
  std::int64_t preemptions = 0;  ///< involuntary ones: somebody else wanted the core
};

/// Throws std::runtime_error when there is no such process any more.
ProcessCounters read_counters(pid_t pid);
ProcessCounters operator-(const ProcessCounters& later, const ProcessCounters& earlier);

/// Resident set.
std::int64_t rss_kib(pid_t pid);
/// Time in which the machine's cores were not idle, all processes together; steps of 10 ms.
std::int64_t machine_busy_ns();

}  // namespace tandem::bench
