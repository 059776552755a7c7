// What people and programs ask of us over HTTP: health, metrics, the API and the dashboard. Reads
// run on the query threads; nothing here can delay a call. Runs on the control thread. The routes
// are the table of web/api.cpp; here is what answers them.
#pragma once

#include <functional>

#include "bridge/accounts.hpp"
#include "bridge/admin_tickets.hpp"
#include "bridge/config.hpp"
#include "bridge/dependencies.hpp"
#include "bridge/latency_monitor.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/node_commands.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/outbound.hpp"
#include "bridge/record_keeping.hpp"
#include "bridge/setup_link.hpp"
#include "bridge/switchboard.hpp"
#include "bridge/visitors.hpp"
#include "web/api.hpp"

namespace tandem {

class ApiRoutes {
 public:
  struct Parts {
    net::asio::io_context& control;
    const Config& config;
    ops::Log& log;
    ops::Metrics& metrics;
    RecordKeeping& record;
    std::function<std::size_t()> calls;
    std::function<bool()> is_ready;
    NodeCommands& node_commands;
    AdminTickets& tickets;
    Dependencies& dependencies;
    Outbound& outbound;
    LatencyMonitor& latency;
  };

  explicit ApiRoutes(Parts parts);
  /// Control thread, once the listener has its port.
  void start(std::uint16_t port) { setup_link_.offer(port); }
  void stop() { setup_link_.stop(); }
  void handle(core::HttpRequest request, net::Respond respond);
  /// The one place that knows who asks.
  [[nodiscard]] Visitors& visitors() noexcept { return visitors_; }

 private:
  // One for each thing that a request can come to.
  void perform(core::HttpResponse answer, net::Respond respond);
  void perform(web::StoreQuestion question, net::Respond respond);
  void perform(web::ExportCalls wanted, net::Respond respond);
  void perform(web::AnalyseCall wanted, net::Respond respond);
  void perform(web::CallCommand command, net::Respond respond);
  void perform(web::PlaceCall wanted, net::Respond respond);
  void perform(web::EraseNumber wanted, net::Respond respond);
  void perform(web::ServerQuestion question, net::Respond respond);
  void perform(web::LatencyTask task, net::Respond respond);

  void answer(const core::HttpRequest& request, net::Respond respond, const Visitor& visitor);
  core::HttpResponse issue_ticket(const Visitor& visitor);
  [[nodiscard]] std::optional<core::HttpResponse> refuse(const core::HttpRequest& request,
                                                         const Visitor& visitor,
                                                         web::Access needed) const;
  void note_refusal(const core::HttpRequest& request) const;
  core::HttpResponse metrics();

  Parts parts_;
  Visitors visitors_;
  Accounts accounts_;
  SetupLink setup_link_;
};

}  // namespace tandem
