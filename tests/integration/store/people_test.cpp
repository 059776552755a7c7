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

/// What changes users belongs into a transaction.
template <class Work>
auto committed(store::Connection& db, Work work) {
  store::Transaction transaction(db);
  auto answer = work();
  transaction.commit();
  return answer;
}

std::optional<UserRefusal> change(store::Connection& db, const std::string& id,
                                  const store::UserChange& wanted) {
  return committed(db, [&] { return store::change_user(db, id, wanted); });
}

store::AddedUser let_in(store::Connection& db, const std::string& name, const std::string& role,
                        bool first_may_be_any = false) {
  return committed(db, [&] { return store::add_user(db, {name, role, hash}, first_may_be_any); });
}

bool offer_link(store::Connection& db, const std::string& link, std::chrono::seconds lifetime) {
  return committed(db, [&] { return store::open_setup(db, store::digest(link), lifetime); });
}

std::optional<store::User> take_link(store::Connection& db, const std::string& link,
                                     const std::string& name) {
  return committed(db, [&] { return store::use_setup(db, store::digest(link), name, hash); });
}

/// A database with one admin, ann.
struct People {
  store::Connection db{migrated_database()};
  std::string ann = add("ann", "admin");

  std::string add(const std::string& name, const std::string& role) {
    const auto added = let_in(db, name, role);
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
  for (const store::UserChange& wanted :
       {store::UserChange{.role = "viewer"}, store::UserChange{.password_hash = hash},
        store::UserChange{.is_disabled = true}}) {
    change(people.db, people.ann, {.is_disabled = false});
    people.open("changed");
    CHECK(people.who("changed"));
    CHECK_FALSE(change(people.db, people.ann, wanted));
    CHECK_FALSE(people.who("changed"));
  }
}

TEST_CASE("A11: nobody enters with a password that was changed meanwhile, or disabled") {
  People people;
  people.add("root", "admin");
  CHECK_FALSE(store::open_session(people.db, people.ann, "$argon2id$older", store::digest("x")));
  change(people.db, people.ann, {.is_disabled = true});
  CHECK_FALSE(store::open_session(people.db, people.ann, hash, store::digest("x")));
  CHECK(store::find_user(people.db, "ann")->user.is_disabled);
}

TEST_CASE("A10: the last admin can neither be disabled nor lose the role") {
  People people;
  const auto try_to = [&](const std::string& id, const store::UserChange& wanted) {
    return change(people.db, id, wanted);
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
  CHECK(let_in(people.db, "bob", "viewer").refusal == UserRefusal::name_taken);
}

TEST_CASE("the first user is an admin, unless the command line says otherwise") {
  store::Connection db(migrated_database());
  CHECK_FALSE(store::has_users(db));
  CHECK(let_in(db, "eve", "viewer").refusal == UserRefusal::not_an_admin);
  CHECK_FALSE(let_in(db, "eve", "viewer", true).refusal);
  CHECK(store::has_users(db));
}

TEST_CASE("a setup link of any node makes the first admin, once, while it is valid") {
  store::Connection db(migrated_database());
  CHECK(offer_link(db, "first", 600s));
  CHECK(offer_link(db, "second", 600s));
  CHECK(offer_link(db, "late", -1s));
  CHECK(store::is_setup_open(db, store::digest("first")));
  CHECK_FALSE(store::is_setup_open(db, store::digest("late")));
  CHECK_FALSE(take_link(db, "late", "eve"));
  CHECK_FALSE(take_link(db, "invented", "eve"));
  const auto ann = take_link(db, "second", "ann");
  REQUIRE(ann);
  CHECK(ann->role == "admin");
  CHECK_FALSE(take_link(db, "first", "eve"));
  CHECK_FALSE(offer_link(db, "third", 600s));
  CHECK(store::list_users(db).size() == 1);
}
