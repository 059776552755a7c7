#include "bridge/visitors.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "bridge/clock.hpp"
#include "store/audit.hpp"
#include "store/sessions.hpp"
#include "store/users.hpp"
#include "web/access.hpp"
#include "web/answers.hpp"
#include "web/session_cookie.hpp"

namespace tandem {

namespace {

using Standing = Visitor::Standing;
using Via = Visitor::Via;

constexpr std::size_t token_bytes_max = 256;

web::Access access_of(std::string_view role) {
  if (role == "admin") return web::Access::administer;
  if (role == "operator") return web::Access::operate;
  return web::Access::view;
}

/// The words after "Bearer ", or nothing; the scheme's name is compared without case.
std::optional<std::string_view> bearer_of(const core::HttpRequest& request) {
  constexpr std::string_view scheme = "bearer ";
  const auto header = request.header("Authorization");
  if (header.size() <= scheme.size() || header.size() > token_bytes_max) return std::nullopt;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char c =
        header[i] >= 'A' && header[i] <= 'Z' ? static_cast<char>(header[i] + 32) : header[i];
    if (c != scheme[i]) return std::nullopt;
  }
  return header.substr(scheme.size());
}

std::optional<store::Identity> find(store::Connection& connection, Via via,
                                    const std::string& digest) {
  return via == Via::session ? store::find_session(connection, digest)
                             : store::find_token(connection, digest);
}

}  // namespace

std::string_view role_of(web::Access access) noexcept {
  switch (access) {
    case web::Access::administer:
      return "admin";
    case web::Access::operate:
      return "operator";
    case web::Access::view:
      return "viewer";
    default:
      return "";
  }
}

std::string csrf_of(std::string_view session) {
  return store::digest("csrf of " + std::string(session)).substr(2);
}

VisitorQuestions questions_to(store::QueryThread& queries) {
  using Identity = std::optional<store::Identity>;
  VisitorQuestions questions;
  questions.who = [&queries](Via via, const std::string& digest, auto reply) {
    return queries.post<Identity>(
        [via, digest](store::Connection& connection) { return find(connection, via, digest); },
        std::move(reply));
  };
  questions.has_users = [&queries](auto reply) {
    return queries.post<bool>(
        [](store::Connection& connection) { return store::has_users(connection); },
        std::move(reply));
  };
  return questions;
}

Visitors::Visitors(net::asio::io_context& control, store::QueryThread& queries, ops::Log& log)
    : Visitors(control, queries, log, questions_to(queries)) {}

Visitors::Visitors(net::asio::io_context& control, store::QueryThread& queries, ops::Log& log,
                   VisitorQuestions questions)
    : control_(control), queries_(queries), log_(log), questions_(std::move(questions)) {}

void Visitors::identify(const core::HttpRequest& request, Then then) {
  if (!request.header("Authorization").empty()) return identify_token(request, std::move(then));
  const bool is_local = web::is_local_operator(request);
  if (const auto session = web::session_of(request))
    return identify_session(*session, is_local, std::move(then));
  identify_stranger(is_local, std::move(then));
}

void Visitors::identify_token(const core::HttpRequest& request, Then then) {
  const auto token = bearer_of(request);
  if (!token) return then({.standing = Standing::refused});
  const auto digest = store::digest(*token);
  if (const auto* visitor = recall(digest)) return then(*visitor);
  look_up(Via::token, digest, std::move(then));
}

/// A session that is over is no reason to refuse: its browser may sit at this machine.
void Visitors::identify_session(std::string_view session, bool is_local, Then then) {
  auto answer = [csrf = csrf_of(session), then](Visitor visitor) {
    visitor.csrf = csrf;
    then(visitor);
  };
  const auto digest = store::digest(session);
  if (const auto* visitor = recall(digest)) return answer(*visitor);
  look_up(Via::session, digest, [this, is_local, then, answer](const Visitor& visitor) {
    if (visitor.standing == Standing::refused) return identify_stranger(is_local, then);
    answer(visitor);
  });
}

