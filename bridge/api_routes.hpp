// What people and programs ask of us over HTTP: health, metrics, the API and the dashboard. Reads
// run on the query threads; nothing here can delay a call. Runs on the control thread.
#pragma once

#include <functional>

#include "bridge/config.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/switchboard.hpp"
#include "store/query_thread.hpp"
#include "store/spool.hpp"

namespace tandem {

class ApiRoutes {
 public:
  struct Parts {
    const Config& config;
    ops::Log& log;
    ops::Metrics& metrics;
    store::QueryThread& queries;
    const store::Spool& spool;
    std::function<std::size_t()> calls;
    std::function<bool()> is_ready;
    Switchboard& switchboard;
  };

  explicit ApiRoutes(Parts parts);
  void handle(core::HttpRequest request, net::Respond respond);

 private:
  core::HttpResponse metrics();
  void answer(const core::HttpRequest& request, net::Respond respond);
  core::HttpResponse command(const core::HttpRequest& request);

  Parts parts_;
};

}  // namespace tandem
