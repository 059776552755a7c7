#include "store/api_tokens.hpp"

#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using test::migrated_database;

TEST_CASE("a token works until it is revoked or expires") {
  store::Connection db(migrated_database());
  store::add_token(db, "reports", "viewer", store::digest("brg_a"), std::nullopt);
  store::add_token(db, "short", "admin", store::digest("brg_b"), 60s);
  REQUIRE(store::find_token(db, store::digest("brg_a")));
  CHECK(store::find_token(db, store::digest("brg_a"))->name == "token:reports");
  CHECK(store::find_token(db, store::digest("brg_b"))->role == "admin");
  CHECK_FALSE(store::find_token(db, store::digest("brg_c")));
  db.run("update bridge.api_tokens set expires_at = now() where name = 'short'");
  CHECK_FALSE(store::find_token(db, store::digest("brg_b")));
  const auto tokens = store::list_tokens(db);
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[0].last_used);
  CHECK(store::revoke_token(db, tokens[0].id) == "reports");
  CHECK_FALSE(store::revoke_token(db, tokens[0].id));
  CHECK_FALSE(store::find_token(db, store::digest("brg_a")));
}

TEST_CASE("A09: the table of tokens holds none") {
  store::Connection db(migrated_database());
  store::add_token(db, "reports", "viewer", store::digest("brg_secret"), std::nullopt);
  const auto row = db.run("select t::text from bridge.api_tokens t");
  CHECK(row.text(0, 0).find("brg_secret") == std::string_view::npos);
}