void Visitors::identify_stranger(bool is_local, Then then) {
  ask_users([is_local, then = std::move(then)](std::optional<bool> has_users) {
    if (!has_users) return then({.standing = Standing::unknown});
    Visitor visitor{.has_users = *has_users};
    if (is_local && !*has_users) {
      visitor.standing = Standing::known;
      visitor.name = "local";
      visitor.access = web::Access::administer;
    }
    then(visitor);
  });
}

void Visitors::recheck(const Visitor& visitor, Then then) {
  if (visitor.via == Via::local) return identify_stranger(true, std::move(then));
  look_up(visitor.via, visitor.credential, std::move(then));
}

void Visitors::forget() {
  remembered_.clear();
  users_believed_until_ = {};
}

void Visitors::look_up(Via via, const std::string& digest, Then then) {
  const auto answer = [this, via, digest, then](const VisitorQuestions::Found& result) {
    Visitor visitor{.standing = Standing::unknown, .via = via, .credential = digest};
    if (const auto* found = std::get_if<std::optional<store::Identity>>(&result)) {
      visitor.standing = *found ? Standing::known : Standing::refused;
      if (*found) visitor.name = (*found)->name;
      if (*found) visitor.access = access_of((*found)->role);
    }
    net::asio::post(control_, [this, visitor, then]() mutable {
      visitor.has_users = visitor.via == Via::session || has_users_.value_or(false);
      remember(visitor);
      then(visitor);
    });
  };
  if (!questions_.who(via, digest, answer)) then({.standing = Standing::unknown});
}

const Visitor* Visitors::recall(const std::string& digest) const {
  const auto found = remembered_.find(digest);
  const bool is_fresh = found != remembered_.end() && clock_now() < found->second.until;
  return is_fresh ? &found->second.visitor : nullptr;
}

void Visitors::remember(const Visitor& visitor) {
  if (visitor.standing == Standing::refused) remembered_.erase(visitor.credential);
  if (visitor.standing != Standing::known) return;
  if (remembered_.size() >= remembered_max) remembered_.clear();
  remembered_[visitor.credential] = {visitor, clock_now() + believed_for};
}

/// Users are never deleted: once there are some, that stays so.
void Visitors::ask_users(KnowUsers then) {
  if (has_users_.value_or(false) || clock_now() < users_believed_until_) return then(has_users_);
  waiting_for_users_.push_back(std::move(then));
  if (waiting_for_users_.size() > 1) return;
  const auto answer = [this](const store::QueryResult<bool>& result) {
    const auto* const found = std::get_if<bool>(&result);
    net::asio::post(control_, [this, found = found ? std::optional(*found) : std::nullopt] {
      note_users(found);
    });
  };
  if (!questions_.has_users(answer)) note_users(std::nullopt);
}

void Visitors::note_users(std::optional<bool> found) {
  if (found) has_users_ = found;
  // Without an answer the last one counts on; the next request after that asks again.
  if (has_users_) users_believed_until_ = clock_now() + believed_for;
  for (const auto& then : std::exchange(waiting_for_users_, {})) then(has_users_);
}

void Visitors::audit(const Visitor& visitor, const std::string& action,
                     const std::string& subject) {
  const bool is_queued = queries_.post<bool>(
      [entry = store::AuditEntry{visitor.name, action, subject}](store::Connection& connection) {
        store::audit(connection, entry);
        return true;
      },
      [&log = log_](const store::QueryResult<bool>& result) {
        if (const auto* error = std::get_if<store::QueryError>(&result))
          log.error("audit_failed", {{"why", error->text}});
      });
  if (!is_queued) log_.error("audit_failed", {{"why", "too many queries are waiting"}});
}

std::optional<core::HttpResponse> refusal(const Visitor& visitor, web::Access needed) {
  if (needed == web::Access::anyone) return std::nullopt;
  switch (visitor.standing) {
    case Standing::nobody:
      return visitor.has_users ? web::log_in_first() : web::local_only();
    case Standing::refused:
      return web::unknown_token();
    case Standing::unknown:
      return web::database_unavailable();
    case Standing::known:
      break;
  }
  if (visitor.access >= needed) return std::nullopt;
  return web::not_allowed();
}

}  // namespace tandem
