#include "tests/unit/catch.hpp"
#include "tests/unit/web/requests.hpp"
#include "web/accounts.hpp"

using namespace tandem;

namespace {

constexpr auto id = "0a1b2c3d-0000-4000-8000-000000000001";

web::ApiTask ask(std::string method, std::string target, std::string body = {}) {
  auto request = test::get(std::move(target), {{"Content-Type", "application/json"}});
  request.method = std::move(method);
  request.body = std::move(body);
  return test::ask(request);
}

template <class T>
T order(std::string method, std::string target, std::string body = {}) {
  return std::get<T>(
      std::get<web::AccountTask>(ask(std::move(method), std::move(target), std::move(body))));
}

int status_of(std::string method, std::string target, std::string body = {}) {
  const auto task = ask(std::move(method), std::move(target), std::move(body));
  const auto* const answer = std::get_if<core::HttpResponse>(&task);
  return answer != nullptr ? answer->status : 0;
}

}  // namespace

TEST_CASE("what accounts are asked for is read") {
  const auto log_in =
      order<web::LogIn>("POST", "/api/v1/session", R"({"name":"ann","password":"three lamps"})");
  CHECK(log_in.name == "ann");
  CHECK(log_in.password.expose() == "three lamps");
  const auto own = order<web::ChangePassword>("POST", "/api/v1/session/password",
                                              R"({"current":"three lamps","password":"a boat"})");
  CHECK(own.current.expose() == "three lamps");
  CHECK(own.wanted.expose() == "a boat");
  order<web::LogOut>("DELETE", "/api/v1/session");
  order<web::ShowSession>("GET", "/api/v1/session");
  CHECK(order<web::UseSetupLink>("POST", "/api/v1/setup",
                                 R"({"link":"abc","name":"ann","password":"three lamps"})")
            .link.expose() == "abc");
  CHECK(order<web::AddUser>("POST", "/api/v1/users",
                            R"({"name":"bob","role":"viewer","password":"three lamps"})")
            .role == "viewer");
  const std::string user = std::string("/api/v1/users/") + id;
  CHECK(order<web::ChangeUser>("POST", user, R"({"role":"admin"})").role == "admin");
  CHECK(order<web::ChangeUser>("POST", user, R"({"disabled":false})").is_disabled == false);
  CHECK(order<web::ChangeUser>("POST", user, R"({"password":"x y"})").id == id);
  const auto token =
      order<web::AddToken>("POST", "/api/v1/tokens", R"({"name":"r","role":"admin","days":30})");
  CHECK(token.lifetime == std::chrono::days(30));
  CHECK_FALSE(
      order<web::AddToken>("POST", "/api/v1/tokens", R"({"name":"r","role":"viewer"})").lifetime);
  CHECK(order<web::RevokeToken>("DELETE", std::string("/api/v1/tokens/") + id).id == id);
}

TEST_CASE("what accounts cannot be asked for is refused") {
  for (const std::string body :
       {R"({})", R"({"name":"ann"})", R"({"name":"ann","password":""})",
        R"({"name":"ann","password":"x","more":"y"})", R"({"name":true,"password":"x"})"})
    CHECK(status_of("POST", "/api/v1/session", body) == 422);
  for (const std::string body :
       {R"({"name":"a b","role":"viewer","password":"x"})",
        R"({"name":"bob","role":"king","password":"x"})", R"({"name":"bob","role":"viewer"})"})
    CHECK(status_of("POST", "/api/v1/users", body) == 422);
  for (const std::string body :
       {R"({})", R"({"current":"x"})", R"({"password":"x"})", R"({"current":"x","password":""})",
        R"({"current":true,"password":"x"})", R"({"current":"x","password":"y","name":"ann"})"})
    CHECK(status_of("POST", "/api/v1/session/password", body) == 422);
  const std::string user = std::string("/api/v1/users/") + id;
  for (const std::string body : {R"({})", R"({"role":"king"})", R"({"disabled":"no"})",
                                 R"({"name":"x"})", R"({"password":""})"})
    CHECK(status_of("POST", user, body) == 422);
  for (const std::string body : {R"({"name":"r"})", R"({"name":"r","role":"viewer","days":0})",
                                 R"({"name":"r","role":"viewer","days":3651})",
                                 R"({"name":"r","role":"viewer","days":"9"})"})
    CHECK(status_of("POST", "/api/v1/tokens", body) == 422);
  CHECK(status_of("DELETE", "/api/v1/tokens/none") == 404);
  CHECK(status_of("GET", "/api/v1/audit?cursor=x") == 400);
  CHECK(status_of("GET", "/api/v1/users?x=1") == 400);
}

TEST_CASE("A06: a name that no user can have is answered like a wrong password") {
  for (const std::string name : {"a b", "ann\\u0000", "'; drop table users", "\\u00e4nn"}) {
    const auto body = R"({"name":")" + name + R"(","password":"three lamps"})";
    CHECK(status_of("POST", "/api/v1/session", body) == 401);
  }
  CHECK(status_of("POST", "/api/v1/session",
                  R"({"name":"ann","password":")" + std::string(257, 'x') + "\"}") == 401);
}
