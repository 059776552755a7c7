// What programs identify themselves with: tokens of 256 random bits with a role. The table holds
// their SHA-256; with that many bits there is nothing to guess, so no slow hash is needed.
// Functions that change something belong into a transaction of the caller, together with their
// audit entry. All throw PostgresError.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres.hpp"

namespace tandem::store {

/// SHA-256 of a secret as bytea text ("\\x...").
std::string digest(std::string_view secret);

/// Who somebody turned out to be.
struct Identity {
  std::string name;  ///< "token:" and the token's name
  std::string role;  ///< "viewer", "operator", "admin"
};

struct ApiToken {
  std::string id;  ///< UUID
  std::string name;
  std::string role;
  core::WallTime created{};
  std::optional<core::WallTime> expires;
  std::optional<core::WallTime> last_used;
  bool is_revoked = false;
};

void add_token(Connection& connection, const std::string& name, const std::string& role,
               const std::string& token_digest, std::optional<std::chrono::seconds> lifetime);
/// Nothing when it is unknown, revoked or expired.
std::optional<Identity> find_token(Connection& connection, const std::string& token_digest);
std::vector<ApiToken> list_tokens(Connection& connection);
/// False when there is none of that id, or it was revoked before.
bool revoke_token(Connection& connection, const std::string& id);

}  // namespace tandem::store
