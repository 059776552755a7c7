#include "web/session_cookie.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/web/requests.hpp"

using namespace tandem;

namespace {

const std::string id(64, 'a');

std::string session_in(const std::string& cookies) {
  const auto request = test::get("/", {{"Cookie", cookies}});
  return std::string(web::session_of(request).value_or(""));
}

}  // namespace

TEST_CASE("a session is found among other cookies, and nothing else is taken for one") {
  CHECK(session_in("tandem_session=" + id) == id);
  CHECK(session_in("a=b; tandem_session=" + id + "; c=d") == id);
  CHECK(session_in("tandem_session=short; tandem_session=" + id) == id);
  for (const std::string& cookies :
       {std::string(), std::string("tandem_session="), "tandem_session=" + id + "a",
        "tandem_session=" + std::string(64, 'A'), "xtandem_session=" + id, "tandem_session" + id,
        "tandem_session =" + id, "Tandem_Session=" + id, "tandem_session=\"" + id + "\"",
        std::string(";;;=;"), std::string(10'000, ';')}) {
    INFO(cookies.substr(0, 40));
    CHECK(session_in(cookies).empty());
  }
}

TEST_CASE("A11: the cookie of a session is out of reach of scripts and of other sites") {
  const auto cookie = web::session_cookie(id, true, std::chrono::hours(24 * 7));
  CHECK(cookie ==
        "tandem_session=" + id + "; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure");
  CHECK(web::session_cookie(id, false, std::chrono::hours(1)).ends_with("; SameSite=Strict"));
  CHECK(web::ended_session_cookie(true).starts_with("tandem_session=; Path=/; Max-Age=0;"));
}
