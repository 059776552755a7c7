// The way of one answer from whoever makes it, on any thread, back to the connection that waits for
// it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "bridge/core/http.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/net/task.hpp"

namespace tandem::net {

class HttpExchange {
 public:
  explicit HttpExchange(asio::io_context& context) : context_(context) {}

  /// Copyable; when the last copy goes unused, 500 is answered.
  static Respond responder(const std::shared_ptr<HttpExchange>& exchange);

  /// On the connection's thread: true when an answer came in time. From then on answers are
  /// ignored.
  Task<bool> wait(core::Duration timeout);
  core::HttpResponse take() { return std::move(*response_); }

 private:
  struct Ticket;
  static void deliver(const std::shared_ptr<HttpExchange>& exchange, core::HttpResponse response);

  asio::io_context& context_;
  std::atomic<bool> answered_ = false;
  // Touched on the connection's thread only:
  std::optional<core::HttpResponse> response_;
  Timer* waiting_ = nullptr;  ///< lives in wait()
};

}  // namespace tandem::net
