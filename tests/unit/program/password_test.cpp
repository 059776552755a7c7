#include "bridge/password.hpp"

#include "tests/unit/catch.hpp"

using namespace tandem;

TEST_CASE("a password is verified against its own hash and against no other") {
  const std::string hash = hash_password("correct horse battery");
  CHECK(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  CHECK(hash != hash_password("correct horse battery"));  // another salt
  CHECK(is_password(hash, "correct horse battery"));
  CHECK_FALSE(is_password(hash, "correct horse batterz"));
  CHECK_FALSE(is_password(hash, ""));
  CHECK_FALSE(is_password("no hash", "correct horse battery"));
  CHECK_FALSE(is_password("", ""));
}

TEST_CASE("A06: nobody's hash is a hash like any other and no password opens it") {
  CHECK(nobodys_hash().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  CHECK_FALSE(is_password(nobodys_hash(), ""));
  CHECK_FALSE(is_password(nobodys_hash(), "password"));
}

TEST_CASE("a new password is long, is not the name and not one sign over and over") {
  CHECK(password_problem("short", "ann"));
  CHECK(password_problem(std::string(257, 'x') + "y", "ann"));
  CHECK(password_problem("ANN-likes-tea-so-much", "ann"));
  CHECK(password_problem("aaaaaaaaaaaaaaaa", "bob"));
  CHECK_FALSE(password_problem("a boat, three lamps", "bob"));
}
