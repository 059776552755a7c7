// What Hume tells us over HTTP: `POST /hume/webhook`. A signed `chat_ended` makes the comparison
// with Hume's history due at once; everything else is acknowledged and left alone, because the
// bridge holds the session itself. Answers before the database is touched; runs on the control
// thread.
//
// Hume's signature covers body and time, so a copied request is good for three minutes: within them
// every signature is taken once.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "bridge/config.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "store/query_thread.hpp"

namespace tandem {

class HumeRoutes {
 public:
  static constexpr std::string_view path = "/hume/webhook";
  /// Signatures remembered; a chat sends a handful of webhooks.
  static constexpr std::size_t signatures_max = 4096;

  struct Parts {
    const Config& config;
    ops::Log& log;
    ops::Metrics& metrics;
    store::QueryThread& queries;
    std::function<void()> nudge;  ///< a comparison is due; from any thread
  };
  explicit HumeRoutes(Parts parts) : parts_(std::move(parts)) {}

  /// `now` by the wall clock.
  core::HttpResponse answer(const core::HttpRequest& request, core::WallTime now);

 private:
  [[nodiscard]] bool is_signed(const core::HttpRequest& request, core::WallTime now);
  [[nodiscard]] bool is_repeated(std::string_view signature, core::WallTime now);
  void chat_ended(const std::string& chat_id);

  struct Seen {
    core::WallTime at{};
    std::string signature;
  };
  Parts parts_;
  std::deque<Seen> seen_;  ///< oldest first
};

}  // namespace tandem
