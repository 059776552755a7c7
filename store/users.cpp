#include "store/users.hpp"

namespace tandem::store {

namespace {

constexpr const char* columns =
    "id, name, role, disabled, (extract(epoch from created_at) * 1000000)::bigint, "
    "(extract(epoch from last_login_at) * 1000000)::bigint";

User user_of(const Rows& rows, int row) {
  return {.id = std::string(rows.text(row, 0)),
          .name = std::string(rows.text(row, 1)),
          .role = std::string(rows.text(row, 2)),
          .is_disabled = rows.fact(row, 3),
          .created = rows.wall(row, 4),
          .last_login = rows.optional<core::WallTime>(row, 5)};
}

/// Users are changed one at a time: the rules of the first user and of the last admin are about all
/// of them.
void lock_users(Connection& connection) {
  connection.run("lock table bridge.users in share row exclusive mode");
}

bool has_other_admins(Connection& connection, const std::string& id) {
  return connection
      .run(
          "select exists (select from bridge.users where role = 'admin' and not disabled "
          "and id <> $1::uuid)",
          Parameters().add(id))
      .fact(0, 0);
}

}  // namespace

bool has_users(Connection& connection) {
  return connection.run("select exists (select from bridge.users)").fact(0, 0);
}

std::vector<User> list_users(Connection& connection) {
  const Rows rows =
      connection.run(std::string("select ") + columns + " from bridge.users order by name");
  std::vector<User> users;
  for (int row = 0; row < rows.size(); ++row) users.push_back(user_of(rows, row));
  return users;
}

std::optional<UserSecret> find_user(Connection& connection, const std::string& name) {
  const Rows rows = connection.run(
      std::string("select ") + columns + ", password_hash from bridge.users where name = $1",
      Parameters().add(name));
  if (rows.empty()) return std::nullopt;
  return UserSecret{user_of(rows, 0), std::string(rows.text(0, 6))};
}

std::optional<User> load_user(Connection& connection, const std::string& id) {
  const Rows rows =
      connection.run(std::string("select ") + columns + " from bridge.users where id = $1::uuid",
                     Parameters().add(id));
  if (rows.empty()) return std::nullopt;
  return user_of(rows, 0);
}

AddedUser add_user(Connection& connection, const NewUser& user, bool first_may_be_any) {
  lock_users(connection);
  if (!first_may_be_any && user.role != "admin" && !has_users(connection))
    return {.id = {}, .refusal = UserRefusal::not_an_admin};
  const Rows rows = connection.run(
      "insert into bridge.users (name, role, password_hash) values ($1, $2, $3) "
      "on conflict (name) do nothing returning id",
      Parameters().add(user.name).add(user.role).add(user.password_hash));
  if (rows.empty()) return {.id = {}, .refusal = UserRefusal::name_taken};
  return {.id = std::string(rows.text(0, 0)), .refusal = std::nullopt};
}

std::optional<UserRefusal> change_user(Connection& connection, const std::string& id,
                                       const UserChange& change) {
  lock_users(connection);
  const Rows found = connection.run(
      "select role = 'admin' and not disabled from bridge.users "
      "where id = $1::uuid",
      Parameters().add(id));
  if (found.empty()) return UserRefusal::no_such_user;
  const bool is_admin = found.fact(0, 0);
  const bool stays_admin =
      change.role.value_or("admin") == "admin" && !change.is_disabled.value_or(false);
  if (is_admin && !stays_admin && !has_other_admins(connection, id)) return UserRefusal::last_admin;
  connection.run(
      "update bridge.users set role = coalesce($2, role), "
      "password_hash = coalesce($3, password_hash), disabled = coalesce($4::boolean, disabled), "
      "password_changed_at = case when $3 is null then password_changed_at else now() end "
      "where id = $1::uuid",
      Parameters().add(id).add(change.role).add(change.password_hash).add(change.is_disabled));
  connection.run("delete from bridge.sessions where user_id = $1::uuid", Parameters().add(id));
  return std::nullopt;
}

bool replace_password(Connection& connection, const UserSecret& user,
                      const std::string& password_hash, const std::string& session_digest) {
  const Rows replaced = connection.run(
      "update bridge.users set password_hash = $3, password_changed_at = now() "
      "where id = $1::uuid and password_hash = $2 and not disabled and exists "
      "(select from bridge.sessions where id_hash = $4::bytea and user_id = $1::uuid)",
      Parameters()
          .add(user.user.id)
          .add(user.password_hash)
          .add(password_hash)
          .add(session_digest));
  if (replaced.affected() != 1) return false;
  connection.run("delete from bridge.sessions where user_id = $1::uuid and id_hash <> $2::bytea",
                 Parameters().add(user.user.id).add(session_digest));
  return true;
}

bool open_setup(Connection& connection, const std::string& link_digest,
                std::chrono::seconds lifetime) {
  lock_users(connection);
  if (has_users(connection)) return false;
  connection.run("delete from bridge.setup_links where expires_at < now()");
  connection.run(
      "insert into bridge.setup_links (link_hash, expires_at) "
      "values ($1::bytea, now() + make_interval(secs => $2::bigint))",
      Parameters().add(link_digest).add(std::int64_t{lifetime.count()}));
  return true;
}

bool is_setup_open(Connection& connection, const std::string& link_digest) {
  const Rows found = connection.run(
      "select exists (select from bridge.setup_links where link_hash = $1::bytea "
      "and expires_at > now()) and not exists (select from bridge.users)",
      Parameters().add(link_digest));
  return found.fact(0, 0);
}

std::optional<User> use_setup(Connection& connection, const std::string& link_digest,
                              const std::string& name, const std::string& password_hash) {
  lock_users(connection);
  if (!is_setup_open(connection, link_digest)) return std::nullopt;
  connection.run("delete from bridge.setup_links");
  if (add_user(connection, {name, "admin", password_hash}).refusal) return std::nullopt;
  return find_user(connection, name)->user;
}

}  // namespace tandem::store
