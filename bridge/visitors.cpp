#include "bridge/visitors.hpp"

#include <boost/asio/post.hpp>

#include "store/audit.hpp"
#include "web/access.hpp"
#include "web/answers.hpp"

namespace tandem {

namespace {

using Standing = Visitor::Standing;

constexpr std::size_t token_bytes_max = 256;

web::Access access_of(std::string_view role) {
  if (role == "admin") return web::Access::administer;
  if (role == "operator") return web::Access::operate;
  return web::Access::view;
}

core::TimePoint clock_now() { return std::chrono::steady_clock::now(); }

Visitor known(const store::Identity& identity) {
  return {Standing::known, identity.name, access_of(identity.role)};
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

}  // namespace

Visitors::Visitors(net::asio::io_context& control, store::QueryThread& queries, ops::Log& log)
    : control_(control), queries_(queries), log_(log) {}

void Visitors::identify(const core::HttpRequest& request, Then then) {
  if (request.header("Authorization").empty()) {
    if (!web::is_local_operator(request)) return then({});
    return then({Standing::known, "local", web::Access::administer});
  }
  const auto token = bearer_of(request);
  if (!token) return then({.standing = Standing::refused});
  const auto digest = store::digest(*token);
  const auto found = remembered_.find(digest);
  if (found != remembered_.end() && clock_now() < found->second.until)
    return then(found->second.visitor);
  look_up(digest, std::move(then));
}

void Visitors::look_up(const std::string& digest, Then then) {
  using Found = std::optional<store::Identity>;
  const bool is_queued = queries_.post<Found>(
      [digest](store::Connection& connection) { return store::find_token(connection, digest); },
      [this, digest, then](store::QueryResult<Found> result) {
        Visitor visitor{.standing = Standing::unknown};
        if (const auto* answer = std::get_if<Found>(&result))
          visitor = *answer ? known(**answer) : Visitor{.standing = Standing::refused};
        net::asio::post(control_, [this, digest, visitor, then] {
          if (visitor.standing == Standing::known) remember(digest, visitor);
          then(visitor);
        });
      });
  if (!is_queued) then({.standing = Standing::unknown});
}

void Visitors::remember(const std::string& digest, const Visitor& visitor) {
  if (remembered_.size() >= remembered_max) remembered_.clear();
  remembered_[digest] = {visitor, clock_now() + believed_for};
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
      return web::local_only();
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
