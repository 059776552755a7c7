// Sees to it that every call ends at the carrier and that its row says so: carries out what
// CallWatch wants, and closes rows that a dead process left open. Runs on the control thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "bridge/carrier_api.hpp"
#include "bridge/core/record.hpp"
#include "bridge/earlier_calls.hpp"
#include "bridge/net/task.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/switchboard.hpp"
#include "store/query_thread.hpp"

namespace tandem {

class CallReaper {
 public:
  static constexpr std::chrono::seconds period{5};
  static constexpr std::chrono::minutes reconcile_period{5};
  static constexpr std::size_t asked_at_once_max = 20;  ///< REST requests per period
  /// Older rows are history; nobody can be on that line any more.
  static constexpr std::chrono::hours reconcile_age_max{48};

  struct Parts {
    net::asio::io_context& context;
    ops::Log& log;
    ops::Metrics& metrics;
    Switchboard& switchboard;
    CarrierApi& carrier;
    store::QueryThread& queries;
    EarlierCalls& earlier;
    std::function<void(core::Record)> write_down;
    std::string node;
    std::chrono::seconds time_limit;  ///< of a call
  };
  explicit CallReaper(Parts parts);

  void start();
  void stop() noexcept { is_stopping_ = true; }
  net::Task<void> join() { return tasks_.join(); }

 private:
  net::Task<void> watch();
  net::Task<void> check(CallWatch::Action action);
  net::Task<void> reconcile_for_ever();
  net::Task<void> reconcile();
  net::Task<void> close_row(store::UnfinishedCall row);
  void count(std::string_view how);

  Parts parts_;
  core::WallTime began_;
  bool is_stopping_ = false;
  net::TaskGroup tasks_;
};

}  // namespace tandem
