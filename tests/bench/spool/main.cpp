// What the spool costs on this disk: `tandem-bench-spool DIR` appends to a new spool in DIR from 1,
// 16 and 64 threads and prints what they waited: for append() alone, and until a record is synced.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "store/spool.hpp"

using namespace tandem;
using Clock = std::chrono::steady_clock;

namespace {

core::Record record_of(int thread, int seq) {
  core::Record record;
  record.call_id = core::CallId("00000000-0000-4000-8000-0000000000" + std::to_string(10 + thread));
  record.wall =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  record.body = core::TranscriptEntry{seq, core::Speaker::user, std::string(400, 'w'),
                                      "user_message", "live"};
  return record;
}

double percentile(std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void measure(store::Spool& spool, int threads, int each, bool is_durable) {
  std::vector<std::vector<double>> waits(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  const auto began = Clock::now();
  for (int thread = 0; thread < threads; ++thread) {
    running.emplace_back([&, thread] {
      for (int seq = 0; seq < each; ++seq) {
        core::Record record = record_of(thread, seq);
        const auto start = Clock::now();
        if (is_durable) {
          spool.append_durable(std::move(record), std::chrono::seconds(10));
        } else {
          spool.append(std::move(record));
        }
        waits[static_cast<std::size_t>(thread)].push_back(
            std::chrono::duration<double, std::micro>(Clock::now() - start).count());
        // about 10 000 a second over all threads
        if (!is_durable) std::this_thread::sleep_for(std::chrono::microseconds(100) * threads);
      }
    });
  }
  for (auto& thread : running) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  std::vector<double> all;
  for (const auto& some : waits) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  std::printf("%-8s %2d writers  p50 %8.1f us  p99 %8.1f us  max %8.1f us  %7.0f/s\n",
              is_durable ? "durable" : "append", threads, percentile(all, 0.5),
              percentile(all, 0.99), all.back(), static_cast<double>(all.size()) / seconds);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: tandem-bench-spool DIR\n", stderr);
    return 2;
  }
  store::SpoolSettings settings;
  settings.directory = argv[1];
  store::Spool spool(settings);
  for (const int threads : {1, 16, 64}) measure(spool, threads, 32'000 / threads, false);
  for (const int threads : {1, 16, 64}) measure(spool, threads, 6'400 / threads, true);
  return 0;
}
