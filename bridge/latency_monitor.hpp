// Where the time goes, for people: keeps the history of the latency board, answers /latency/...,
// brings the Prometheus histograms up to date with it, and knows the settings for new calls, which
// all nodes read from the database every two seconds. Runs on the control thread, whose own loop
// lag it counts; no call ever waits for it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bridge/call/call_io.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/net/shard.hpp"
#include "bridge/ops/latency_history.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "store/latency_settings.hpp"
#include "store/query_thread.hpp"
#include "web/latency_report.hpp"

namespace tandem {

class LatencyMonitor {
 public:
  struct Parts {
    net::asio::io_context& control;
    ops::LatencyBoard& board;  ///< its last lane is the control thread's
    ops::Metrics& metrics;
    ops::Log& log;
    store::QueryThread& queries;
    const std::vector<std::unique_ptr<net::Shard>>& shards;
    std::chrono::milliseconds greeting_protected;  ///< the default: GREETING_PROTECTED_MS
  };

  explicit LatencyMonitor(Parts parts);

  // On the control thread.
  void start();
  void stop();
  net::Task<void> join();
  void note(core::MeasuredTurn turn);
  /// Brings the metrics up to date.
  void publish();
  /// The settings of the latency page, for a call that begins now.
  void apply(call::CallSettings& settings) const;
  /// latency_answers.cpp
  void answer(web::LatencyTask task, net::Respond respond);

 private:
  using Rows = std::vector<store::LatencySettingRow>;
  using Loaded = store::QueryResult<Rows>;

  net::Task<void> watch();
  void load_settings();
  void take_over(const Rows& rows);

  [[nodiscard]] web::LatencyFigures figures(const web::LatencyQuery& query);
  void answer_session(const std::string& call_id, net::Respond respond);
  void answer_ended(const std::string& call_id, net::Respond respond);
  void change(web::LatencyTask task, net::Respond respond);

  Parts parts_;
  ops::LatencyHistory history_;
  web::LatencyConfig config_;
  bool is_loading_ = false;
  net::Timer timer_;
  bool is_stopping_ = false;
  net::TaskGroup tasks_;
};

/// What the rows of the database come to, on top of these defaults. Rows that this version does not
/// know, or whose values it does not take, are left out.
web::LatencyConfig latency_config(const web::LatencySettings& defaults,
                                  const std::vector<store::LatencySettingRow>& rows);

}  // namespace tandem
