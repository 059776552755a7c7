// Passwords as Argon2id texts (RFC 9106; 19 MiB, two passes: OWASP's first choice), by libargon2.
// About 30 ms of a core and 19 MiB each: never on the control thread, two at once at most (A07).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bridge/core/types.hpp"

namespace tandem {

inline constexpr std::size_t password_characters_min = 12;
inline constexpr std::size_t password_bytes_max = 256;

/// What is wrong with a new password, for people; nothing when it may be used. Length is the rule
/// (NIST SP 800-63B): no composition, but neither the name nor one character over and over.
std::optional<std::string> password_problem(std::string_view password, std::string_view user_name);

/// "$argon2id$v=19$..." with a random salt. Throws std::runtime_error when memory is short.
std::string hash_password(std::string_view password);

/// False for a wrong password and for a text that is no hash.
bool is_password(const std::string& hash, std::string_view password);

/// A hash that no password has: verified in place of an unknown user's, so that it takes as long.
const std::string& nobodys_hash();

}  // namespace tandem
