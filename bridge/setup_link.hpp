// The one-time link of a start without users: whoever opens it makes the first admin. The log of
// `tandem serve` is the only place that has it; the database has its digest, so any node takes it.
// The secret is in the fragment of the address, which browsers never send: it reaches no other log.
#pragma once

#include "bridge/net/deadline.hpp"
#include "bridge/ops/log.hpp"
#include "store/query_thread.hpp"

namespace tandem {

class SetupLink {
 public:
  static constexpr std::chrono::hours valid_for{24};

  SetupLink(net::asio::io_context& control, store::QueryThread& queries, ops::Log& log);

  /// Control thread: tells the link if there are no users; asks again every few seconds while the
  /// database is away.
  void offer(std::uint16_t port);
  void stop() { again_.disarm(); }

 private:
  void tell(const std::string& secret, std::uint16_t port);

  net::asio::io_context& control_;
  store::QueryThread& queries_;
  ops::Log& log_;
  net::Deadline again_;
};

}  // namespace tandem
