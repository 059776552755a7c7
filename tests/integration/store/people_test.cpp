#include "store/sessions.hpp"
#include "store/users.hpp"
#include "tests/integration/store/store_fixture.hpp"
#include "tests/unit/catch.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using store::UserRefusal;
using test::migrated_database;

namespace {

const std::string hash = "$argon2id$made-up";

/// A database with one admin, ann.
struct People {
  store::Connection db{migrated_database()};
  std::string ann = add("ann", "admin");

  std::string add(const std::string& name, const std::string& role) {
    const auto added = store::add_user(db, {name, role, hash});
    REQUIRE_FALSE(added.refusal);
    return added.id;
  }
  void open(const std::string& session) {
    REQUIRE(store::open_session(db, ann, hash, store::digest(session)));
  }
  std::optional<store::Identity> who(const std::string& session) {
    return store::find_session(db, store::digest(session));
  }
};

}  // namespace

TEST_CASE("A09: a session is found by its secret until it is closed, and only its digest is kept") {
  People people;
  people.open("session secret");
  const auto found = people.who("session secret");
  REQUIRE(found);
  CHECK(found->name == "ann");
  CHECK(found->role == "admin");
  CHECK_FALSE(people.who("another secret"));
  CHECK(people.db.run("select s::text from bridge.sessions s").text(0, 0).find("secret") ==
        std::string_view::npos);
  CHECK(store::close_session(people.db, store::digest("session secret")) == "ann");
  CHECK_FALSE(people.who("session secret"));
  CHECK_FALSE(store::close_session(people.db, store::digest("session secret")));
}

TEST_CASE("A11: a session ends by age, by idleness, and with every change of its user") {
  People people;
  people.add("root", "admin");
  people.open("old");
  people.db.run("update bridge.sessions set expires_at = now() - interval '1 second'");
  CHECK_FALSE(people.who("old"));
  people.open("idle");
  people.db.run("update bridge.sessions set seen_at = now() - interval '7 hours 59 minutes'");
  CHECK(people.who("idle"));  // and is not idle any more
  people.db.run("update bridge.sessions set seen_at = now() - interval '8 hours 1 minute'");
  CHECK_FALSE(people.who("idle"));
  for (const store::UserChange& change :
       {store::UserChange{.role = "viewer"}, store::UserChange{.password_hash = hash},
        store::UserChange{.is_disabled = true}}) {
    store::change_user(people.db, people.ann, {.is_disabled = false});
    people.open("changed");
    CHECK(people.who("changed"));
    CHECK_FALSE(store::change_user(people.db, people.ann, change));
    CHECK_FALSE(people.who("changed"));
  }
}

TEST_CASE("A11: nobody enters with a password that was changed meanwhile, or disabled") {
  People people;
  people.add("root", "admin");
  CHECK_FALSE(store::open_session(people.db, people.ann, "$argon2id$older", store::digest("x")));
  store::change_user(people.db, people.ann, {.is_disabled = true});
  CHECK_FALSE(store::open_session(people.db, people.ann, hash, store::digest("x")));
  CHECK(store::find_user(people.db, "ann")->user.is_disabled);
}

TEST_CASE("A10: the last admin can neither be disabled nor lose the role") {
  People people;
  const auto try_to = [&](const std::string& id, store::UserChange change) {
    return store::change_user(people.db, id, change);
  };
  CHECK(try_to(people.ann, {.is_disabled = true}) == UserRefusal::last_admin);
  CHECK(try_to(people.ann, {.role = "operator"}) == UserRefusal::last_admin);
  const auto bob = people.add("bob", "admin");
  CHECK_FALSE(try_to(people.ann, {.role = "operator"}));
  CHECK(try_to(bob, {.is_disabled = true}) == UserRefusal::last_admin);
  CHECK_FALSE(try_to(bob, {.password_hash = "$argon2id$new"}));
  CHECK_FALSE(try_to(people.ann, {.is_disabled = true}));
  CHECK(try_to("00000000-0000-4000-8000-000000000009", {.role = "viewer"}) ==
        UserRefusal::no_such_user);
  CHECK(store::add_user(people.db, {"bob", "viewer", hash}).refusal == UserRefusal::name_taken);
}

TEST_CASE("the first user is an admin, unless the command line says otherwise") {
  store::Connection db(migrated_database());
  CHECK_FALSE(store::has_users(db));
  CHECK(store::add_user(db, {"eve", "viewer", hash}).refusal == UserRefusal::not_an_admin);
  CHECK_FALSE(store::add_user(db, {"eve", "viewer", hash}, true).refusal);
  CHECK(store::has_users(db));
}

TEST_CASE("a setup link of any node makes the first admin, once, while it is valid") {
  store::Connection db(migrated_database());
  CHECK(store::open_setup(db, store::digest("first"), 600s));
  CHECK(store::open_setup(db, store::digest("second"), 600s));
  CHECK(store::open_setup(db, store::digest("late"), -1s));
  CHECK(store::is_setup_open(db, store::digest("first")));
  CHECK_FALSE(store::is_setup_open(db, store::digest("late")));
  CHECK_FALSE(store::use_setup(db, store::digest("late"), "eve", hash));
  CHECK_FALSE(store::use_setup(db, store::digest("invented"), "eve", hash));
  const auto ann = store::use_setup(db, store::digest("second"), "ann", hash);
  REQUIRE(ann);
  CHECK(ann->role == "admin");
  CHECK_FALSE(store::use_setup(db, store::digest("first"), "eve", hash));
  CHECK_FALSE(store::open_setup(db, store::digest("third"), 600s));
  CHECK(store::list_users(db).size() == 1);
}
