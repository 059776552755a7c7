// The people who may use the bridge, each with a role. A password comes in as its Argon2id text
// (bridge/password.hpp); what a session or a setup link is known by, as digest() of 256 random bits
// (store/api_tokens.hpp). Functions that change something belong into a transaction of the caller,
// together with their audit entry. All throw PostgresError.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "store/people_queries.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

bool has_users(Connection& connection);

/// A user and what the password has to fit.
struct UserSecret {
  User user;
  std::string password_hash;
};
std::optional<UserSecret> find_user(Connection& connection, const std::string& name);

/// By id, a UUID.
std::optional<User> load_user(Connection& connection, const std::string& id);

enum class UserRefusal : std::uint8_t {
  name_taken,
  no_such_user,
  last_admin,    ///< no enabled admin would be left
  not_an_admin,  ///< the first user would be none, and nobody could let others in
};

/// What became of a new user: the id, or why there is none.
struct AddedUser {
  std::string id;
  std::optional<UserRefusal> refusal;
};
struct NewUser {
  std::string name;
  std::string role;  ///< "viewer", "operator", "admin"
  std::string password_hash;
};
/// `first_may_be_any`: whoever has the command line can add an admin later.
AddedUser add_user(Connection& connection, const NewUser& user, bool first_may_be_any = false);

/// What is absent stays.
struct UserChange {
  std::optional<std::string> role = std::nullopt;
  std::optional<std::string> password_hash = std::nullopt;
  std::optional<bool> is_disabled = std::nullopt;
};
/// By id. Ends the user's sessions: whoever had the old password or the old role has to come again
/// (fault A11). Nothing when it is done.
std::optional<UserRefusal> change_user(Connection& connection, const std::string& id,
                                       const UserChange& change);

/// By who shows the password until now: nothing happens, and false, when `user` has another one by
/// now or is disabled, or the session is over. Ends all sessions of the user but this one.
bool replace_password(Connection& connection, const UserSecret& user,
                      const std::string& password_hash, const std::string& session_digest);

/// A further link with which the first admin can be made; false when there are users.
bool open_setup(Connection& connection, const std::string& link_digest,
                std::chrono::seconds lifetime);
/// Whether the link would be taken now.
bool is_setup_open(Connection& connection, const std::string& link_digest);
/// Makes the first admin and ends all links. Nothing when the link is not valid, or there are users
/// by now.
std::optional<User> use_setup(Connection& connection, const std::string& link_digest,
                              const std::string& name, const std::string& password_hash);

}  // namespace tandem::store
