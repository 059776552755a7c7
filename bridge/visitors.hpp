// Who asks: finds out from a request's credentials what it may do. A program at this machine may do
// everything without any (web/access.hpp); from elsewhere a token is needed: `Authorization:
// Bearer ...` (RFC 6750). Runs on the control thread; tokens are looked up on a query thread.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "bridge/core/http.hpp"
#include "bridge/net/task.hpp"
#include "bridge/ops/log.hpp"
#include "store/api_tokens.hpp"
#include "store/query_thread.hpp"
#include "web/api.hpp"

namespace tandem {

struct Visitor {
  enum class Standing : std::uint8_t {
    nobody,   ///< no credentials, and not at this machine: 403
    refused,  ///< a token that is unknown, revoked or expired: 401
    unknown,  ///< the database is away: 503
    known,
  };
  Standing standing = Standing::nobody;
  std::string name = {};  ///< known: "local" or "token:...", for logs and the audit log
  web::Access access = web::Access::anyone;
};

class Visitors {
 public:
  /// A revoked token is refused within this time everywhere (fault A11).
  static constexpr std::chrono::seconds believed_for{5};
  static constexpr std::size_t remembered_max = 1000;

  Visitors(net::asio::io_context& control, store::QueryThread& queries, ops::Log& log);

  using Then = std::function<void(const Visitor&)>;
  /// `then` is called on the control thread, at once when nothing has to be looked up.
  void identify(const core::HttpRequest& request, Then then);

  /// Into the audit log, when the database has time for it: nobody's command waits for that.
  void audit(const Visitor& visitor, const std::string& action, const std::string& subject);

 private:
  struct Remembered {
    Visitor visitor;
    core::TimePoint until{};
  };

  void look_up(const std::string& digest, Then then);
  void remember(const std::string& digest, const Visitor& visitor);

  net::asio::io_context& control_;
  store::QueryThread& queries_;
  ops::Log& log_;
  std::unordered_map<std::string, Remembered> remembered_;  ///< by digest; tokens are not kept
};

/// The problem document for a visitor who may not do this; nothing for one who may.
std::optional<core::HttpResponse> refusal(const Visitor& visitor, web::Access needed);

}  // namespace tandem
