// Where the time goes, for people: keeps the history of the latency board, answers /latency/...,
// and brings the Prometheus histograms up to date with it. Runs on the control thread, whose own
// loop lag it counts; no call ever waits for it.
#pragma once

#include <vector>

#include "bridge/net/task.hpp"
#include "bridge/ops/latency_history.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"

namespace tandem {

class LatencyMonitor {
 public:
  struct Parts {
    net::asio::io_context& control;
    ops::LatencyBoard& board;  ///< its last lane is the control thread's
    ops::Metrics& metrics;
    ops::Log& log;
  };

  explicit LatencyMonitor(Parts parts);

  // On the control thread.
  void start();
  void stop();
  net::Task<void> join();
  void note(core::MeasuredTurn turn);
  /// Brings the metrics up to date.
  void publish();

 private:
  net::Task<void> watch();

  Parts parts_;
  ops::LatencyHistory history_;
  net::Timer timer_;
  bool is_stopping_ = false;
  net::TaskGroup tasks_;
};

}  // namespace tandem
