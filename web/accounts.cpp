#include "web/accounts.hpp"

#include <algorithm>

#include "web/answers.hpp"
#include "web/json.hpp"
#include "web/render_people.hpp"

namespace tandem::web {

bool is_account_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= account_name_characters_max &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_' || c == '@';
         });
}

bool is_role(std::string_view text) noexcept {
  return text == "viewer" || text == "operator" || text == "admin";
}

core::HttpResponse session_answer(const SessionFacts& facts) {
  JsonWriter json;
  json.begin_object()
      .member("name", facts.name)
      .member("role", facts.role)
      .member("via", facts.via)
      .member_if_known("csrf", facts.csrf)
      .key("has_users")
      .fact(facts.has_users)
      .end_object();
  return json_answer(json.finish());
}

core::HttpResponse login_refused() {
  return problem(
      401, "The name or the password is wrong",
      "Or an admin has disabled this user. After five wrong passwords there is a pause.");
}

core::HttpResponse too_many_tries(std::chrono::nanoseconds wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  auto response = problem(
      429, "Too many wrong passwords",
      "For this name or from this address. Try again in " + std::to_string(seconds) + " seconds.");
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

core::HttpResponse passwords_busy() {
  auto response = problem(429, "Many people log in just now", "Try again in a second.");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

core::HttpResponse setup_refused() {
  return problem(403, "This link is not valid",
                 "It was used, is older than a day, or there are users already: then log in. "
                 "`tandem serve` writes a new link into its log whenever it starts without users.");
}

core::HttpResponse password_refused(std::string_view problem_of_it) {
  const std::string words = "has to be " + std::string(problem_of_it);
  return problem(422, "This password cannot be used", "The password " + words + ".",
                 {{"password", "weak", words}});
}

core::HttpResponse current_password_wrong() {
  return problem(422, "The current password is wrong",
                 "It counts as a refused log-in: after five wrong passwords there is a pause.",
                 {{"current", "wrong", "is not your password"}});
}

core::HttpResponse no_password_of_theirs() {
  return problem(403, "Only who is logged in has a password",
                 "A token has none. An admin sets the passwords of others at /api/v1/users/{id}.");
}

core::HttpResponse name_taken() {
  return problem(409, "There is a user of that name", "Choose another name.");
}

core::HttpResponse last_admin() {
  return problem(409, "This is the last admin", "Make somebody else an admin first.");
}

core::HttpResponse first_is_admin() {
  return problem(
      409, "The first user has to be an admin",
      "From the first user on everybody logs in; somebody must be able to let others in.");
}

core::HttpResponse no_such_user() {
  return problem(404, "There is no such user", "Look at the list.");
}

core::HttpResponse no_such_token() {
  return problem(404, "There is no such token", "The id is mistyped, or it was revoked before.");
}

core::HttpResponse user_answer(int status, const store::User& user) {
  JsonWriter json;
  write_user(json, user);
  auto response = json_answer(json.finish());
  response.status = status;
  return response;
}

core::HttpResponse token_answer(const store::ApiToken& added, const core::Secret& token) {
  JsonWriter json;
  json.begin_object().member("token", std::string_view(token.expose())).key("about");
  write_token(json, added);
  auto response = json_answer(json.end_object().finish());
  response.status = 201;
  return response;
}

core::HttpResponse done() {
  auto response = json_answer({});
  response.status = 204;
  return response;
}

}  // namespace tandem::web
