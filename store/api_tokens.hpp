// What programs identify themselves with: tokens of 256 random bits with a role. The table holds
// their SHA-256; with that many bits there is nothing to guess, so no slow hash is needed.
// Functions that change something belong into a transaction of the caller, together with their
// audit entry. All throw PostgresError.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "store/people_queries.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

/// SHA-256 of a secret as bytea text ("\\x...").
std::string digest(std::string_view secret);

/// Who somebody turned out to be.
struct Identity {
  std::string name;  ///< a user's; or "token:" and the token's
  std::string role;  ///< "viewer", "operator", "admin"
};

/// As list_tokens() shows it.
ApiToken add_token(Connection& connection, const std::string& name, const std::string& role,
                   const std::string& token_digest, std::optional<std::chrono::seconds> lifetime);
/// Nothing when it is unknown, revoked or expired.
std::optional<Identity> find_token(Connection& connection, const std::string& token_digest);
/// Its name; nothing when there is none of that id, or it was revoked before.
std::optional<std::string> revoke_token(Connection& connection, const std::string& id);

}  // namespace tandem::store
