// Who is logged in. A session is known by the digest of its 256 random bits and belongs to a user;
// it ends by log-out, by age, by idleness, and with every change of its user (store/users.hpp).
// Functions that change something belong into a transaction of the caller. All throw PostgresError.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "store/api_tokens.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

inline constexpr std::chrono::hours session_idle_max{8};
inline constexpr std::chrono::hours session_lifetime{24 * 7};

/// False when the user is disabled, or has another password by now.
bool open_session(Connection& connection, const std::string& user_id,
                  const std::string& password_hash, const std::string& id_digest);

/// Whose it is; nothing when there is none, or it is over. Notes that it was used.
std::optional<Identity> find_session(Connection& connection, const std::string& id_digest);

/// Whose it was, if there was one.
std::optional<std::string> close_session(Connection& connection, const std::string& id_digest);

}  // namespace tandem::store
