// What is asked of accounts: logging in and out, and changing who may come in. From request to what
// is wanted, and the answers; doing it is the program's (bridge/accounts.hpp). Pure. Passwords,
// links and session ids come in the body or a cookie, never in an address, and no answer repeats
// them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bridge/core/http.hpp"
#include "bridge/core/types.hpp"
#include "store/people_queries.hpp"

namespace tandem::web {

struct ShowSession {};
struct LogIn {
  std::string name;
  core::Secret password;
};
struct LogOut {};
/// One's own, by a session.
struct ChangePassword {
  core::Secret current;
  core::Secret wanted;
};
/// The first admin.
struct UseSetupLink {
  core::Secret link;
  std::string name;
  core::Secret password;
};
struct AddUser {
  std::string name;
  std::string role;
  core::Secret password;
};
/// What is absent stays; something is there.
struct ChangeUser {
  std::string id;
  std::optional<std::string> role;
  std::optional<bool> is_disabled;
  std::optional<core::Secret> password;
};
struct AddToken {
  std::string name;
  std::string role;
  std::optional<std::chrono::days> lifetime;  ///< nothing: until it is revoked
};
struct RevokeToken {
  std::string id;
};
using AccountTask = std::variant<ShowSession, LogIn, LogOut, ChangePassword, UseSetupLink, AddUser,
                                 ChangeUser, AddToken, RevokeToken>;

inline constexpr std::size_t account_name_characters_max = 64;
inline constexpr int token_days_max = 3650;

/// Names appear in the audit log and in columns: letters, digits, and ". - _ @".
bool is_account_name(std::string_view text) noexcept;
bool is_role(std::string_view text) noexcept;

/// Who is logged in, as GET /api/v1/session tells.
struct SessionFacts {
  std::string_view name;
  std::string_view role;
  std::string_view via;   ///< "local", "session", "token"
  std::string_view csrf;  ///< empty: changes need none
  bool has_users = false;
};
core::HttpResponse session_answer(const SessionFacts& facts);

/// 401, the same for a wrong password, an unknown and a disabled user.
core::HttpResponse login_refused();
/// 429 with Retry-After: too many wrong passwords for this account or from this address.
core::HttpResponse too_many_tries(std::chrono::nanoseconds wait);
/// 429: more passwords are being checked than may be at once.
core::HttpResponse passwords_busy();
/// 403: the link was used, is too old, or there are users.
core::HttpResponse setup_refused();
/// 422: `problem` says what the password has to be.
core::HttpResponse password_refused(std::string_view problem);
/// 422: whoever has the session does not know the password that goes with it.
core::HttpResponse current_password_wrong();
/// 403: a token, and the machine itself while there are no users, have no password.
core::HttpResponse no_password_of_theirs();
/// 409s, and 404 for no such user.
core::HttpResponse name_taken();
core::HttpResponse last_admin();
core::HttpResponse first_is_admin();
core::HttpResponse no_such_user();
core::HttpResponse no_such_token();

/// `status` 200 or 201.
core::HttpResponse user_answer(int status, const store::User& user);
/// 201 with the token itself: the only time that it is told.
core::HttpResponse token_answer(const store::ApiToken& added, const core::Secret& token);
/// 204.
core::HttpResponse done();

}  // namespace tandem::web
