#include "store/sessions.hpp"

namespace tandem::store {

namespace {

std::int64_t seconds(std::chrono::seconds span) { return span.count(); }

}  // namespace

bool open_session(Connection& connection, const std::string& user_id,
                  const std::string& password_hash, const std::string& id_digest) {
  connection.run("delete from bridge.sessions where expires_at < now()");
  const Rows opened = connection.run(
      "with entered as (update bridge.users set last_login_at = now() "
      "where id = $1::uuid and password_hash = $2 and not disabled returning id) "
      "insert into bridge.sessions (id_hash, user_id, expires_at) "
      "select $3::bytea, id, now() + make_interval(secs => $4::bigint) from entered",
      Parameters().add(user_id).add(password_hash).add(id_digest).add(seconds(session_lifetime)));
  return opened.affected() == 1;
}

std::optional<Identity> find_session(Connection& connection, const std::string& id_digest) {
  const Rows found = connection.run(
      "select u.name, u.role, s.seen_at < now() - interval '1 minute' "
      "from bridge.sessions s join bridge.users u on u.id = s.user_id "
      "where s.id_hash = $1::bytea and not u.disabled and s.expires_at > now() "
      "and s.seen_at > now() - make_interval(secs => $2::bigint)",
      Parameters().add(id_digest).add(seconds(session_idle_max)));
  if (found.empty()) return std::nullopt;
  if (found.fact(0, 2)) {
    connection.run("update bridge.sessions set seen_at = now() where id_hash = $1::bytea",
                   Parameters().add(id_digest));
  }
  return Identity{std::string(found.text(0, 0)), std::string(found.text(0, 1))};
}

std::optional<std::string> close_session(Connection& connection, const std::string& id_digest) {
  const Rows closed = connection.run(
      "delete from bridge.sessions s using bridge.users u "
      "where s.id_hash = $1::bytea and u.id = s.user_id returning u.name",
      Parameters().add(id_digest));
  if (closed.empty()) return std::nullopt;
  return std::string(closed.text(0, 0));
}

}  // namespace tandem::store
