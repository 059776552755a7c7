// Users, tokens and the audit log as JSON.
#pragma once

#include <string>

#include "store/people_queries.hpp"
#include "web/json.hpp"

namespace tandem::web {

void write_user(JsonWriter& json, const store::User& user);
/// Without the token itself, which nobody knows any more.
void write_token(JsonWriter& json, const store::ApiToken& token);

std::string render_users(const std::vector<store::User>& users);
std::string render_tokens(const std::vector<store::ApiToken>& tokens);
std::string render_audit(const store::AuditPage& page);
std::string render_audit_check(const store::AuditCheck& check);

}  // namespace tandem::web
