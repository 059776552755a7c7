// Asks the record about a phone call that this process does not know, for at most a second and a
// half. Runs on the control thread; the query runs on a query thread.
#pragma once

#include <chrono>
#include <optional>

#include "bridge/core/types.hpp"
#include "bridge/net/task.hpp"
#include "bridge/ops/log.hpp"
#include "store/queries_carrier.hpp"
#include "store/query_thread.hpp"
#include "store/spool.hpp"

namespace tandem {

class EarlierCalls {
 public:
  static constexpr std::chrono::milliseconds patience{1500};

  EarlierCalls(net::asio::io_context& context, store::QueryThread& queries,
               const store::Spool& spool, ops::Log& log);

  struct Answer {
    bool has_answered = false;  ///< false: the database is away or too slow
    std::optional<store::EarlierCall> call;
  };
  net::Task<Answer> find(core::CarrierCallId id);

  /// True once everything that the process before this one left in the spool is in the database.
  [[nodiscard]] bool has_caught_up() const;

 private:
  net::asio::io_context& context_;
  store::QueryThread& queries_;
  const store::Spool& spool_;
  ops::Log& log_;
};

}  // namespace tandem
