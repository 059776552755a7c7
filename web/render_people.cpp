#include "web/render_people.hpp"

namespace tandem::web {

namespace {

std::optional<std::string> text_of(const std::optional<std::int64_t>& number) {
  return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

void write_row(JsonWriter& json, const store::AuditRow& row) {
  json.begin_object()
      .member("id", row.id)
      .member("at", row.at)
      .member("actor", row.actor)
      .member("action", row.action)
      .member("subject", row.subject)
      .key("detail")
      .raw(row.detail_json)
      .end_object();
}

}  // namespace

void write_user(JsonWriter& json, const store::User& user) {
  json.begin_object()
      .member("id", user.id)
      .member("name", user.name)
      .member("role", user.role)
      .key("disabled")
      .fact(user.is_disabled)
      .member("created_at", user.created)
      .member("last_login_at", user.last_login)
      .end_object();
}

void write_token(JsonWriter& json, const store::ApiToken& token) {
  json.begin_object()
      .member("id", token.id)
      .member("name", token.name)
      .member("role", token.role)
      .key("revoked")
      .fact(token.is_revoked)
      .member("created_at", token.created)
      .member("expires_at", token.expires)
      .member("last_used_at", token.last_used)
      .end_object();
}

std::string render_users(const std::vector<store::User>& users) {
  JsonWriter json;
  json.begin_object().key("users").begin_array();
  for (const auto& user : users) write_user(json, user);
  return json.end_array().end_object().finish();
}

std::string render_tokens(const std::vector<store::ApiToken>& tokens) {
  JsonWriter json;
  json.begin_object().key("tokens").begin_array();
  for (const auto& token : tokens) write_token(json, token);
  return json.end_array().end_object().finish();
}

std::string render_audit(const store::AuditPage& page) {
  JsonWriter json;
  json.begin_object().key("entries").begin_array();
  for (const auto& row : page.rows) write_row(json, row);
  return json.end_array().member("next_cursor", text_of(page.next)).end_object().finish();
}

std::string render_audit_check(const store::AuditCheck& check) {
  JsonWriter json;
  json.begin_object()
      .member("entries", check.entries)
      .member("first_wrong", check.first_wrong)
      .end_object();
  return json.finish();
}

}  // namespace tandem::web
