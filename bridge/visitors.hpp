// Who asks: finds out from a request's credentials what it may do.
//
//  * Programs bring a token, `Authorization: Bearer ...` (RFC 6750); people the cookie of a
//  session.
//  * While there are no users, a program at this machine may do everything without any
//    (web/access.hpp). From the first user on everybody logs in.
//
// What was looked up is believed for five seconds, so a revoked token, a log-out on another node or
// a changed role is refused everywhere within that time (fault A11). Runs on the control thread;
// the database is asked on a query thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bridge/core/http.hpp"
#include "bridge/net/task.hpp"
#include "bridge/ops/log.hpp"
#include "store/api_tokens.hpp"
#include "store/query_thread.hpp"
#include "web/api.hpp"

namespace tandem {

struct Visitor {
  enum class Standing : std::uint8_t {
    nobody,   ///< no credentials that are worth anything: 401, or 403 while there are no users
    refused,  ///< a token that is unknown, revoked or expired: 401
    unknown,  ///< the database is away: 503
    known,
  };
  enum class Via : std::uint8_t { local, session, token };

  Standing standing = Standing::nobody;
  std::string name = {};  ///< known: "local", a user's, or "token:...", for logs and the audit log
  web::Access access = web::Access::anyone;
  Via via = Via::local;
  std::string credential = {};  ///< digest of the session or the token; empty for local
  std::string csrf = {};        ///< of a session: what its changes have to carry
  bool has_users = false;
};

/// "viewer", "operator", "admin"; "" for less.
std::string_view role_of(web::Access access) noexcept;

/// What changes of this session have to carry. It follows from the session's id, which a page
/// cannot read: only who is told it can send it.
std::string csrf_of(std::string_view session);

/// What is asked of the database. Each question calls back once, on any thread; false: it never
/// will, because too many wait.
struct VisitorQuestions {
  using Found = store::QueryResult<std::optional<store::Identity>>;
  std::function<bool(Visitor::Via, const std::string& digest, std::function<void(const Found&)>)>
      who;
  std::function<bool(std::function<void(const store::QueryResult<bool>&)>)> has_users;
};
VisitorQuestions questions_to(store::QueryThread& queries);

class Visitors {
 public:
  static constexpr std::chrono::seconds believed_for{5};
  static constexpr std::size_t remembered_max = 1000;

  Visitors(net::asio::io_context& control, store::QueryThread& queries, ops::Log& log);
  /// `queries` is left with the audit log: for tests, which are the database themselves.
  Visitors(net::asio::io_context& control, store::QueryThread& queries, ops::Log& log,
           VisitorQuestions questions);

  using Then = std::function<void(const Visitor&)>;
  /// `then` is called on the control thread, at once when nothing has to be looked up.
  void identify(const core::HttpRequest& request, Then then);

  /// What becomes of somebody who came in before: the database is asked anew (of a local visitor:
  /// whether there are users, at most five seconds ago). For connections that stay open: ask every
  /// few seconds, and close when the standing is `nobody` or `refused`. `unknown` says nothing
  /// against the visitor.
  void recheck(const Visitor& visitor, Then then);

  /// Somebody's rights changed here: nothing that was looked up before is believed any more.
  void forget();

  /// Into the audit log, when the database has time for it: nobody's command waits for that.
  void audit(const Visitor& visitor, const std::string& action, const std::string& subject);

 private:
  struct Remembered {
    Visitor visitor;
    core::TimePoint until{};
  };
  /// Nothing: never known, and the database is away.
  using KnowUsers = std::function<void(std::optional<bool>)>;

  void identify_token(const core::HttpRequest& request, Then then);
  void identify_session(std::string_view session, bool is_local, Then then);
  void identify_stranger(bool is_local, Then then);
  void look_up(Visitor::Via via, const std::string& digest, Then then);
  const Visitor* recall(const std::string& digest) const;
  void remember(const Visitor& visitor);
  void ask_users(KnowUsers then);
  void note_users(std::optional<bool> found);

  net::asio::io_context& control_;
  store::QueryThread& queries_;
  ops::Log& log_;
  VisitorQuestions questions_;
  std::unordered_map<std::string, Remembered> remembered_;  ///< by digest; secrets are not kept
  std::optional<bool> has_users_;
  core::TimePoint users_believed_until_{};
  std::vector<KnowUsers> waiting_for_users_;
};

/// The problem document for a visitor who may not do this; nothing for one who may.
std::optional<core::HttpResponse> refusal(const Visitor& visitor, web::Access needed);

}  // namespace tandem
