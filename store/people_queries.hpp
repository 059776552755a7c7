// What the People page shows: users, tokens, and the audit log page by page. Plain structs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/core/types.hpp"

namespace tandem::store {

class Connection;

struct User {
  std::string id;  ///< UUID
  std::string name;
  std::string role;  ///< "viewer", "operator", "admin"
  bool is_disabled = false;
  core::WallTime created{};
  std::optional<core::WallTime> last_login;
};
/// By name.
std::vector<User> list_users(Connection& connection);

struct ApiToken {
  std::string id;  ///< UUID
  std::string name;
  std::string role;
  core::WallTime created{};
  std::optional<core::WallTime> expires;
  std::optional<core::WallTime> last_used;
  bool is_revoked = false;
};
/// Oldest first.
std::vector<ApiToken> list_tokens(Connection& connection);

struct AuditRow {
  std::int64_t id = 0;
  core::WallTime at{};
  std::string actor;
  std::string action;
  std::string subject;
  std::string detail_json;
};
struct AuditFilter {
  std::optional<std::string> actor = {};
  std::optional<std::string> action = {};
  std::optional<std::int64_t> before = {};  ///< the cursor: only rows with a smaller id
  int limit = 50;
};
struct AuditPage {
  std::vector<AuditRow> rows;        ///< newest first
  std::optional<std::int64_t> next;  ///< `before` of the next page
};
AuditPage list_audit(Connection& connection, const AuditFilter& filter);

/// Whether every row follows from the one before.
struct AuditCheck {
  std::int64_t entries = 0;
  std::optional<std::int64_t> first_wrong;  ///< id of the first row that does not follow
};
AuditCheck check_audit(Connection& connection);

}  // namespace tandem::store
